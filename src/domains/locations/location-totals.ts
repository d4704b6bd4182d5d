import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { visibleChargers } from '../chargers/read-chargers.ts';
import { db } from '../db.ts';

/** What the chargers of a location come to, of those that the caller sees. */
export interface LocationTotals {
  readonly chargerCount: number;
  /** AVAILABLE and online now. */
  readonly availableCount: number;
  /** Of the strongest charger, in W; null where none says. */
  readonly maxPowerW: string | null;
  /** OCPI's ConnectorType of each connector, without repetition, in alphabetical order. */
  readonly connectorTypes: readonly string[];
}

export const NO_CHARGERS: LocationTotals = {
  chargerCount: 0,
  availableCount: 0,
  maxPowerW: null,
  connectorTypes: [],
};

/** By location; one without chargers is left out. */
export async function totalsOfLocations(
  ctx: Context,
  locationIds: readonly string[],
): Promise<Map<string, LocationTotals>> {
  authorize(ctx.viewer, 'read', 'public');
  const rows = await db(ctx)
    .selectFrom(
      visibleChargers(ctx)
        .where('c.locationId', 'in', [...locationIds])
        .as('v'),
    )
    .select([
      'v.locationId',
      sql<number>`count(*)::int`.as('chargerCount'),
      sql<number>`(count(*) filter (where v.status = 'AVAILABLE' and v.is_online))::int`.as('availableCount'),
      sql<string | null>`max(v.rated_power_w)`.as('maxPowerW'),
      sql<
        string[]
      >`array(select distinct k.standard from connectors k where k.charger_id = any(array_agg(v.id))
                          order by k.standard)`.as('connectorTypes'),
    ])
    .groupBy('v.locationId')
    .execute();
  return new Map(rows.map(({ locationId, ...totals }) => [locationId!, totals]));
}

export interface Rating {
  /** Of 1 to 5 stars, to one decimal; null without reviews. */
  readonly average: number | null;
  readonly count: number;
}

export const NO_RATING: Rating = { average: null, count: 0 };

/** By location; one without reviews is left out. */
export async function ratingsOfLocations(
  ctx: Context,
  locationIds: readonly string[],
): Promise<Map<string, Rating>> {
  authorize(ctx.viewer, 'read', 'public');
  const rows = await db(ctx)
    .selectFrom('reviews as r')
    .select([
      'r.locationId',
      sql<number>`round(avg(r.rating), 1)::float8`.as('average'),
      sql<number>`count(*)::int`.as('count'),
    ])
    .where('r.locationId', 'in', [...locationIds])
    .where('r.networkId', 'in', [...ctx.scope.networkIds])
    .groupBy('r.locationId')
    .execute();
  return new Map(rows.map(({ locationId, ...rating }) => [locationId, rating]));
}
