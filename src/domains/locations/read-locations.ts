import { authorize, seesPublicOnly } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { like } from '../../kernel/like.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Location } from './location.entity.ts';

export async function loadLocations(ctx: Context, ids: readonly string[]): Promise<Location[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await locations(ctx)
    .where('l.id', 'in', [...ids])
    .execute()) as Location[];
}

export interface LocationFilter {
  /** The whole name, without regard to case. */
  readonly city?: string | null;
  /** Part of the name, the address or the city, without regard to case. */
  readonly text?: string | null;
}

export async function listLocations(
  ctx: Context,
  filter: LocationFilter,
  request: PageRequest,
): Promise<Page<Location>> {
  authorize(ctx.viewer, 'read', 'public');
  return pageOf<Location>(
    locations(ctx)
      .$if(Boolean(filter.city), query => query.where('l.city', 'ilike', like.exactly(filter.city!.trim())))
      .$if(Boolean(filter.text), query => {
        const pattern = like.containing(filter.text!.trim());
        return query.where(eb =>
          eb.or([
            eb('l.name', 'ilike', pattern),
            eb('l.address', 'ilike', pattern),
            eb('l.city', 'ilike', pattern),
          ]),
        );
      }),
    {
      columns: ['l.name', 'l.id'],
      types: ['text', 'uuid'],
      descending: false,
      keyOf: row => [row.name, row.id],
    },
    request,
  );
}

/** The location's network and name, if the caller sees it. Throws NotFoundError where not. */
export async function requireVisibleLocation(
  ctx: Context,
  id: string,
): Promise<Pick<Location, 'id' | 'networkId' | 'name'>> {
  const location = await visibleLocations(ctx)
    .select(['l.id', 'l.networkId', 'l.name'])
    .where('l.id', '=', id)
    .executeTakeFirst();
  if (!location) throw new NotFoundError('location');
  return location;
}

const locations = (ctx: Context) => visibleLocations(ctx).selectAll('l');

/** Published ones; an operator sees its own unpublished too. */
export const visibleLocations = (ctx: Context) =>
  db(ctx)
    .selectFrom('locations as l')
    .where('l.networkId', 'in', [...ctx.scope.networkIds])
    .$if(seesPublicOnly(ctx.viewer), query => query.where('l.isPublished', '=', true));
