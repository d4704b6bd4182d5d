import { type RawBuilder, sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../kernel/page.ts';
import { checkDegrees } from './check-location.ts';
import { boxesAround, type Coordinates, EARTH_RADIUS_KM, roundDegrees } from './geo.ts';
import { visibleLocations } from './read-locations.ts';

export const DEFAULT_RADIUS_KM = 25;
export const MAX_RADIUS_KM = 500;

export interface Nearby extends Coordinates {
  readonly radiusKm?: number | null;
  /** At most how many. */
  readonly first?: number | null;
}

export interface NearbyLocation {
  readonly locationId: string;
  /** Along the great circle. */
  readonly distanceKm: number;
}

/** The locations within a radius that the caller sees, the nearest first. */
export async function nearestLocations(ctx: Context, near: Nearby): Promise<NearbyLocation[]> {
  authorize(ctx.viewer, 'read', 'public');
  return nearestQuery(ctx, checked(near)).execute();
}

/** Goes through `locations_ground_index` for what lies in a box; the distance then decides. */
export function nearestQuery(ctx: Context, near: CheckedNearby) {
  const { radiusKm, first } = near;
  const distanceKm = distanceFrom(near);
  return visibleLocations(ctx)
    .select(['l.id as locationId', distanceKm.as('distanceKm')])
    .where(eb =>
      eb.or(
        boxesAround(near, radiusKm).map(box =>
          eb.and([
            eb.between('l.latitude', box.south, box.north),
            eb.between('l.longitude', box.west, box.east),
          ]),
        ),
      ),
    )
    .where(distanceKm, '<=', radiusKm)
    .orderBy(distanceKm)
    .orderBy('l.id')
    .limit(first);
}

/** The haversine formula, good for small distances and large. */
function distanceFrom({ latitude, longitude }: Coordinates): RawBuilder<number> {
  return sql<number>`2 * ${sql.lit(EARTH_RADIUS_KM)}::float8 * asin(least(1, sqrt(
    sin(radians(l.latitude - ${latitude}::float8) / 2) ^ 2
    + cos(radians(${latitude}::float8)) * cos(radians(l.latitude))
      * sin(radians(l.longitude - ${longitude}::float8) / 2) ^ 2)))`;
}

interface CheckedNearby extends Coordinates {
  readonly radiusKm: number;
  readonly first: number;
}

function checked({ latitude, longitude, radiusKm, first }: Nearby): CheckedNearby {
  checkDegrees('latitude', latitude, 90);
  checkDegrees('longitude', longitude, 180);
  const radius = radiusKm ?? DEFAULT_RADIUS_KM;
  if (!(radius > 0 && radius <= MAX_RADIUS_KM)) {
    invalid('radiusKm', `must be above 0 and at most ${MAX_RADIUS_KM}`);
  }
  const count = first ?? DEFAULT_PAGE_SIZE;
  if (!(count >= 0 && count <= MAX_PAGE_SIZE)) invalid('first', `must lie between 0 and ${MAX_PAGE_SIZE}`);
  return {
    latitude: roundDegrees(latitude),
    longitude: roundDegrees(longitude),
    radiusKm: radius,
    first: count,
  };
}
