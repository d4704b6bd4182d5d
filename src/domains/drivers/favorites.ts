import { requireDriver } from '../../auth/authorize.ts';
import type { SignedInDriver } from '../../auth/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { loadChargers } from '../chargers/read-chargers.ts';
import { db } from '../db.ts';
import { loadLocations } from '../locations/read-locations.ts';
import type { Favorite } from './driver-belongings.entity.ts';

const MAX_LABEL = 100;

export interface NewFavorite {
  readonly targetType: Favorite['targetType'];
  readonly targetId: string;
  /** Of a target that is kept already: undefined leaves its label, null takes it away. */
  readonly label?: string | null;
}

/** Keeps a location or a charger at hand; the same one again only changes its label. */
export async function saveFavorite(ctx: Context, input: NewFavorite): Promise<string> {
  const driver = requireDriver(ctx, 'write');
  const { targetType, targetId } = input;
  const load = targetType === 'location' ? loadLocations : loadChargers;
  const [target] = await load(ctx, [targetId]);
  if (!target) throw new NotFoundError(targetType);
  const label = input.label === undefined ? undefined : input.label?.trim() || null;
  if (label && label.length > MAX_LABEL) invalid('label', `may have at most ${MAX_LABEL} characters`);
  const { id } = await db(ctx)
    .insertInto('favorites')
    .values({
      id: newId(),
      networkId: driver.networkId,
      driverId: driver.id,
      targetType,
      targetId,
      label: label ?? null,
      createdAt: ctx.now().toString(),
    })
    .onConflict(conflict =>
      conflict
        .constraint('favorites_target_unique')
        // an update that changes nothing, so that the row is answered
        .doUpdateSet(label === undefined ? { targetType } : { label }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function removeFavorite(ctx: Context, id: string): Promise<void> {
  const driver = requireDriver(ctx, 'write');
  const removed = await db(ctx)
    .deleteFrom('favorites')
    .where('id', '=', id)
    .where('driverId', '=', driver.id)
    .where('networkId', '=', driver.networkId)
    .returning('id')
    .executeTakeFirst();
  if (!removed) throw new NotFoundError('favorite');
}

/** The signed-in driver's, the newest first. */
export async function listFavorites(ctx: Context, request: PageRequest): Promise<Page<Favorite>> {
  const driver = requireDriver(ctx, 'read');
  return pageOf<Favorite>(
    favorites(ctx, driver),
    {
      columns: ['f.created_at', 'f.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadFavorites(ctx: Context, ids: readonly string[]): Promise<Favorite[]> {
  const driver = requireDriver(ctx, 'read');
  return (await favorites(ctx, driver)
    .where('f.id', 'in', [...ids])
    .execute()) as Favorite[];
}

const favorites = (ctx: Context, driver: SignedInDriver) =>
  db(ctx)
    .selectFrom('favorites as f')
    .selectAll('f')
    .where('f.driverId', '=', driver.id)
    .where('f.networkId', '=', driver.networkId);
