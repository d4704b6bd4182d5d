/** Degrees, WGS 84. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** From south to north and from west to east, edges included; never across the antimeridian. */
export interface Box {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

/** To a tenth of a millimetre: PostgreSQL refuses to square what is far smaller than that. */
export const roundDegrees = (angle: number): number => Math.round(angle * 1e9) / 1e9 + 0;

/** The mean radius of the earth (IUGG), which is taken for a sphere: distances are right to half a percent. */
export const EARTH_RADIUS_KM = 6371.0088;

/** A hair more than any rounding, so that a box never misses what the exact distance takes in. */
const MARGIN_DEGREES = 1e-6;

/**
 * Boxes that together hold every point within the radius: one, or two where the circle crosses the antimeridian. A
 * circle that holds a pole reaches every longitude.
 */
export function boxesAround(center: Coordinates, radiusKm: number): Box[] {
  const angle = radiusKm / EARTH_RADIUS_KM;
  const reach = degrees(angle) + MARGIN_DEGREES;
  const south = center.latitude - reach;
  const north = center.latitude + reach;
  if (south <= -90 || north >= 90) {
    return [{ south: Math.max(south, -90), north: Math.min(north, 90), west: -180, east: 180 }];
  }
  // the meridians that touch the circle
  const spread = degrees(Math.asin(Math.sin(angle) / Math.cos(radians(center.latitude)))) + MARGIN_DEGREES;
  const west = center.longitude - spread;
  const east = center.longitude + spread;
  if (west < -180) {
    return [
      { south, north, west: -180, east },
      { south, north, west: west + 360, east: 180 },
    ];
  }
  if (east > 180) {
    return [
      { south, north, west, east: 180 },
      { south, north, west: -180, east: east - 360 },
    ];
  }
  return [{ south, north, west, east }];
}

const degrees = (angle: number): number => (angle * 180) / Math.PI;
const radians = (angle: number): number => (angle * Math.PI) / 180;
