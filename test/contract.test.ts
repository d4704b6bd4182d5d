import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { eventStream } from '../rest-compat/event-stream.ts';
import type { Row } from '../rest-compat/row.ts';
import { rows } from '../rest-compat/rows.ts';
import {
  type ContractRoute,
  conforms,
  contractRoutes,
  documentedRoute,
  neverSeen,
  routesBeyond,
  shapeOf,
} from './support/contract.ts';
import { callEveryRoute } from './support/every-route.ts';
import { startPayingServer, type TestStripe } from './support/paying.ts';
import type { RestAnswer, TestServer } from './support/server.ts';

const keyOf = ({ method, path }: Pick<Row, 'method' | 'path'>): string => `${method} ${path}`;
const successStatus = (route: ContractRoute): string =>
  Object.keys(route.responses).find(status => status.startsWith('2')) ?? '204';

/** What no sample has, each with the reason; an entry that is not needed fails the test. */
const NEVER: Record<string, Record<string, string>> = {
  'POST /auth/tokens': { 'data.lastUsedAt': 'a new token was not used yet' },
  'POST /users': { 'data.lastUpdated': 'a new user was not changed yet' },
  'POST /reservations': { 'data.cancelledAt': 'a new reservation was not given up yet' },
  'POST /charging/schedule': {
    'data.statusReason': 'a new schedule has not failed yet',
    'data.firedAt': 'a new schedule has not fired yet',
  },
  'GET /locations': { 'data[].distanceKm': 'a distance is known in /locations/search alone' },
};

let server: TestServer;
let stripe: TestStripe;
let answers: Record<string, RestAnswer[]>;
beforeAll(async () => {
  ({ server, stripe } = await startPayingServer({ settings: { OUTGOING_ALLOW_LOOPBACK: 'true' } }));
  answers = await callEveryRoute(server, stripe);
});
afterAll(async () => {
  await server?.close();
  await stripe?.close();
});

describe.each(rows.map(row => [keyOf(row), row] as const))('%s', (key, row) => {
  it('answers with the documented status, and exactly the documented members, nesting and types', () => {
    const route = documentedRoute(row.method, row.path);
    const status = successStatus(route);
    // without a documented body: 204
    const shape = status === '204' ? null : shapeOf(route, status);
    expect(answers[key], 'callEveryRoute has no sample of it').not.toHaveLength(0);
    for (const answer of answers[key]!) {
      expect(answer.status).toBe(Number(status));
      if (shape) {
        expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
        expect(conforms(shape, answer.body)).toEqual([]);
      } else {
        expect([answer.body, answer.headers.get('content-type')]).toEqual(['', null]);
      }
    }
    if (!shape) return;
    const unseen = neverSeen(
      shape,
      answers[key]!.map(answer => answer.body),
    );
    expect(unseen).toEqual(Object.keys(NEVER[key] ?? {}));
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
  expect(Object.keys(NEVER).filter(key => !served.includes(key))).toEqual([]);
});

it('78 of 78 routes are served', () => {
  const served = new Set([...rows, eventStream].map(({ method, path }) => `${method} /emsp/v1${path}`));
  const missing = contractRoutes.filter(({ method, path }) => !served.has(`${method} ${path}`));
  expect(contractRoutes).toHaveLength(78);
  expect(missing).toEqual([]);
});

it('nothing is served beyond the contract but the search for locations and the key for push', () => {
  const documented = new Set(contractRoutes.map(({ method, path }) => `${method} ${path}`));
  const beyond = rows.filter(row => !documented.has(`${row.method} /emsp/v1${row.path}`));
  expect(beyond.map(keyOf)).toEqual(['GET /locations/search', 'GET /push/config']);
  expect(routesBeyond).toHaveLength(beyond.length);
});

it('a driver who has charged has totals', () => {
  for (const answer of [...answers['PUT /users/{id}']!, answers['GET /users/{id}']![0]!]) {
    expect(answer.body.data).toMatchObject({ totalSessions: 1, totalEnergyKwh: 8, currency: 'USD' });
    expect(answer.body.data.totalSpent).toBeGreaterThan(0);
  }
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
