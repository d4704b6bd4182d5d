import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';

/** What people call a charger and where it stands. */
export interface Place {
  readonly chargerUid: string;
  readonly locationId: string | null;
  readonly locationName: string | null;
  /** The location's, IANA; UTC where there is none. */
  readonly timeZone: string;
}

/** By the charger's id. */
export async function placesOf(ctx: Context, chargerIds: readonly string[]): Promise<Map<string, Place>> {
  if (chargerIds.length === 0) return new Map();
  const rows = await db(ctx)
    .selectFrom('chargers as c')
    .leftJoin('locations as l', 'l.id', 'c.locationId')
    .select(['c.id', 'c.uid', 'l.id as locationId', 'l.name', 'l.timeZone'])
    .where('c.id', 'in', [...new Set(chargerIds)])
    .where('c.networkId', 'in', [...ctx.scope.networkIds])
    .execute();
  return new Map(
    rows.map(row => [
      row.id,
      {
        chargerUid: row.uid,
        locationId: row.locationId ?? null,
        locationName: row.name ?? null,
        timeZone: row.timeZone ?? 'UTC',
      },
    ]),
  );
}
