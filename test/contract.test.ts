import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Row } from '../rest-compat/row.ts';
import { rows } from '../rest-compat/rows.ts';
import { demoCharger, playCharge } from './support/charge.ts';
import {
  type ContractRoute,
  conforms,
  contractRoutes,
  documentedRoute,
  neverSeen,
  shapeOf,
} from './support/contract.ts';
import { rowId } from './support/global-id.ts';
import { type RestAnswer, startTestServer, type TestServer } from './support/server.ts';
import { RawStation } from './support/station.ts';

const keyOf = ({ method, path }: Pick<Row, 'method' | 'path'>): string => `${method} ${path}`;
const successStatus = (route: ContractRoute): string =>
  Object.keys(route.responses).find(status => status.startsWith('2')) ?? '204';

/** What the product cannot set yet, each with the reason; an entry that is no longer needed fails the test. */
const NOT_YET: Record<string, Record<string, string>> = {
  'GET /charging/sessions/{id}': { 'data.paymentStatus': 'nothing takes payments yet' },
  'POST /charging/stop': { 'data.paymentStatus': 'nothing takes payments yet' },
  'GET /transactions': { 'data[].paymentStatus': 'nothing takes payments yet' },
  'GET /transactions/{id}': { 'data.paymentStatus': 'nothing takes payments yet' },
};

let server: TestServer;
let answers: Record<string, RestAnswer[]>;
beforeAll(async () => {
  server = await startTestServer();
  answers = await callEveryRoute();
});
afterAll(() => server.close());

describe.each(rows.map(row => [keyOf(row), row] as const))('%s', (key, row) => {
  it('answers with the documented status, and exactly the documented members, nesting and types', () => {
    const route = documentedRoute(row.method, row.path);
    const status = successStatus(route);
    const shape = shapeOf(route, status);
    expect(answers[key], 'callEveryRoute has no sample of it').not.toHaveLength(0);
    for (const answer of answers[key]!) {
      expect(answer.status).toBe(Number(status));
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(conforms(shape, answer.body)).toEqual([]);
    }
    const unseen = neverSeen(
      shape,
      answers[key]!.map(answer => answer.body),
    );
    expect(unseen).toEqual(Object.keys(NOT_YET[key] ?? {}));
  });

  it('takes exactly the documented parameters and body members', () => {
    const route = documentedRoute(row.method, row.path);
    const named = (place: 'path' | 'query') =>
      route.params.filter(parameter => parameter.in === place).map(parameter => parameter.name);
    expect([...row.path.matchAll(/\{(\w+)\}/g)].map(match => match[1])).toEqual(named('path'));
    expect(membersOf(row.query)).toEqual(named('query').sort());
    expect(membersOf(row.body)).toEqual(route.body.map(field => field.name).sort());
  });
});

it('each sample and each exception belongs to a route that is served', () => {
  const served = rows.map(keyOf);
  expect(Object.keys(answers).sort()).toEqual(served.toSorted());
  expect(new Set(served).size).toBe(served.length);
  expect(Object.keys(NOT_YET).filter(key => !served.includes(key))).toEqual([]);
});

it('a shape can be made of every documented answer, its fields in the order of its example', () => {
  const documented = contractRoutes.flatMap(route =>
    Object.entries(route.responses).flatMap(([status, response]) =>
      response.example ? [[route, status]] : [],
    ),
  ) as [ContractRoute, string][];
  for (const [route, status] of documented) expect(() => shapeOf(route, status)).not.toThrow();
  expect(documented).toHaveLength(74);
});

describe('the checker of shapes', () => {
  const route: ContractRoute = {
    method: 'GET',
    path: '/planted',
    params: [],
    body: [],
    responses: {
      200: {
        fields: [
          { name: 'data', type: 'object' },
          { name: 'id', type: 'string', format: 'uuid' },
          { name: 'count', type: 'integer', format: 'int32' },
          { name: 'rate', type: 'object', format: 'double' },
          { name: 'at', type: 'object', format: 'date-time' },
          { name: 'costs', type: 'object' },
          { name: 'total', type: 'number', format: 'double' },
          { name: 'place', type: 'object' },
          { name: 'parts', type: 'array of object' },
          { name: 'words', type: 'array of string' },
          { name: 'success', type: 'boolean' },
        ],
        example: {
          data: {
            id: '00000000-0000-0000-0000-000000000000',
            count: 0,
            rate: null,
            at: null,
            costs: { total: 0 },
            place: null,
            parts: [{ name: 'string', at: null, isOpen: true, size: 1.5 }],
            words: ['string'],
          },
          success: true,
        },
      },
    },
  };
  const shape = shapeOf(route, '200');
  const good = () => ({
    data: {
      id: '019a0000-0000-7000-8000-000000000000',
      count: 3,
      rate: 0.5 as unknown,
      at: '2026-06-19T18:42:09Z' as unknown,
      costs: { total: 1.25 } as Record<string, unknown>,
      place: { latitude: 1 } as unknown,
      parts: [{ name: 'one', at: '2026-06-19T18:42:09Z', isOpen: false, size: 2 }] as Record<
        string,
        unknown
      >[],
      words: ['a'] as unknown[],
    } as Record<string, unknown> & { costs: Record<string, unknown>; parts: Record<string, unknown>[] },
    success: true as unknown,
  });
  const planted = (plant: (answer: ReturnType<typeof good>) => void) => {
    const answer = good();
    plant(answer);
    return answer;
  };

  it('finds nothing wrong with an answer that is as documented, nulls for values included', () => {
    expect(conforms(shape, good())).toEqual([]);
    expect(neverSeen(shape, [good()])).toEqual([]);
    expect(
      conforms(
        shape,
        planted(({ data }) => Object.assign(data, { rate: null, costs: null, at: null })),
      ),
    ).toEqual([]);
  });

  it.each<[string, (answer: ReturnType<typeof good>) => void, string]>([
    ['a missing member', ({ data }) => delete data.count, 'data.count: is missing'],
    ['a missing nested member', ({ data }) => delete data.costs.total, 'data.costs.total: is missing'],
    [
      'a member missing of a list item',
      ({ data }) => delete data.parts[0]!.name,
      'data.parts[0].name: is missing',
    ],
    ['a missing envelope member', answer => delete answer.success, 'success: is missing'],
    ['an extra member', ({ data }) => Object.assign(data, { more: 1 }), 'data.more: is not documented'],
    [
      'an extra nested member',
      ({ data }) => Object.assign(data.costs, { more: 1 }),
      'data.costs.more: is not documented',
    ],
    [
      'an extra member of a list item',
      ({ data }) => Object.assign(data.parts[0]!, { more: 1 }),
      'data.parts[0].more: is not documented',
    ],
    [
      'a fraction for an integer',
      ({ data }) => Object.assign(data, { count: 1.5 }),
      'data.count: is 1.5, not of type integer',
    ],
    [
      'text for a number',
      ({ data }) => Object.assign(data.costs, { total: '1.25' }),
      'data.costs.total: is "1.25", not of type number',
    ],
    [
      'a global id for a UUID',
      ({ data }) => Object.assign(data, { id: 'U2Vzc2lvbjox' }),
      'data.id: is "U2Vzc2lvbjox", not of type uuid',
    ],
    [
      'a fraction of a second',
      ({ data }) => Object.assign(data, { at: '2026-06-19T18:42:09.5Z' }),
      'data.at: is "2026-06-19T18:42:09.5Z", not of type instant',
    ],
    [
      'another zone than UTC',
      ({ data }) => Object.assign(data.parts[0]!, { at: '2026-06-19T18:42:09+00:00' }),
      'data.parts[0].at: is "2026-06-19T18:42:09+00:00", not of type instant',
    ],
    [
      'a number for a boolean',
      ({ data }) => Object.assign(data.parts[0]!, { isOpen: 1 }),
      'data.parts[0].isOpen: is 1, not of type boolean',
    ],
    [
      'a list for an object',
      ({ data }) => Object.assign(data, { place: [] }),
      'data.place: is [], not of type object',
    ],
    [
      'text for an object',
      ({ data }) => Object.assign(data, { costs: '1' }),
      'data.costs: is "1", not an object',
    ],
    [
      'an object for a list',
      ({ data }) => Object.assign(data, { parts: {} }),
      'data.parts: is {}, not a list',
    ],
    [
      'null for a list',
      ({ data }) => Object.assign(data, { parts: null }),
      'data.parts: is null, not a list',
    ],
    ['null in a list', ({ data }) => Object.assign(data, { words: [null] }), 'data.words[0]: is null'],
    ['null in the envelope', answer => Object.assign(answer, { success: null }), 'success: is null'],
  ])('finds %s', (_, plant, problem) => {
    expect(conforms(shape, planted(plant))).toEqual([problem]);
  });

  it('finds a member that is null, and a list that is empty, in every answer', () => {
    const bare = () =>
      planted(({ data }) =>
        Object.assign(data, { rate: null, costs: { total: null }, words: [], place: null }),
      );
    expect(neverSeen(shape, [bare(), bare()])).toEqual([
      'data.rate',
      'data.costs.total',
      'data.place',
      'data.words[]',
    ]);
    expect(neverSeen(shape, [bare(), good()])).toEqual([]);
  });

  it('will not take a contract whose fields and example disagree', () => {
    const [response] = Object.values(route.responses);
    const withFields = (fields: readonly { name: string; type: string }[]) => ({
      ...route,
      responses: { 200: { ...response!, fields } },
    });
    expect(() => shapeOf(withFields(response!.fields.toSpliced(2, 1)), '200')).toThrow('at "count"');
    expect(() => shapeOf(withFields([...response!.fields, { name: 'more', type: 'string' }]), '200')).toThrow(
      '"more"',
    );
    expect(() =>
      shapeOf(
        withFields([
          { name: 'data', type: 'object' },
          { name: 'id', type: 'date' },
        ]),
        '200',
      ),
    ).toThrow('"date"');
  });
});

const membersOf = (type: z.ZodType | undefined): string[] =>
  type ? Object.keys((type as z.ZodObject).shape).sort() : [];

/** Fills the network through its doors, then calls each route; what each answered, by route. */
async function callEveryRoute(): Promise<Record<string, RestAnswer[]>> {
  const { rest, demo } = server;
  const tariffId = await makeTariff();
  const station = await makeStation();
  const { id: chargerId } = station;
  await playCharge(station.raw, {
    idTag: demo.idTag,
    at: '2026-06-19T08:00:00Z',
    steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
    stop: { minute: 20, meter: 8_000 },
  });

  const get = (path: string) => rest('GET', path);
  const post = (path: string, body: object) => rest('POST', path, { body });

  const started = await remoteStart(station.raw, chargerId);
  const running = await get(`/charging/sessions/${started.body.data.id}`);
  const stopped = await remoteStop(station.raw, started.body.data.id);
  const another = await remoteStart(station.raw, chargerId, false);
  const pending = await get(`/charging/sessions/${another.body.data.id}`);
  const cancelled = await post('/charging/stop', { sessionId: another.body.data.id });
  await station.raw.close();

  const sessions = await get('/charging/sessions');
  const transactions = await get('/transactions');
  const usage = { energyKwh: 20, durationMinutes: 30, idleMinutes: 5 };
  return {
    'GET /chargers': [await get('/chargers'), await get('/chargers?page=2&pageSize=2')],
    'GET /chargers/{id}': [
      await get(`/chargers/${chargerId}`),
      await get(`/chargers/${demoCharger(server, 'DEMO-OWN-01').id}`),
    ],
    'GET /charging/sessions': [sessions],
    'GET /charging/sessions/{id}': [
      ...(await Promise.all(
        sessions.body.data.map(({ id }: { id: string }) => get(`/charging/sessions/${id}`)),
      )),
      running,
      pending,
    ],
    'POST /charging/start': [started, another],
    'POST /charging/stop': [stopped, cancelled],
    'POST /pricing/calculate': [
      await post('/pricing/calculate', { tariffId, ...usage }),
      await post('/pricing/calculate', { chargerId: demo.chargers[0]!.id, energyKwh: 1 }),
    ],
    'GET /tariffs': [await get('/tariffs'), await get('/tariffs?activeOnly=false')],
    'GET /tariffs/{id}': [
      await get(`/tariffs/${tariffId}`),
      await get(`/tariffs/${(await get('/tariffs')).body.data[0].id}`),
    ],
    'GET /transactions': [transactions],
    'GET /transactions/{id}': await Promise.all(
      transactions.body.data.map(({ id }: { id: string }) => get(`/transactions/${id}`)),
    ),
  };
}

async function makeTariff(): Promise<string> {
  const { data } = await server.graphql<{ result: { id: string } }>(
    'mutation ($input: CreateTariffInput!) { result: createTariff(input: $input) { ... on Tariff { id } } }',
    {
      input: {
        code: 'CONTRACT',
        name: 'Everything set',
        description: 'Each rate, both bounds, an end.',
        type: 'REGULAR',
        currency: 'USD',
        energyRate: '0.35',
        timeRate: '0.02',
        idleRate: '0.4',
        sessionFee: '0.5',
        minimumSessionFee: '1',
        maximumSessionFee: '50',
        taxRate: '11.5',
        effectiveFrom: '2026-01-01T00:00:00Z',
        effectiveTo: '2099-12-31T23:59:59Z',
      },
    },
  );
  return rowId(data.result.id);
}

/** A charger with everything that one may have, made by GraphQL, its station booted. */
async function makeStation(): Promise<{ id: string; raw: RawStation }> {
  const { data: locations } = await server.graphql<{ locations: { nodes: { id: string }[] } }>(
    '{ locations(first: 1) { nodes { id } } }',
  );
  const { data } = await server.graphql<{ result: { charger: { id: string }; password: string } }>(
    `mutation ($input: CreateChargerInput!) {
      result: createCharger(input: $input) { ... on ChargerCredentials { password charger { id } } }
    }`,
    {
      input: {
        uid: 'CONTRACT-01',
        locationId: locations.locations.nodes[0]!.id,
        evseId: 'US*DMO*E009999',
        installationDate: '2025-09-01T00:00:00Z',
        floorLevel: 'P1',
        physicalReference: 'Bay 14',
        latitude: 18.46,
        longitude: -66.1,
        connectors: [
          {
            number: 1,
            standard: 'IEC_62196_T2_COMBO',
            format: 'CABLE',
            powerType: 'DC',
            maxVoltageV: 920,
            maxCurrentA: 200,
            maxPowerW: 150_000,
          },
        ],
      },
    },
  );
  const { password, charger } = data.result;
  const raw = await RawStation.connect({ socketUrl: server.socketUrl, uid: 'CONTRACT-01', password });
  await raw.call('BootNotification', {
    chargePointVendor: 'ABB',
    chargePointModel: 'Terra 184',
    chargePointSerialNumber: 'SN-A1B2C3D4',
    firmwareVersion: '1.5.32',
  });
  await raw.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  return { id: rowId(charger.id), raw };
}

/** Starts a charge by REST; the station accepts and, where `begins`, reports energy, power and state of charge. */
async function remoteStart(station: RawStation, chargerId: string, begins = true): Promise<RestAnswer> {
  const body = { chargerId, connectorNumber: 1, idTag: server.demo.idTag };
  const answer = server.rest('POST', '/charging/start', { body });
  station.reply((await station.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
  if (!begins) return answer;
  const { transactionId } = await station.call('StartTransaction', {
    connectorId: 1,
    idTag: server.demo.idTag,
    meterStart: 1_000,
    timestamp: new Date().toISOString(),
  });
  await station.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [
      {
        timestamp: new Date().toISOString(),
        sampledValue: [
          { value: '2500', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
          { value: '90000', measurand: 'Power.Active.Import', unit: 'W' },
          { value: '55.5', measurand: 'SoC', unit: 'Percent' },
        ],
      },
    ],
  });
  return answer;
}

async function remoteStop(station: RawStation, sessionId: string): Promise<RestAnswer> {
  const answer = server.rest('POST', '/charging/stop', { body: { sessionId } });
  const { id, payload } = await station.expectCall<{ transactionId: number }>('RemoteStopTransaction');
  station.reply(id, { status: 'Accepted' });
  await station.call('StopTransaction', {
    transactionId: payload.transactionId,
    idTag: server.demo.idTag,
    meterStop: 4_000,
    timestamp: new Date().toISOString(),
    reason: 'Remote',
  });
  return answer;
}
