import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCharger, newDriver, newKey, newLocation, newNetwork, queriesFor } from '../support/callers.ts';
import { bootedStation, demoCharger } from '../support/charge.ts';
import { conforms, documentedRoute, neverSeen, shapeOf } from '../support/contract.ts';
import { globalId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let appKey: string;
let otherKey: string;
/** Friday, 23:30 in Puerto Rico. */
let now = Temporal.Instant.from('2026-06-20T03:30:00Z');

beforeAll(async () => {
  server = await startTestServer({ now: () => now });
  appKey = await newKey(server, { kind: 'APP' });
  otherKey = await newKey(server, { kind: 'OPERATOR', networkId: await newNetwork(server, 'OTH') });
});
afterAll(() => server.close());

const names = (body: { data: { name: string }[] }) => body.data.map(location => location.name);
const idOf = async (name: string) => {
  const { body } = await server.rest('GET', `/locations?q=${encodeURIComponent(name)}`);
  return body.data[0].id as string;
};

describe('GET /locations', () => {
  it('is the list of the contract, with nothing unseen, but for the distance', async () => {
    const { status, body } = await server.rest('GET', '/locations', { apiKey: appKey });
    const shape = shapeOf(documentedRoute('GET', '/locations'), '200');
    expect(status).toBe(200);
    expect(conforms(shape, body)).toEqual([]);
    expect(neverSeen(shape, [body])).toEqual(['data[].distanceKm']);
  });

  it('counts chargers, the free ones, the strongest and the plugs, of what the caller sees', async () => {
    const station = await bootedStation(server, 'DEMO-AC-01');
    const { body } = await server.rest('GET', '/locations?q=harbour');
    await station.close();
    expect(body.data[0]).toMatchObject({
      chargerCount: 3,
      availableCount: 1,
      maxPowerKw: 22,
      connectorTypes: ['IEC_62196_T2'],
    });
    const mall = await server.rest('GET', '/locations?q=beach');
    expect(mall.body.data[0]).toMatchObject({
      chargerCount: 3,
      availableCount: 0,
      maxPowerKw: 150,
      connectorTypes: ['IEC_62196_T2', 'IEC_62196_T2_COMBO'],
    });
  });

  it('counts no charger that is not public for an app', async () => {
    const locationId = await newLocation(server, { name: 'Depot' });
    await newCharger(server, {
      uid: 'DEPOT-1',
      locationId: globalId('Location', locationId),
      isPublic: false,
    });
    const count = async (apiKey?: string) =>
      (await server.rest('GET', '/locations?q=depot', apiKey ? { apiKey } : {})).body.data[0].chargerCount;
    expect([await count(), await count(appKey)]).toEqual([1, 0]);
  });

  it.each([
    ['q=garage', ['Harbour Garage']],
    ['q=CARRETERA', ['Mountain Lodge']],
    ['q=jayuya', ['Mountain Lodge']],
    ['city=san%20juan', ['Harbour Garage']],
    ['city=san', []],
    ['q=mall&city=carolina', ['Beach Mall']],
    ['q=mall&city=jayuya', []],
    ['q=%25', []],
    ['q=_', []],
    ['q=%5C', []],
    ['city=%25', []],
  ])('finds by ?%s', async (query, expected) => {
    const { body } = await server.rest('GET', `/locations?${query}`, { apiKey: appKey });
    expect(names(body)).toEqual(expected);
  });

  it('takes a percent sign in a name for what it is', async () => {
    await newLocation(server, { name: '100% Green_Power', city: 'Ponce' });
    expect(names((await server.rest('GET', '/locations?q=0%25%20green_')).body)).toEqual([
      '100% Green_Power',
    ]);
    expect(names((await server.rest('GET', '/locations?q=green%25power')).body)).toEqual([]);
  });

  it('refuses a NUL, which PostgreSQL cannot hold', async () => {
    const { status, body } = await server.rest('GET', '/locations?q=a%00b');
    expect([status, body.details[0].field]).toEqual([400, 'q']);
  });

  it('turns pages', async () => {
    const first = await server.rest('GET', '/locations?pageSize=2&page=1', { apiKey: appKey });
    const second = await server.rest('GET', '/locations?pageSize=2&page=2', { apiKey: appKey });
    const past = await server.rest('GET', '/locations?pageSize=2&page=900', { apiKey: appKey });
    expect(names(first.body)).toHaveLength(2);
    expect(names(second.body)).not.toContain(names(first.body)[1]);
    expect(past.body.data).toEqual([]);
  });

  it('costs the same statements for one location as for twenty', async () => {
    for (let index = 0; index < 20; index++) {
      const id = await newLocation(server, { name: `Many ${index}` });
      await newCharger(server, { uid: `MANY-${index}`, locationId: globalId('Location', id) });
    }
    const query = `query ($first: Int) {
      locations(first: $first) {
        nodes { name chargerCount availableCount maxPowerW connectorTypes rating { average count } isOpenNow }
      }
    }`;
    const queries = (first: number) =>
      queriesFor(server, async () => {
        const { data } = await server.graphql<{ locations: { nodes: unknown[] } }>(query, { first });
        expect(data.locations.nodes).toHaveLength(first);
      });
    // the key, the locations, their chargers, their reviews
    expect([await queries(1), await queries(20)]).toEqual([4, 4]);
  });
});

describe('GET /locations/{id}', () => {
  it('is the detail of the contract, with the hours in OCPI’s structure', async () => {
    const driver = await newDriver(server, appKey);
    const id = await idOf('Beach Mall');
    await server.rest('POST', `/locations/${id}/reviews`, { headers: driver.headers, body: { rating: 4 } });
    const { body } = await server.rest('GET', `/locations/${id}`, { apiKey: appKey });
    const shape = shapeOf(documentedRoute('GET', '/locations/{id}'), '200');
    expect(conforms(shape, body)).toEqual([]);
    expect(neverSeen(shape, [body])).toEqual([]);
    expect(body.data.openingHours).toMatchObject({
      twentyfourseven: false,
      regular_hours: expect.arrayContaining([{ weekday: 5, period_begin: '09:00', period_end: '01:00' }]),
      exceptional_openings: [],
      exceptional_closings: [],
    });
    expect(body.data.images[0]).toEqual({
      url: 'https://cdn.example.com/demo-charge/beach-mall.jpg',
      thumbnailUrl: 'https://cdn.example.com/demo-charge/beach-mall-thumb.jpg',
      type: 'location',
      width: 1280,
      height: 720,
    });
  });

  it('is 404 for another network, and for an app where it is not published', async () => {
    const published = await idOf('Beach Mall');
    const hidden = await newLocation(server, { name: 'Hidden', isPublished: false });
    const status = async (id: string, apiKey?: string) =>
      (await server.rest('GET', `/locations/${id}`, apiKey ? { apiKey } : {})).status;
    expect(await status(published, otherKey)).toBe(404);
    expect(await status(hidden, appKey)).toBe(404);
    expect(await status(hidden)).toBe(200);
    expect(await status(published, appKey)).toBe(200);
    for (const path of ['chargers', 'reviews']) {
      expect((await server.rest('GET', `/locations/${hidden}/${path}`, { apiKey: appKey })).status).toBe(404);
      expect((await server.rest('GET', `/locations/${hidden}/${path}`)).status).toBe(200);
    }
    expect(names((await server.rest('GET', '/locations', { apiKey: appKey })).body)).not.toContain('Hidden');
  });
});

describe('GET /locations/{id}/chargers', () => {
  it('is the list of the contract', async () => {
    const { id } = demoCharger(server, 'DEMO-DC-01');
    const station = await bootedStation(server, 'DEMO-DC-01');
    await server.sql("update chargers set serial_number = 'SN-1' where id = $1", [id]);
    await station.call('Heartbeat', {});
    const { body } = await server.rest('GET', `/locations/${await idOf('Beach Mall')}/chargers`, {
      apiKey: appKey,
    });
    await station.close();
    const shape = shapeOf(documentedRoute('GET', '/locations/{id}/chargers'), '200');
    expect(conforms(shape, body)).toEqual([]);
    expect(neverSeen(shape, [body])).toEqual([]);
    expect(body.data).toHaveLength(3);
    expect(body.data.find((charger: { id: string }) => charger.id === id)).toMatchObject({
      status: 'AVAILABLE',
      isOnline: true,
      connectorCount: 2,
    });
  });
});

describe('GET /connectors/{id}/status', () => {
  it('is the answer of the contract; 404 for an app where its location is hidden', async () => {
    const { id } = demoCharger(server, 'DEMO-AC-01');
    const charger = await server.rest('GET', `/chargers/${id}`);
    const connectorId = charger.body.data.connectors[0].id;
    const { body } = await server.rest('GET', `/connectors/${connectorId}/status`, { apiKey: appKey });
    const shape = shapeOf(documentedRoute('GET', '/connectors/{id}/status'), '200');
    expect(conforms(shape, body)).toEqual([]);
    expect(neverSeen(shape, [body])).toEqual([]);
    expect(body.data).toMatchObject({ connectorIdentifier: 'DEMO-AC-01-1', hasRfidReader: true });

    const locationId = await newLocation(server, { isPublished: false });
    const hidden = await newCharger(server, {
      uid: 'HIDDEN-1',
      locationId: globalId('Location', locationId),
    });
    const hiddenConnector = (await server.rest('GET', `/chargers/${hidden}`)).body.data.connectors[0].id;
    const status = async (apiKey?: string) =>
      (await server.rest('GET', `/connectors/${hiddenConnector}/status`, apiKey ? { apiKey } : {})).status;
    expect([await status(), await status(appKey), await status(otherKey)]).toEqual([200, 404, 404]);
  });
});

describe('a location in the graph', () => {
  const CHANGE = `mutation ($input: UpdateLocationInput!) {
    result: updateLocation(input: $input) {
      ... on Location {
        hasWifi phone images { url category } isOpenNow latitude
        openingHours { isAlwaysOpen regularHours { weekday begin end } exceptionalClosings { begin end } }
      }
      ... on ValidationError { details { field } }
      ... on Error { code }
    }
  }`;
  const change = async (id: string, input: object, headers = {}) =>
    (
      await server.graphql<{ result: Record<string, unknown> & { details?: { field: string }[] } }>(
        CHANGE,
        { input: { id: globalId('Location', id), ...input } },
        headers,
      )
    ).data.result;

  it('is open by its own clock', async () => {
    const isOpenNow = async (text: string) => {
      const { data } = await server.graphql<{ locations: { nodes: { isOpenNow: boolean | null }[] } }>(
        'query ($text: String) { locations(filter: { text: $text }) { nodes { isOpenNow } } }',
        { text },
      );
      return data.locations.nodes[0]!.isOpenNow;
    };
    // until 01:00 on a Friday
    expect(await isOpenNow('Beach Mall')).toBe(true);
    expect(await isOpenNow('Mountain Lodge')).toBe(false);
    expect(await isOpenNow('Harbour Garage')).toBe(true);
    expect(await isOpenNow('Depot')).toBe(null);
    const before = now;
    now = Temporal.Instant.from('2026-06-20T05:00:00Z');
    expect(await isOpenNow('Beach Mall')).toBe(false);
    now = before;
  });

  it('takes every field, changes what is given and leaves the rest', async () => {
    const id = await newLocation(server, {
      hasParking: true,
      hasWifi: true,
      phone: '+1 787 555 0100',
      openingHours: { isAlwaysOpen: true },
      images: [{ url: 'https://cdn.example.com/a.jpg', category: 'ENTRANCE' }],
    });
    expect(await change(id, { hasWifi: false })).toMatchObject({
      hasWifi: false,
      phone: '+1 787 555 0100',
      isOpenNow: true,
      images: [{ url: 'https://cdn.example.com/a.jpg', category: 'ENTRANCE' }],
    });
    expect(
      await change(id, {
        openingHours: {
          isAlwaysOpen: false,
          regularHours: [{ weekday: 'SUNDAY', begin: '08:00', end: '20:00' }],
          exceptionalClosings: [{ begin: '2026-12-25T04:00:00Z', end: '2026-12-26T04:00:00Z' }],
        },
        images: [],
      }),
    ).toMatchObject({
      isOpenNow: false,
      images: [],
      openingHours: {
        isAlwaysOpen: false,
        regularHours: [{ weekday: 'SUNDAY', begin: '08:00', end: '20:00' }],
        exceptionalClosings: [{ begin: '2026-12-25T04:00:00Z', end: '2026-12-26T04:00:00Z' }],
      },
    });
    expect(await change(id, { openingHours: null, phone: null })).toMatchObject({
      openingHours: null,
      phone: null,
      isOpenNow: null,
    });
  });

  it.each([
    ['phone', { phone: 'call me' }],
    ['latitude', { latitude: 90.01 }],
    ['images[0].url', { images: [{ url: 'javascript:alert(1)' }] }],
    ['images[0].url', { images: [{ url: 'http://cdn.example.com/a.jpg' }] }],
    ['images[0].width', { images: [{ url: 'https://cdn.example.com/a.jpg', width: 0 }] }],
    [
      'openingHours.regularHours[0].begin',
      { openingHours: { isAlwaysOpen: false, regularHours: [{ weekday: 'MONDAY', begin: '8', end: '9' }] } },
    ],
  ])('refuses a bad %s', async (field, input) => {
    const id = await newLocation(server);
    expect((await change(id, input)).details).toEqual([{ field }]);
  });

  it('of another network does not exist', async () => {
    const id = await newLocation(server);
    expect(await change(id, { hasWifi: true }, { 'x-api-key': otherKey })).toMatchObject({
      code: 'not_found',
    });
  });
});
