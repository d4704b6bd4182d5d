import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { system } from '../../src/auth/viewer.ts';
import {
  boxesAround,
  type Coordinates,
  EARTH_RADIUS_KM,
  roundDegrees,
} from '../../src/domains/locations/geo.ts';
import { nearestLocations, nearestQuery } from '../../src/domains/locations/nearest-locations.ts';
import { inScopeOf } from '../../src/kernel/context.ts';
import { networksScope } from '../../src/kernel/scope.ts';
import { newKey, newLocation, newNetwork } from '../support/callers.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** The spherical law of cosines by way of vectors: another road to the same distance. */
function distanceKm(a: Coordinates, b: Coordinates): number {
  const vector = ({ latitude, longitude }: Coordinates) => [
    Math.cos(radians(latitude)) * Math.cos(radians(longitude)),
    Math.cos(radians(latitude)) * Math.sin(radians(longitude)),
    Math.sin(radians(latitude)),
  ];
  const [u, v] = [vector(a), vector(b)];
  const chord = Math.hypot(...u.map((part, index) => part - v[index]!));
  return EARTH_RADIUS_KM * 2 * Math.asin(Math.min(1, chord / 2));
}

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
/** Anywhere, and often where maps are torn: at the poles and at the antimeridian. */
const place: fc.Arbitrary<Coordinates> = fc.record({
  latitude: fc.oneof(between(-90, 90), between(84, 90), between(-90, -84), fc.constantFrom(-90, 0, 90)),
  longitude: fc.oneof(
    between(-180, 180),
    between(175, 180),
    between(-180, -175),
    fc.constantFrom(-180, 0, 180),
  ),
});
const radius = fc.oneof(between(0.01, 500), between(100, 500), fc.constant(500));

describe('the boxes around a circle', () => {
  it('hold every point of it, and none of them crosses the antimeridian', () => {
    fc.assert(
      fc.property(
        place,
        radius,
        between(0, 2 * Math.PI),
        between(0, 1),
        (center, radiusKm, bearing, part) => {
          const boxes = boxesAround(center, radiusKm);
          const point = travelled(center, bearing, radiusKm * part);
          expect(boxes.some(box => holds(box, point))).toBe(true);
          for (const box of boxes) {
            expect(box.west).toBeLessThanOrEqual(box.east);
            expect(box.west).toBeGreaterThanOrEqual(-180);
            expect(box.east).toBeLessThanOrEqual(180);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('are small: one away from the edges, two at the antimeridian, a cap at a pole', () => {
    const [box, ...others] = boxesAround({ latitude: 0, longitude: 0 }, 111.195);
    expect(others).toEqual([]);
    for (const edge of [-box!.south, box!.north, -box!.west, box!.east]) expect(edge).toBeCloseTo(1, 3);
    expect(boxesAround({ latitude: 0, longitude: 179.9 }, 100)).toHaveLength(2);
    expect(boxesAround({ latitude: 89, longitude: 10 }, 200)).toMatchObject([
      { north: 90, west: -180, east: 180 },
    ]);
  });
});

const holds = (box: ReturnType<typeof boxesAround>[number], { latitude, longitude }: Coordinates) =>
  latitude >= box.south && latitude <= box.north && longitude >= box.west && longitude <= box.east;

/** Where one is after so many kilometres on a great circle. */
function travelled(from: Coordinates, bearing: number, km: number): Coordinates {
  const [lat, angle] = [radians(from.latitude), km / EARTH_RADIUS_KM];
  const sine = Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(bearing);
  const latitude = Math.asin(Math.max(-1, Math.min(1, sine)));
  const turn = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(lat),
    Math.cos(angle) - Math.sin(lat) * Math.sin(latitude),
  );
  const longitude = from.longitude + (turn * 180) / Math.PI;
  return {
    latitude: (latitude * 180) / Math.PI,
    longitude: longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude,
  };
}

describe('among thousands of locations', () => {
  const COUNT = 6_000;
  let server: TestServer;
  let networkId: string;
  let all: ({ id: string } & Coordinates)[];

  beforeAll(async () => {
    server = await startTestServer();
    networkId = await newNetwork(server, 'FAR');
    const points = fc.sample(place, { numRuns: COUNT, seed: 7 });
    await server.sql(
      `insert into locations (id, network_id, name, address, city, country, latitude, longitude, time_zone)
       select gen_random_uuid(), $1, 'L', 'A', 'C', 'US', latitude, longitude, 'UTC'
         from unnest($2::float8[], $3::float8[]) as points (latitude, longitude)`,
      [
        networkId,
        points.map(point => roundDegrees(point.latitude)),
        points.map(point => roundDegrees(point.longitude)),
      ],
    );
    await server.sql('analyze locations');
    all = await server.sql('select id, latitude, longitude from locations where network_id = $1', [
      networkId,
    ]);
  });
  afterAll(() => server.close());

  const contextOf = () => server.app.context(system, 'test', { scope: networksScope([networkId]) });

  it('the nearest are those that a look at every one of them finds, in the same order', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(place, radius, async (center, radiusKm) => {
        const ctx = contextOf();
        const answer = await inScopeOf(ctx, () => nearestLocations(ctx, { ...center, radiusKm, first: 100 }));
        const expected = all
          .map(location => ({ id: location.id, km: distanceKm(center, location) }))
          .filter(({ km }) => km <= radiusKm)
          .sort((a, b) => a.km - b.km)
          .slice(0, 100);
        expect(answer).toHaveLength(expected.length);
        const truth = new Map(all.map(location => [location.id, location]));
        for (const [index, { locationId, distanceKm: km }] of answer.entries()) {
          expect(Math.abs(km - expected[index]!.km)).toBeLessThan(1e-5);
          expect(Math.abs(km - distanceKm(center, truth.get(locationId)!))).toBeLessThan(1e-5);
        }
        expect(new Set(answer.map(near => near.locationId)).size).toBe(answer.length);
        found += answer.length;
      }),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(1_000);
  });

  it.each([
    ['in the open', { latitude: 18.4, longitude: -66.1 }],
    ['at the antimeridian', { latitude: 18.4, longitude: 179.99 }],
    ['at a pole', { latitude: 89.9, longitude: 0 }],
  ])('%s the index leads to them, under row-level security', async (_, center) => {
    const ctx = contextOf();
    const [{ 'QUERY PLAN': plan }] = (await inScopeOf(ctx, () =>
      nearestQuery(ctx, { ...center, radiusKm: 25, first: 50 }).explain('json'),
    )) as [Record<string, unknown>];
    const text = JSON.stringify(plan);
    expect(text).toContain('"Index Name":"locations_ground_index"');
    expect(text).toMatch(/"Index Cond":"[^"]*latitude >=[^"]*latitude <=/);
    expect(text).not.toContain('Seq Scan');
  });
});

describe('the doors', () => {
  let server: TestServer;
  let appKey: string;
  let hiddenId: string;

  beforeAll(async () => {
    server = await startTestServer();
    appKey = await newKey(server, { kind: 'APP', scopes: ['READ'] });
    hiddenId = await newLocation(server, { latitude: 18.4655, longitude: -66.1057, isPublished: false });
  });
  afterAll(() => server.close());

  const HARBOUR = { latitude: 18.4655, longitude: -66.1057 };
  const MALL = { latitude: 18.4319, longitude: -66.0617 };
  const NEAR_HARBOUR = 'lat=18.4655&lng=-66.1057';

  it('REST: the nearest first, with a distance, within 25 km where nothing is said', async () => {
    const { status, body } = await server.rest('GET', `/locations/search?${NEAR_HARBOUR}`, {
      apiKey: appKey,
    });
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('pagination');
    expect(
      body.data.map((location: { name: string; distanceKm: number }) => [location.name, location.distanceKm]),
    ).toEqual([
      ['Harbour Garage', 0],
      ['Beach Mall', Number(distanceKm(HARBOUR, MALL).toFixed(3))],
    ]);
    const wider = await server.rest('GET', `/locations/search?${NEAR_HARBOUR}&radiusKm=100`, {
      apiKey: appKey,
    });
    expect(wider.body.data.map((location: { name: string }) => location.name)).toEqual([
      'Harbour Garage',
      'Beach Mall',
      'Mountain Lodge',
    ]);
  });

  it('REST: an operator also finds its own unpublished ones, another network finds none', async () => {
    const { body } = await server.rest('GET', `/locations/search?${NEAR_HARBOUR}&radiusKm=0.1`);
    expect(body.data.map((location: { id: string }) => location.id)).toContain(hiddenId);
    const otherKey = await newKey(server, { kind: 'OPERATOR', networkId: await newNetwork(server, 'OTH') });
    const other = await server.rest('GET', `/locations/search?${NEAR_HARBOUR}`, { apiKey: otherKey });
    expect(other.body.data).toEqual([]);
  });

  it.each([
    ['lat=18', 'lng'],
    ['lng=18', 'lat'],
    ['lat=91&lng=0', 'lat'],
    ['lat=0&lng=181', 'lng'],
    ['lat=north&lng=0', 'lat'],
    ['lat=0&lng=0&radiusKm=501', 'radiusKm'],
    ['lat=0&lng=0&radiusKm=0', 'radiusKm'],
    ['lat=0&lng=0&radiusKm=-1', 'radiusKm'],
  ])('REST: %s is 400 and names %s', async (query, field) => {
    const { status, body } = await server.rest('GET', `/locations/search?${query}`);
    expect([status, body.details[0].field]).toEqual([400, field]);
  });

  it('GraphQL: a distance and the location itself, of which hidden ones are none', async () => {
    const query = `query ($first: Int) {
      nearestLocations(latitude: 18.4655, longitude: -66.1057, radiusKm: 100, first: $first) {
        distanceKm location { name chargerCount }
      }
    }`;
    const { data } = await server.graphql<{ nearestLocations: unknown[] }>(
      query,
      { first: 1 },
      { 'x-api-key': appKey },
    );
    expect(data.nearestLocations).toEqual([
      { distanceKm: 0, location: { name: 'Harbour Garage', chargerCount: 3 } },
    ]);
    const { errors } = await server.graphql(query, { first: 101 });
    expect(errors![0]!.extensions).toMatchObject({ code: 'validation_error' });
  });

  it('the word "search" is no id, and an id is no word', async () => {
    expect((await server.rest('GET', '/locations/searching')).status).toBe(404);
    const { body } = await server.rest('GET', `/locations/${hiddenId}`);
    expect(body.data.id).toBe(hiddenId);
  });
});
