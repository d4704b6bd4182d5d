import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { db } from '../db.ts';

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
  readonly isPublished?: boolean | null;
}

export async function createLocation(
  ctx: Context,
  input: LocationFields & { readonly networkId?: string | null },
): Promise<string> {
  authorize(ctx.viewer, 'write');
  const networkId = reachedNetwork(ctx, input.networkId);
  check(input);
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
      latitude: input.latitude,
      longitude: input.longitude,
      timeZone: input.timeZone,
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
  check(changes);
  const updated = await db(ctx)
    .updateTable('locations')
    .set({
      ...(changes.name && { name: changes.name }),
      ...(changes.address && { address: changes.address }),
      ...(changes.city && { city: changes.city }),
      ...(changes.state !== undefined && { state: changes.state }),
      ...(changes.postalCode !== undefined && { postalCode: changes.postalCode }),
      ...(changes.country && { country: changes.country }),
      ...(typeof changes.latitude === 'number' && { latitude: changes.latitude }),
      ...(typeof changes.longitude === 'number' && { longitude: changes.longitude }),
      ...(changes.timeZone && { timeZone: changes.timeZone }),
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

function check(fields: { readonly [Field in keyof LocationFields]?: LocationFields[Field] | null }): void {
  for (const field of ['name', 'address', 'city'] as const) {
    if (fields[field]?.trim() === '') invalid(field, 'must not be empty');
  }
  if (fields.country && !/^[A-Z]{2}$/.test(fields.country)) {
    invalid('country', 'must be two capital letters (ISO 3166-1), such as US');
  }
  if (typeof fields.latitude === 'number' && !(Math.abs(fields.latitude) <= 90)) {
    invalid('latitude', 'must lie between -90 and 90 degrees');
  }
  if (typeof fields.longitude === 'number' && !(Math.abs(fields.longitude) <= 180)) {
    invalid('longitude', 'must lie between -180 and 180 degrees');
  }
  if (fields.timeZone && !isTimeZone(fields.timeZone)) {
    invalid('timeZone', `"${fields.timeZone}" is no IANA time zone`);
  }
}

function isTimeZone(name: string): boolean {
  try {
    Temporal.Now.zonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
