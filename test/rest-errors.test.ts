import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../rest-compat/row.ts';
import { rows } from '../rest-compat/rows.ts';
import { newSecret } from '../src/auth/api-key-secret.ts';
import { KEY_SCOPES, type KeyScope } from '../src/auth/viewer.ts';
import { bootedStation, playCharge } from './support/charge.ts';
import { type ContractField, documentedRoute } from './support/contract.ts';
import { eventually } from './support/eventually.ts';
import { globalId, rowId } from './support/global-id.ts';
import { type RestAnswer, type RestOptions, startTestServer, type TestServer } from './support/server.ts';

const MAX_BODY_BYTES = 256 * 1024;
const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';

/** A request that gets past every check but, where it says so, that of the charger's state. */
interface GoodRequest {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly status: 200 | 409;
}

let server: TestServer;
let good: Record<string, GoodRequest>;
beforeAll(async () => {
  server = await startTestServer();
  const station = await bootedStation(server, 'DEMO-AC-01');
  for (const day of ['18', '19', '20']) {
    await playCharge(station, {
      idTag: server.demo.idTag,
      at: `2026-06-${day}T10:00:00.250Z`,
      steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
      stop: { minute: 20, meter: 8_000 },
    });
  }
  await station.close();
  const firstId = async (path: string): Promise<string> => (await server.rest('GET', path)).body.data[0].id;
  const chargerId = server.demo.chargers[1]!.id;
  const [sessionId, tariffId, transactionId] = await Promise.all(
    ['/charging/sessions', '/tariffs', '/transactions'].map(firstId),
  );
  good = {
    'GET /chargers': { path: '/chargers', status: 200 },
    'GET /chargers/{id}': { path: `/chargers/${chargerId}`, status: 200 },
    'GET /charging/sessions': { path: '/charging/sessions', status: 200 },
    'GET /charging/sessions/{id}': { path: `/charging/sessions/${sessionId}`, status: 200 },
    'POST /charging/start': {
      path: '/charging/start',
      body: { chargerId, connectorNumber: 1, idTag: server.demo.idTag },
      status: 409,
    },
    'POST /charging/stop': { path: '/charging/stop', body: { sessionId }, status: 200 },
    'POST /pricing/calculate': {
      path: '/pricing/calculate',
      body: { tariffId, chargerId: null, energyKwh: 10, durationMinutes: 20, idleMinutes: 5 },
      status: 200,
    },
    'GET /tariffs': { path: '/tariffs', status: 200 },
    'GET /tariffs/{id}': { path: `/tariffs/${tariffId}`, status: 200 },
    'GET /transactions': { path: '/transactions', status: 200 },
    'GET /transactions/{id}': { path: `/transactions/${transactionId}`, status: 200 },
  };
});
afterAll(() => server.close());

const keyOf = (row: Row): string => `${row.method} ${row.path}`;
const hasIds = (row: Row): boolean => row.path.includes('{');
const isList = (row: Row): boolean => documented(row, 'query').some(({ name }) => name === 'page');

const documented = (row: Row, place: 'query' | 'body'): readonly ContractField[] => {
  const route = documentedRoute(row.method, row.path);
  return place === 'body' ? route.body : route.params.filter(parameter => parameter.in === 'query');
};

interface Change extends RestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
}

/** The row's good request, with what is to be wrong with it. */
function send(row: Row, { method = row.method, path, query, ...options }: Change = {}): Promise<RestAnswer> {
  const request = good[keyOf(row)]!;
  const url = (path ?? request.path) + (query ? `?${query}` : '');
  const hasBody = request.body !== undefined && method === row.method;
  return server.rest(method, url, { ...(hasBody && { body: request.body }), ...options });
}

function expectError(answer: RestAnswer, status: number, slug: string): void {
  const { error, message, code, timestamp, details, ...more } = answer.body;
  expect({ status: answer.status, error, code, more }).toEqual({ status, error: slug, code: slug, more: {} });
  expect(message).toMatch(/\S/);
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect('details' in answer.body).toBe(slug === 'validation_error');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('x-request-id')).toMatch(/\S/);
}

/** A 400 that names this field, and no other. */
function expectProblem(answer: RestAnswer, field: string): void {
  expectError(answer, 400, 'validation_error');
  expect(answer.body.details).toEqual([{ field, message: expect.stringMatching(/\S/) }]);
  expect(answer.body.message).toContain(field);
}

const mistyped = (key: string): string => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;

async function makeKey(kind: 'OPERATOR' | 'APP', scopes: readonly KeyScope[]) {
  const answer = await server.graphql<{ result: { apiKeyId: string; secret: string } }>(
    `mutation ($input: CreateApiKeyInput!) {
      result: createApiKey(input: $input) { ... on CreateApiKeyPayload { apiKeyId secret } }
    }`,
    {
      input: {
        name: 'Test',
        kind,
        scopes: scopes.map(scope => scope.toUpperCase()),
        networkId: globalId('Network', server.demo.networkId),
      },
    },
  );
  return answer.data.result;
}

describe.each(rows.map(row => [keyOf(row), row] as const))('%s', (_, row) => {
  it('answers its good request', async () => {
    const answer = await send(row);
    expect(answer.status).toBe(good[keyOf(row)]!.status);
  });

  it('is 401 without a key, and with one that is mistyped, unknown, revoked or expired', async () => {
    const revoked = await makeKey('OPERATOR', ['read', 'control']);
    const revocation = await server.graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', {
      id: revoked.apiKeyId,
    });
    expect(revocation.data).toEqual({ revokeApiKey: { __typename: 'ApiKey' } });
    const expired = await makeKey('OPERATOR', ['read', 'control']);
    await server.sql('update api_keys set expires_at = now() where id = $1', [rowId(expired.apiKeyId)]);
    for (const bad of [
      null,
      'nonsense',
      mistyped(server.demo.apiKey),
      newSecret(),
      revoked.secret,
      expired.secret,
    ]) {
      expectError(await send(row, { apiKey: bad }), 401, 'unauthorized');
    }
  });

  it('is 403 forbidden for a key that lacks just its scope', async () => {
    const others = KEY_SCOPES.filter(scope => scope !== row.access.scope && scope !== 'platform');
    const { secret } = await makeKey('OPERATOR', others);
    expectError(await send(row, { apiKey: secret }), 403, 'forbidden');
  });

  it(`is ${row.access.audience === 'public' ? 'open to' : '403 driver_required for'} an app key without a driver`, async () => {
    const { secret } = await makeKey('APP', ['read', 'write', 'control']);
    const answer = await send(row, { apiKey: secret });
    if (row.access.audience === 'public') expect(answer.status).toBe(200);
    else expectError(answer, 403, 'driver_required');
  });

  it('is 405 with Allow for every other method, before anything else is looked at', async () => {
    const served = rows.filter(other => other.path === row.path).map(other => other.method as string);
    const allowed = [...served, ...(served.includes('GET') ? ['HEAD'] : [])];
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      if (allowed.includes(method)) continue;
      const takesBody = method !== 'GET';
      const answer = await send(row, {
        method,
        apiKey: null,
        query: 'page=x',
        headers: { 'content-type': 'text/plain' },
        ...(takesBody && { body: 'x'.repeat(MAX_BODY_BYTES + 1) }),
      });
      expectError(answer, 405, 'method_not_allowed');
      expect(answer.headers.get('allow')).toBe(allowed.join(', '));
    }
  });

  it('keeps the order: 401 before 403, 404 and 400', async () => {
    const path = row.path.replaceAll(/\{\w+\}/g, 'no-uuid');
    const wrong = { path, query: 'page=x&from=x', ...(row.body && { body: '{' }) };
    expectError(await send(row, { ...wrong, apiKey: null }), 401, 'unauthorized');
    const others = KEY_SCOPES.filter(scope => scope !== row.access.scope && scope !== 'platform');
    const { secret } = await makeKey('OPERATOR', others);
    expectError(await send(row, { ...wrong, apiKey: secret }), 403, 'forbidden');
  });

  it('ignores query parameters that are not documented', async () => {
    const answer = await send(row, { query: 'colour=red&__proto__=1&constructor=2' });
    expect(answer.status).toBe(good[keyOf(row)]!.status);
  });

  it('echoes a sensible X-Request-Id, and makes one where there is none', async () => {
    const echoed = await send(row, { headers: { 'x-request-id': 'caller-0042' } });
    expect(echoed.headers.get('x-request-id')).toBe('caller-0042');
    const refused = await send(row, { apiKey: null, headers: { 'x-request-id': 'caller-0043' } });
    expect(refused.headers.get('x-request-id')).toBe('caller-0043');
    for (const id of [undefined, 'two words', 'x'.repeat(129)]) {
      const answer = await send(row, id === undefined ? {} : { headers: { 'x-request-id': id } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

const withIds = rows.filter(hasIds);
describe.each(withIds.map(row => [keyOf(row), row] as const))('%s, which names a resource', (_, row) => {
  const paths = (id: string) => row.path.replaceAll(/\{\w+\}/g, id);

  it('is 404 for an id that is no UUID, and for one that nothing has', async () => {
    for (const id of [
      '1',
      'no-uuid',
      `${UNKNOWN_ID}0`,
      '%00',
      '%C3%A9',
      "'",
      'x'.repeat(500),
      globalId('Charger', UNKNOWN_ID),
    ]) {
      expectError(await send(row, { path: paths(id) }), 404, 'not_found');
    }
    expectError(await send(row, { path: paths(UNKNOWN_ID) }), 404, 'not_found');
  });

  it('is 404 for the id of something else', async () => {
    const others = withIds
      .filter(other => other !== row)
      .map(other => good[keyOf(other)]!.path.split('/').at(-1)!);
    expect(others.length).toBeGreaterThan(0);
    for (const id of others) expectError(await send(row, { path: paths(id) }), 404, 'not_found');
  });

  it('takes the id in either case', async () => {
    const { path } = good[keyOf(row)]!;
    const id = path.split('/').at(-1)!;
    const answer = await send(row, { path: path.replace(id, id.toUpperCase()) });
    expect(answer.status).toBe(200);
    expect(answer.body.data.id).toBe(id);
  });
});

const gets = rows.filter(row => row.method === 'GET');
it.each(gets.map(row => [keyOf(row), row] as const))(
  '%s: HEAD answers as GET does, without a body',
  async (_, row) => {
    const [got, head] = [await send(row), await send(row, { method: 'HEAD' })];
    expect(head.status).toBe(200);
    expect(head.body).toBe('');
    expect(head.headers.get('content-type')).toBe(got.headers.get('content-type'));
    expect((await send(row, { method: 'HEAD', apiKey: null })).status).toBe(401);
  },
);

const withBody = rows.filter(row => row.body);
describe.each(withBody.map(row => [keyOf(row), row] as const))('%s, which takes a body', (_, row) => {
  const tooLarge = JSON.stringify({ filler: 'x'.repeat(MAX_BODY_BYTES) });

  it('is 413 above 256 KiB, before the media type and the key are looked at', async () => {
    const large = { body: tooLarge, apiKey: null };
    expectError(await send(row, large), 413, 'payload_too_large');
    const asText = await send(row, { ...large, headers: { 'content-type': 'text/plain' } });
    expectError(asText, 413, 'payload_too_large');
  });

  it('is 413 above 256 KiB also where the length is not told beforehand', async () => {
    const response = await fetch(`${server.url}/emsp/v1${good[keyOf(row)]!.path}`, {
      method: row.method,
      headers: { 'content-type': 'application/json' },
      body: new Blob([tooLarge]).stream(),
      duplex: 'half',
    } as RequestInit);
    expectError(
      { status: response.status, headers: response.headers, body: await response.json() },
      413,
      'payload_too_large',
    );
  });

  it('takes a body of 256 KiB', async () => {
    const { body, status } = good[keyOf(row)]!;
    const filler = 'x'.repeat(MAX_BODY_BYTES - JSON.stringify({ ...body, filler: '' }).length);
    expect((await send(row, { body: { ...body, filler } })).status).toBe(status);
  });

  it('is 415 for anything but JSON, before the key is looked at', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'json', '']) {
      const answer = await send(row, { body: '{}', apiKey: null, headers: { 'content-type': type } });
      expectError(answer, 415, 'unsupported_media_type');
    }
    const { status } = good[keyOf(row)]!;
    const charset = { 'content-type': 'application/json; charset=utf-8' };
    expect((await send(row, { headers: charset })).status).toBe(status);
  });

  it('is 400 invalid_json for what is no JSON', async () => {
    for (const body of ['{', 'nonsense', '{"a":1,}', '{} {}', "{'a':1}"]) {
      expectError(await send(row, { body }), 400, 'invalid_json');
    }
  });

  it('is 400 for JSON that is no object', async () => {
    for (const body of ['null', '[]', '"text"', '5', 'true'])
      expectProblem(await send(row, { body }), 'body');
  });

  it('names what is missing of a body that is left out', async () => {
    const answer = await send(row, { body: '' });
    expectError(answer, 400, 'validation_error');
    const missing = answer.body.details.map(({ field }: { field: string }) => field);
    expect(missing.length).toBeGreaterThan(0);
    expect(Object.keys(good[keyOf(row)]!.body!)).toEqual(expect.arrayContaining(missing));
  });

  it('ignores members that are not documented', async () => {
    const { body, status } = good[keyOf(row)]!;
    const members = JSON.stringify({ ...body, colour: 'red' }).replace('{', '{"__proto__":{"isAdmin":true},');
    expect((await send(row, { body: members })).status).toBe(status);
  });
});

/** Values that each documented type refuses. */
const WRONG_QUERY: Record<string, readonly string[]> = {
  page: ['0', '-1', '1.5', '1e2', 'x', '', ' 1', '2147483648'],
  pageSize: ['0', '101', '-1', '1.5', 'x', ''],
  boolean: ['yes', '1', 'TRUE', ''],
  uuid: ['x', '', `${UNKNOWN_ID}0`, globalId('Charger', UNKNOWN_ID)],
  'date-time': [
    'yesterday',
    '',
    '2026-13-01T00:00:00Z',
    '2026-06-19T18:42:09',
    '+123456-01-01T00:00:00Z',
    '-000001-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
  ],
  string: ['nonsense', '', 'nul\0'],
};
const WRONG_BODY: Record<string, readonly unknown[]> = {
  uuid: ['x', '', 5, {}, []],
  integer: ['1', 1.5, true, 0, -1, 2 ** 31],
  number: ['1', true, -1, [1]],
  string: [5, true, {}, '', ' ', 'nul\0'],
};
const wrongFor = <Value>(table: Record<string, readonly Value[]>, field: ContractField): readonly Value[] =>
  table[field.name] ?? table[field.format ?? ''] ?? table[field.type] ?? [];

const queryFields = rows.flatMap(row =>
  documented(row, 'query').map(field => [keyOf(row), field.name, row, field] as const),
);
describe.each(queryFields)('%s?%s', (_, name, row, field) => {
  it('is 400 naming the parameter for each wrong value, and where it is given twice', async () => {
    const wrong = wrongFor(WRONG_QUERY, field);
    expect(wrong.length).toBeGreaterThan(2);
    for (const value of wrong) {
      expectProblem(await send(row, { query: `${name}=${encodeURIComponent(value)}` }), name);
    }
    expectProblem(await send(row, { query: `${name}=1&${name}=1` }), name);
  });
});

const bodyFields = rows.flatMap(row =>
  documented(row, 'body').map(field => [keyOf(row), field.name, row, field] as const),
);
describe.each(bodyFields)('%s { %s }', (_, name, row, field) => {
  it('is 400 naming the member for each wrong value', async () => {
    const { body } = good[keyOf(row)]!;
    const wrong = wrongFor(WRONG_BODY, field);
    expect(wrong.length).toBeGreaterThan(2);
    for (const value of wrong) expectProblem(await send(row, { body: { ...body, [name]: value } }), name);
  });

  it('counts null as left out', async () => {
    const { [name]: _left, ...rest } = good[keyOf(row)]!.body!;
    const [absent, asNull] = [
      await send(row, { body: rest }),
      await send(row, { body: { ...rest, [name]: null } }),
    ];
    expect(asNull.status).toBe(absent.status);
    expect({ ...asNull.body, timestamp: '' }).toEqual({ ...absent.body, timestamp: '' });
    if (absent.status === 400) expectProblem(absent, name);
  });
});

const lists = rows.filter(isList);
describe.each(lists.map(row => [keyOf(row), row] as const))('%s, a list', (_, row) => {
  it('has pages of 1 to 100', async () => {
    const all = (await send(row)).body;
    const size = all.data.length;
    expect(size).toBeGreaterThan(1);
    expect((await send(row, { query: 'page=1&pageSize=100' })).body.data).toEqual(all.data);
    const singly: unknown[] = [];
    for (let page = 1; page <= size; page++) {
      const { data, pagination } = (await send(row, { query: `page=${page}&pageSize=1` })).body;
      singly.push(...data);
      if (!all.pagination) continue;
      expect(pagination).toEqual({
        totalCount: size,
        page,
        pageSize: 1,
        totalPages: size,
        hasNextPage: page < size,
        hasPreviousPage: page > 1,
      });
    }
    expect(singly).toEqual(all.data);
  });

  it('is empty past its end, with its true totals', async () => {
    const { data: all, pagination: totals } = (await send(row)).body;
    for (const page of [2, 1_000_000, 2 ** 31 - 1]) {
      const { status, body } = await send(row, { query: `page=${page}&pageSize=100` });
      expect(status).toBe(200);
      expect(body.data).toEqual([]);
      expect(body.pagination).toEqual(
        totals && {
          totalCount: all.length,
          page,
          pageSize: 100,
          totalPages: 1,
          hasNextPage: false,
          hasPreviousPage: true,
        },
      );
    }
  });
});

const windows = rows.filter(row => documented(row, 'query').some(({ name }) => name === 'from'));
describe.each(windows.map(row => [keyOf(row), row] as const))('%s, within a window', (_, row) => {
  it('is 400 where from is after to', async () => {
    const answer = await send(row, { query: 'from=2026-06-19T00:00:01Z&to=2026-06-19T00:00:00Z' });
    expectProblem(answer, 'from');
  });

  it('takes both ends in: the times that it shows find what they were shown for', async () => {
    const member = row.path === '/transactions' ? 'endTime' : 'startTime';
    const [, middle] = (await send(row)).body.data;
    const at = middle[member];
    const { data } = (await send(row, { query: `from=${at}&to=${at}` })).body;
    expect(data).toEqual([middle]);
  });

  it('takes an instant of any zone', async () => {
    const local = encodeURIComponent('2026-06-19T00:00:00-04:00');
    const [zoned, utc] = [
      await send(row, { query: `from=${local}` }),
      await send(row, { query: 'from=2026-06-19T04:00:00Z' }),
    ];
    expect(zoned.body.data).toEqual(utc.body.data);
    expect(utc.body.data).toHaveLength(2);
  });
});

const byStatus = rows.filter(row => documented(row, 'query').some(({ name }) => name === 'status'));
const A_STATUS: Record<string, string> = {
  'GET /chargers': 'AVAILABLE',
  'GET /charging/sessions': 'completed',
  'GET /transactions': 'none',
};
it.each(byStatus.map(row => [keyOf(row), row] as const))(
  '%s: the status filter ignores case',
  async (key, row) => {
    const status = A_STATUS[key]!;
    const { data } = (await send(row, { query: `status=${status}` })).body;
    expect(data.length).toBeGreaterThan(0);
    for (const written of [
      status.toLowerCase(),
      status.toUpperCase(),
      status[0]!.toUpperCase() + status.slice(1).toLowerCase(),
    ]) {
      expect((await send(row, { query: `status=${written}` })).body.data).toEqual(data);
    }
  },
);

it('refuses a mistyped key by its checksum, without a look-up', async () => {
  const ask = (apiKey: string) => server.rest('GET', '/chargers', { apiKey });
  const owner = new pg.Client({ connectionString: server.databaseUrl });
  await owner.connect();
  await owner.query('begin; lock table api_keys in access exclusive mode');
  expectError(await ask(mistyped(server.demo.apiKey)), 401, 'unauthorized');
  const lookedUp = ask(newSecret());
  const waiting = "select from pg_locks where not granted and relation = 'api_keys'::regclass";
  await eventually(async () => (await server.sql(waiting)).length === 1);
  await owner.end();
  expectError(await lookedUp, 401, 'unauthorized');
});

it('400 of the body comes before 409 of the state, 409 of the charger after its 404', async () => {
  const start = rows.find(row => row.path === '/charging/start')!;
  const { body } = good['POST /charging/start']!;
  expectError(await send(start), 409, 'charger_offline');
  expectProblem(await send(start, { body: { ...body, idTag: 5 } }), 'idTag');
  expectError(await send(start, { body: { ...body, chargerId: UNKNOWN_ID } }), 404, 'not_found');
});

it('answers a path that is no route with 404, whatever it looks like', async () => {
  for (const path of ['/nothing', '/chargers/%ZZ', '/', '', '/chargers/a/b', '/../chargers%']) {
    for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND']) {
      expectError(
        await server.rest(method, path, { headers: { 'x-request-id': 'caller-1' } }),
        404,
        'not_found',
      );
    }
  }
});

it('leaves no row out of a case that applies to it', () => {
  const count = (applies: (row: Row) => boolean) => rows.filter(applies).length;
  expect(Object.keys(good).sort()).toEqual(rows.map(keyOf).sort());
  expect(withIds).toHaveLength(
    count(row => documentedRoute(row.method, row.path).params.some(({ in: place }) => place === 'path')),
  );
  expect(withBody).toHaveLength(count(row => documentedRoute(row.method, row.path).body.length > 0));
  expect(gets).toHaveLength(rows.length - count(row => row.method !== 'GET'));
  expect(queryFields).toHaveLength(rows.reduce((sum, row) => sum + membersOf(row.query), 0));
  expect(bodyFields).toHaveLength(rows.reduce((sum, row) => sum + membersOf(row.body), 0));
  expect(Object.keys(A_STATUS).sort()).toEqual(byStatus.map(keyOf).sort());
  expect(lists).toHaveLength(count(row => row.query !== undefined));
});

const membersOf = (type: unknown): number =>
  Object.keys((type as { shape?: object } | undefined)?.shape ?? {}).length;
