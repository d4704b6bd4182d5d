import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonb } from '../../kernel/json.ts';
import { db } from '../db.ts';
import { checkLocation } from './check-location.ts';
import { roundDegrees } from './geo.ts';
import type { LocationImage, OpeningHours } from './location.entity.ts';

export interface LocationFields {
  readonly name: string;
  readonly address: string;
  readonly city: string;
  readonly state?: string | null;
  readonly postalCode?: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Degrees, WGS 84. */
  readonly latitude: number;
  readonly longitude: number;
  /** IANA name, such as America/Puerto_Rico. */
  readonly timeZone: string;
  readonly hasParking?: boolean | null;
  readonly hasRestrooms?: boolean | null;
  readonly hasWifi?: boolean | null;
  readonly phone?: string | null;
  readonly openingHours?: OpeningHours | null;
  readonly images?: LocationImage[] | null;
  /** Whether drivers see it; true where left out. */
  readonly isPublished?: boolean | null;
}

export async function createLocation(
  ctx: Context,
  input: LocationFields & { readonly networkId?: string | null },
): Promise<string> {
  authorize(ctx.viewer, 'write');
  const networkId = reachedNetwork(ctx, input.networkId);
  checkLocation(input);
  const id = newId();
  await db(ctx)
    .insertInto('locations')
    .values({
      id,
      networkId,
      name: input.name,
      address: input.address,
      city: input.city,
      state: input.state ?? null,
      postalCode: input.postalCode ?? null,
      country: input.country,
      latitude: roundDegrees(input.latitude),
      longitude: roundDegrees(input.longitude),
      timeZone: input.timeZone,
      hasParking: input.hasParking ?? false,
      hasRestrooms: input.hasRestrooms ?? false,
      hasWifi: input.hasWifi ?? false,
      phone: input.phone ?? null,
      openingHours: input.openingHours ? jsonb(input.openingHours) : null,
      images: jsonb(input.images ?? []),
      isPublished: input.isPublished ?? true,
    })
    .execute();
  return id;
}

export async function updateLocation(
  ctx: Context,
  id: string,
  changes: { readonly [Field in keyof LocationFields]?: LocationFields[Field] | null },
): Promise<string> {
  authorize(ctx.viewer, 'write');
  checkLocation(changes);
  const updated = await db(ctx)
    .updateTable('locations')
    .set({
      ...(changes.name && { name: changes.name }),
      ...(changes.address && { address: changes.address }),
      ...(changes.city && { city: changes.city }),
      ...(changes.state !== undefined && { state: changes.state }),
      ...(changes.postalCode !== undefined && { postalCode: changes.postalCode }),
      ...(changes.country && { country: changes.country }),
      ...(typeof changes.latitude === 'number' && { latitude: roundDegrees(changes.latitude) }),
      ...(typeof changes.longitude === 'number' && { longitude: roundDegrees(changes.longitude) }),
      ...(changes.timeZone && { timeZone: changes.timeZone }),
      ...(typeof changes.hasParking === 'boolean' && { hasParking: changes.hasParking }),
      ...(typeof changes.hasRestrooms === 'boolean' && { hasRestrooms: changes.hasRestrooms }),
      ...(typeof changes.hasWifi === 'boolean' && { hasWifi: changes.hasWifi }),
      ...(changes.phone !== undefined && { phone: changes.phone }),
      ...(changes.openingHours !== undefined && {
        openingHours: changes.openingHours && jsonb(changes.openingHours),
      }),
      ...(changes.images !== undefined && { images: jsonb(changes.images ?? []) }),
      ...(typeof changes.isPublished === 'boolean' && { isPublished: changes.isPublished }),
      updatedAt: ctx.now().toString(),
    })
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .returning('id')
    .executeTakeFirst();
  if (!updated) throw new NotFoundError('location');
  return updated.id;
}
