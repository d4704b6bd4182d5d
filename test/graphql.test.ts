import { getIntrospectionQuery } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { globalId } from './support/global-id.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
const logLines: string[] = [];
const UIDS = ['DEMO-AC-01', 'DEMO-AC-02', 'DEMO-DC-01', 'DEMO-DC-02'];
const SESSIONS = 12;

beforeAll(async () => {
  server = await startTestServer({ logLines });
  for (const [index, uid] of UIDS.entries()) {
    const station = await bootedStation(server, uid);
    // at each hour four charges start in the same moment: equals in the list's order
    for (let hour = 1; hour <= SESSIONS / UIDS.length; hour++) {
      await playCharge(station, {
        idTag: index % 2 ? server.demo.idTag : server.demo.driver.idTag,
        meterStart: hour * 10_000,
        at: `2026-06-18T0${hour}:00:00Z`,
        steps: [{ minute: 10, meter: hour * 10_000 + 2_000, powerW: 11_000 }],
        stop: { minute: 20, meter: hour * 10_000 + 4_000 },
      });
    }
    await station.close();
  }
});
afterAll(() => server?.close());

interface Connection {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const PAGE = `totalCount nodes { id } edges { cursor }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

async function page(list: string, args: object): Promise<Connection> {
  const { data, errors } = await server.graphql<{ page: Connection }>(
    `query ($first: Int, $after: String, $last: Int, $before: String) {
       page: ${list}(first: $first, after: $after, last: $last, before: $before) { ${PAGE} } }`,
    args,
  );
  if (errors) throw Object.assign(new Error(errors[0]!.message), { extensions: errors[0]!.extensions });
  return data.page;
}

const ids = (connection: Connection) => connection.nodes.map(node => node.id);

describe.each([
  ['chargers', 8, 3],
  ['sessions', SESSIONS, 5],
  ['transactions', SESSIONS, 5],
  ['tariffs', 4, 3],
  ['locations', 3, 2],
  ['drivers', 2, 1],
  ['apiKeys', 2, 1],
])('the list %s', (list, total, size) => {
  it('read forward and backward page by page gives every row once, in the one order', async () => {
    const whole = ids(await page(list, {}));
    expect(whole.length).toBe(total);
    const pages = Math.ceil(total / size);

    const forward: string[] = [];
    let after: string | null = null;
    for (let number = 1; number <= pages; number++) {
      const connection: Connection = await page(list, { first: size, after });
      expect(connection.totalCount).toBe(total);
      expect(connection.pageInfo.hasPreviousPage).toBe(number > 1);
      expect(connection.pageInfo.hasNextPage).toBe(number < pages);
      expect(connection.pageInfo.startCursor).toBe(connection.edges[0]!.cursor);
      forward.push(...ids(connection));
      after = connection.pageInfo.endCursor;
    }
    expect(forward).toEqual(whole);
    expect(await page(list, { first: size, after })).toMatchObject({
      nodes: [],
      pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
    });

    const backward: string[] = [];
    let before: string | null = null;
    for (let number = 1; number <= pages; number++) {
      const connection: Connection = await page(list, { last: size, before });
      expect(connection.pageInfo.hasPreviousPage).toBe(number < pages);
      expect(connection.pageInfo.hasNextPage).toBe(number > 1);
      backward.unshift(...ids(connection));
      before = connection.pageInfo.startCursor;
    }
    expect(backward).toEqual(whole);
  });

  it('between two cursors gives what stands between them', async () => {
    const whole = await page(list, {});
    const [first, last] = [whole.edges[0]!.cursor, whole.edges.at(-1)!.cursor];
    expect(ids(await page(list, { after: first, before: last }))).toEqual(ids(whole).slice(1, -1));
  });

  it.each([
    ['no cursor at all', () => 'nonsense'],
    ['base64 of something else', () => Buffer.from('{"a":1}').toString('base64url')],
    ['a key of the wrong types', () => Buffer.from('["2026-13-45","abc"]').toString('base64url')],
    ['a key with what no text may hold', () => Buffer.from('["a\\u0000b","x"]').toString('base64url')],
  ])('a cursor that is %s is refused by name', async (_, cursor) => {
    for (const side of ['after', 'before']) {
      await expect(page(list, { [side]: cursor() })).rejects.toMatchObject({
        message: `${side}: is no cursor of this list`,
        extensions: { code: 'validation_error', details: [{ field: side }] },
      });
    }
  });

  it.each([
    [{ first: -1 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ last: 101 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
  ])('%o is refused, naming the argument', async (args, field) => {
    await expect(page(list, args)).rejects.toMatchObject({
      extensions: { code: 'validation_error', details: [{ field }] },
    });
  });

  it('of no rows is asked for its count alone', async () => {
    expect(await page(list, { first: 0 })).toMatchObject({ totalCount: total, nodes: [] });
  });
});

it('a cursor of another list is refused', async () => {
  const chargers = await page('chargers', {});
  await expect(page('sessions', { after: chargers.pageInfo.endCursor })).rejects.toMatchObject({
    message: 'after: is no cursor of this list',
  });
});

it('a row that comes while one reads shifts no page: pages hang on keys, not on numbers', async () => {
  const first = await page('chargers', { first: 3 });
  const rest = ids(await page('chargers', {})).slice(3);
  const added = await server.graphql<{ created: { charger: { id: string } } }>(
    `mutation ($input: CreateChargerInput!) {
       created: createCharger(input: $input) { ... on ChargerCredentials { charger { id } } } }`,
    { input: { uid: 'AAA-FIRST', connectors: [CONNECTOR] } },
  );
  expect(added.errors).toBeUndefined();
  expect(ids(await page('chargers', { after: first.pageInfo.endCursor }))).toEqual(rest);
  await server.sql(
    `delete from connectors where charger_id in (select id from chargers where uid = 'AAA-FIRST')`,
  );
  await server.sql(`delete from chargers where uid = 'AAA-FIRST'`);
});

const CONNECTOR = {
  number: 1,
  standard: 'IEC_62196_T2',
  format: 'SOCKET',
  powerType: 'AC_3_PHASE',
  maxVoltageV: 400,
  maxCurrentA: 32,
  maxPowerW: 22000,
};

describe('filters', () => {
  const count = async (list: string, type: string, filter: object): Promise<number> => {
    const { data, errors } = await server.graphql<{ list: { totalCount: number; nodes: object[] } }>(
      `query ($filter: ${type}) { list: ${list}(filter: $filter) { totalCount nodes { id } } }`,
      { filter },
    );
    if (errors) throw Object.assign(new Error(errors[0]!.message), { extensions: errors[0]!.extensions });
    expect(data.list.nodes.length).toBe(data.list.totalCount);
    return data.list.totalCount;
  };
  const charger = () => globalId('Charger', demoCharger(server, 'DEMO-AC-01').id);
  const location = async (name: string) => {
    const [row] = await server.sql<{ id: string }>('select id from locations where name = $1', [name]);
    return globalId('Location', row!.id);
  };

  it('sessions by charger, location, state and time, both bounds inclusive', async () => {
    expect(await count('sessions', 'SessionFilter', { chargerId: charger() })).toBe(3);
    expect(await count('sessions', 'SessionFilter', { locationId: await location('Harbour Garage') })).toBe(
      6,
    );
    expect(await count('sessions', 'SessionFilter', { status: 'COMPLETED' })).toBe(SESSIONS);
    expect(await count('sessions', 'SessionFilter', { status: 'ACTIVE' })).toBe(0);
    const window = { from: '2026-06-18T01:00:00Z', to: '2026-06-18T02:00:00Z' };
    expect(await count('sessions', 'SessionFilter', window)).toBe(8);
    expect(await count('sessions', 'SessionFilter', { ...window, from: '2026-06-18T01:00:00.001Z' })).toBe(4);
    expect(await count('sessions', 'SessionFilter', { ...window, chargerId: charger() })).toBe(2);
  });

  it('chargers by state, location and whether they are public', async () => {
    expect(await count('chargers', 'ChargerFilter', { locationId: await location('Mountain Lodge') })).toBe(
      2,
    );
    expect(await count('chargers', 'ChargerFilter', { status: 'UNKNOWN' })).toBe(4);
    expect(await count('chargers', 'ChargerFilter', { isPublic: false })).toBe(0);
  });

  it('transactions by driver, payment and time', async () => {
    const [driver] = await server.sql<{ id: string }>(`select id from drivers where email like 'maya%'`);
    const driverId = globalId('Driver', driver!.id);
    expect(await count('transactions', 'TransactionFilter', { driverId })).toBe(6);
    expect(await count('transactions', 'TransactionFilter', { paymentStatus: 'NONE' })).toBe(SESSIONS);
    expect(await count('transactions', 'TransactionFilter', { paymentStatus: 'CAPTURED' })).toBe(0);
    expect(await count('transactions', 'TransactionFilter', { from: '2026-06-18T02:20:00Z' })).toBe(8);
  });

  it('a window that ends before it begins is refused', async () => {
    const window = { from: '2026-06-18T02:00:00Z', to: '2026-06-18T01:00:00Z' };
    await expect(count('sessions', 'SessionFilter', window)).rejects.toMatchObject({
      extensions: { details: [{ field: 'from' }] },
    });
  });
});

describe('the statements that a query costs', () => {
  /** What the process does besides, all the time: the event reader, its sign of life, the tenant at each checkout. */
  const ITS_OWN = /with page as|"nodes"|charger_connections.*node_id" is not null|set_config/;

  async function statements(query: string, first: number): Promise<number> {
    server.statements.length = 0;
    const { data, errors } = await server.graphql<{ list: { nodes: object[] } }>(query, { first });
    expect(errors).toBeUndefined();
    expect(data.list.nodes.length).toBe(first);
    return server.statements.filter(sql => !ITS_OWN.test(sql)).length;
  }

  /** Of three times: its jobs, which come and go, send some of their own. */
  async function fewest(query: string, first: number): Promise<number> {
    const counts = [];
    for (let time = 0; time < 3; time++) counts.push(await statements(query, first));
    return Math.min(...counts);
  }

  it.each([
    [
      'chargers with connectors, location and network',
      'chargers',
      8,
      'uid status isOnline connectorCount connectors { number charger { uid } } location { name } network { name }',
    ],
    [
      'sessions with charger, connector, location, driver, token, tariff, transaction and bill',
      'sessions',
      SESSIONS,
      `status energyWh charger { uid connectors { number } } connector { number } location { name } network { name }
       driver { email tokens { uid } } token { uid driver { email } } tariff { name }
       transaction { ocpiId } bill { total { amount } }`,
    ],
    [
      'transactions with session, driver and location',
      'transactions',
      SESSIONS,
      'ocpiId session { status charger { uid } } driver { email } location { name } network { name }',
    ],
    ['drivers with tokens', 'drivers', 2, 'email tokens { uid } network { name }'],
  ])('does not grow with the rows: %s', async (_, list, most, fields) => {
    const query = `query ($first: Int) { list: ${list}(first: $first) { nodes { ${fields} } } }`;
    const few = await fewest(query, 1);
    const many = await fewest(query, most);
    expect(few).toBeGreaterThan(1);
    expect(many).toBe(few);
  });
});

describe('errors', () => {
  const createTariff = (input: object) =>
    server.graphql<{ result: object }>(
      `mutation ($input: CreateTariffInput!) { result: createTariff(input: $input) {
         __typename
         ... on Error { code message }
         ... on ValidationError { details { field message } }
         ... on Tariff { code } } }`,
      { input: { code: 'NEW', name: 'New', currency: 'USD', ...input } },
    );

  it.each([
    [{ energyRate: '-1' }, 'energyRate'],
    [{ code: 'two words' }, 'code'],
    [{ name: ' ' }, 'name'],
    [{ currency: 'XYZ' }, 'currency'],
    [{ idleGraceSeconds: -1 }, 'idleGraceSeconds'],
    [{ minimumSessionFee: '5', maximumSessionFee: '4' }, 'minimumSessionFee'],
    [{ effectiveFrom: '2026-01-02T00:00:00Z', effectiveTo: '2026-01-01T00:00:00Z' }, 'effectiveTo'],
  ])('input that cannot be used, %o, is a ValidationError that names its field', async (input, field) => {
    const { data, errors } = await createTariff(input);
    expect(errors).toBeUndefined();
    expect(data.result).toEqual({
      __typename: 'ValidationError',
      code: 'validation_error',
      message: expect.stringContaining(`${field}: `),
      details: [{ field, message: expect.any(String) }],
    });
  });

  it('what is expected is a member of the result’s union, under its own name', async () => {
    expect((await createTariff({ code: 'STANDARD' })).data.result).toEqual({
      __typename: 'ConflictError',
      code: 'conflict',
      message: 'The code "STANDARD" is taken.',
    });
    const chargerId = globalId('Charger', demoCharger(server, 'DEMO-OWN-01').id);
    const { data } = await server.graphql<{ result: object }>(
      `mutation ($input: StartSessionInput!) {
         result: startSession(input: $input) { __typename ... on ChargerOfflineError { code } } }`,
      { input: { chargerId, idTag: server.demo.idTag } },
    );
    expect(data.result).toEqual({ __typename: 'ChargerOfflineError', code: 'charger_offline' });
  });

  it.each([
    ['a field that is not there', '{ chargers { nodes { colour } } }', 'Cannot query field "colour"'],
    ['a syntax error', '{ chargers {', 'Syntax Error'],
    ['a DateTime that is none', '{ sessions(filter: { from: "yesterday" }) { totalCount } }', 'ISO 8601'],
    ['an id that is none', '{ sessions(filter: { chargerId: "abc" }) { totalCount } }', 'Invalid global ID'],
  ])('%s is told plainly', async (_, query, message) => {
    const { errors } = await server.graphql(query);
    expect(errors?.[0]?.message).toContain(message);
    expect(errors?.[0]?.extensions?.code).not.toBe('internal_error');
  });

  describe('that nobody expects', () => {
    afterEach(() => server.sql('alter table if exists tariffs_away rename to tariffs'));

    it('tell nothing but the request’s id, which is in the log beside the cause', async () => {
      await server.sql('alter table tariffs rename to tariffs_away');
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-api-key': server.demo.apiKey,
          'x-request-id': 'my-request-42',
        },
        body: JSON.stringify({ query: '{ tariffs { totalCount } }' }),
      });
      expect(response.headers.get('x-request-id')).toBe('my-request-42');
      const text = await response.text();
      expect(JSON.parse(text).errors[0]).toMatchObject({
        message: 'Internal error (request my-request-42).',
        path: ['tariffs'],
        extensions: { code: 'internal_error', requestId: 'my-request-42' },
      });
      expect(text).not.toMatch(/relation|select|stack|tariffs_away|node_modules/);
      const logged = logLines
        .map(line => JSON.parse(line))
        .filter(line => line.requestId === 'my-request-42');
      expect(logged.some(line => /relation "tariffs" does not exist/.test(line.err?.message))).toBe(true);
    });

    it('in a mutation are no member of its union either', async () => {
      await server.sql('alter table tariffs rename to tariffs_away');
      const { data, errors } = await createTariff({});
      expect(data).toBeNull();
      expect(errors?.[0]?.extensions.code).toBe('internal_error');
    });
  });

  it('every answer carries a request id: the caller’s own where it is sensible, else a new one', async () => {
    const idFor = async (sent?: string) => {
      const response = await fetch(`${server.url}/graphql?query={__typename}`, {
        headers: { 'x-api-key': server.demo.apiKey, ...(sent !== undefined && { 'x-request-id': sent }) },
      });
      return response.headers.get('x-request-id');
    };
    expect(await idFor('abc-1')).toBe('abc-1');
    expect(await idFor()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('two words')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('limits', () => {
  const nested = (levels: number, size = 100): string =>
    levels === 0
      ? 'uid'
      : `uid location { chargers(first: ${size}) { nodes { ${nested(levels - 1, size)} } } }`;

  it.each([
    ['too deep', `{ chargers(first: 1) { nodes { ${nested(6, 1)} } } }`],
    ['lists within lists within lists', `{ chargers(first: 100) { nodes { ${nested(2)} } } }`],
    [
      'the same through fragments',
      `{ chargers(first: 100) { nodes { ...A } } }
       fragment A on Charger { location { chargers(first: 100) { edges { node { ...B } } } } }
       fragment B on Charger { location { chargers(last: 100) { nodes { uid } } } }`,
    ],
    [
      'the same with sizes in variables',
      `query ($n: Int) { chargers(first: $n) { nodes { location { chargers(first: $n) { nodes {
         location { chargers(first: $n) { nodes { uid } } } } } } } } }`,
    ],
    [
      'too many aliases',
      `{ ${Array.from({ length: 40 }, (_, n) => `a${n}: networks { totalCount }`).join(' ')} }`,
    ],
    ['too many tokens', `{ ${'__typename '.repeat(6_000)} }`],
    ['fragments in a circle', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
  ])('a query that is %s is refused before it reaches the database', async (_, query) => {
    server.statements.length = 0;
    const { data, errors } = await server.graphql(query, { n: 100 });
    expect(data).toBeUndefined();
    expect(errors?.length).toBeGreaterThan(0);
    expect(server.statements.filter(sql => /from "(chargers|locations)"/.test(sql))).toEqual([]);
  });

  it('what people do ask for passes: a list within a list, and the introspection of tools', async () => {
    const usual = await server.graphql(
      '{ locations(first: 20) { nodes { name chargers(first: 100) { nodes { uid status } } } } }',
    );
    expect(usual.errors).toBeUndefined();
    const introspection = await server.graphql<{ __schema: object }>(getIntrospectionQuery());
    expect(introspection.errors?.[0]?.message).toBeUndefined();
    expect(introspection.data.__schema).toBeTypeOf('object');
  });
});

describe('a browser', () => {
  it('that opens /graphql gets GraphiQL', async () => {
    const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const html = await response.text();
    expect(html).toContain('<title>Chargegraph</title>');
    expect(html).toContain('query Chargers');
  });

  it('a mutation by GET is refused: no link changes anything', async () => {
    const query = encodeURIComponent('mutation { revokeApiKey(id: "x") { __typename } }');
    const response = await fetch(`${server.url}/graphql?query=${query}`, {
      headers: { 'x-api-key': server.demo.apiKey },
    });
    expect(response.status).toBe(405);
  });
});

it('lets a key that may start charges, and read nothing else, read the charge that it started', async () => {
  const { data } = await server.graphql<{ key: { secret: string } }>(
    `mutation ($network: ID!) {
      key: createApiKey(input: { name: "Control", kind: OPERATOR, scopes: [CONTROL], networkId: $network }) {
        ... on CreateApiKeyPayload { secret }
      }
    }`,
    { network: Buffer.from(`Network:${server.demo.networkId}`).toString('base64') },
  );
  const headers = { 'x-api-key': data.key.secret };
  const charger = Buffer.from(`Charger:${server.demo.chargers[0]!.id}`).toString('base64');
  const start = `mutation ($charger: ID!, $tag: String!) {
    startSession(input: { chargerId: $charger, connectorNumber: 1, idTag: $tag }) {
      ... on Session { status charger { uid } } ... on Error { code }
    }
  }`;
  const { bootedStation } = await import('./support/charge.ts');
  const station = await bootedStation(server, server.demo.chargers[0]!.uid);
  const started = server.graphql(start, { charger, tag: server.demo.driver.idTag }, headers);
  const call = await station.expectCall('RemoteStartTransaction');
  station.reply(call.id, { status: 'Accepted' });
  expect((await started).data).toEqual({
    startSession: { status: 'PENDING', charger: { uid: server.demo.chargers[0]!.uid } },
  });
  const read = await server.graphql('{ chargers { totalCount } }', {}, headers);
  expect(read.errors?.[0]?.extensions.code).toBe('forbidden');
  await station.close();
});
