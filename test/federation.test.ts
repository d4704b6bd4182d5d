import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { isIP, Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SUBGRAPHS } from '../schema/builder.ts';
import { printAll } from '../schema/print.ts';
import { startGateway } from '../src/server/federated-gateway.ts';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { globalId } from './support/global-id.ts';
import { chargeThere, makeOtherNetwork, type OtherNetwork } from './support/other-network.ts';
import { type GraphQLAnswer, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let other: OtherNetwork;
beforeAll(async () => {
  server = await startTestServer();
  other = await makeOtherNetwork(server);
  await chargeThere(server, other);
  const station = await bootedStation(server, 'DEMO-AC-01');
  await playCharge(station, {
    idTag: server.demo.idTag,
    at: '2026-06-18T10:00:00Z',
    steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
    stop: { minute: 20, meter: 8_000 },
  });
  await station.close();
});
afterAll(() => server?.close());

// biome-ignore lint/suspicious/noExplicitAny: answers are taken apart by the tests that know them
type Any = any;

async function ask(
  url: string,
  query: string,
  variables: object = {},
  apiKey: string | null = server.demo.apiKey,
): Promise<GraphQLAnswer<Any> & { status: number }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(apiKey && { 'x-api-key': apiKey }) },
    body: JSON.stringify({ query, variables }),
  });
  return { ...((await response.json()) as GraphQLAnswer<Any>), status: response.status };
}

describe('the printed schemas', () => {
  it('are what the code says, compose, and make up the whole graph', () => {
    const folder = new URL('../schema/printed/', import.meta.url);
    const committed = Object.fromEntries(
      readdirSync(folder).map(name => [name, readFileSync(new URL(name, folder), 'utf8')]),
    );
    const printed = printAll();
    expect(Object.keys(printed).sort()).toEqual(Object.keys(committed).sort());
    // compared one by one: a difference is shown in its place
    for (const [name, text] of Object.entries(printed)) expect(text, name).toBe(committed[name]);
    expect(Object.keys(printed).length).toBe(SUBGRAPHS.length + 2);
  });
});

describe('a subgraph', () => {
  const subgraph = (name: string) => `${server.url}/subgraphs/${name}`;
  const entities = (name: string, representations: object[], fields: string, apiKey?: string | null) =>
    ask(
      subgraph(name),
      `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${fields} } }`,
      { representations },
      apiKey,
    );

  it.each([...SUBGRAPHS])('%s is served, and tells its schema as printed', async name => {
    const { data, errors } = await ask(subgraph(name), '{ _service { sdl } }');
    expect(errors).toBeUndefined();
    const printed = readFileSync(new URL(`../schema/printed/${name}.graphql`, import.meta.url), 'utf8');
    expect(data._service.sdl.trim()).toBe(printed.trim());
  });

  it.each(['nothing', 'NETWORK', '__proto__', 'constructor', ''])('"%s" is not found', async name => {
    const response = await fetch(subgraph(name), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': server.demo.apiKey },
      body: '{"query":"{ __typename }"}',
    });
    expect(response.status).toBe(404);
  });

  it('resolves an entity by its key, several at once and in their order', async () => {
    const uids = ['DEMO-DC-01', 'DEMO-AC-01', 'DEMO-OWN-01'];
    const { data, errors } = await entities(
      'network',
      uids.map(uid => ({ __typename: 'Charger', id: globalId('Charger', demoCharger(server, uid).id) })),
      '... on Charger { uid location { name } }',
    );
    expect(errors).toBeUndefined();
    expect(data._entities.map((charger: { uid: string }) => charger.uid)).toEqual(uids);
  });

  it('a domain adds to another’s entity: the bill of a session is billing’s', async () => {
    const [session] = await server.sql<{ id: string; total: string }>(
      'select s.id, t.total::text from sessions s join transactions t on t.session_id = s.id where s.network_id = $1',
      [server.demo.networkId],
    );
    const { data } = await entities(
      'billing',
      [{ __typename: 'Session', id: globalId('Session', session!.id) }],
      '... on Session { transaction { bill { total { minorUnits } } } }',
    );
    expect(data._entities).toEqual([{ transaction: { bill: { total: { minorUnits: session!.total } } } }]);
  });

  it('knows no entity of another network, nor one that is no id, and nothing without a key', async () => {
    const foreign = [
      { __typename: 'Charger', id: globalId('Charger', other.chargerId) },
      { __typename: 'Location', id: globalId('Location', other.locationId) },
      { __typename: 'Network', id: globalId('Network', other.networkId) },
      { __typename: 'Charger', id: globalId('Charger', 'abc') },
    ];
    const fields = '... on Charger { uid } ... on Location { name } ... on Network { name }';
    const answer = await entities('network', foreign, fields);
    expect(answer.errors).toBeUndefined();
    expect(answer.data._entities).toEqual([null, null, null, null]);
    const anonymous = await entities('network', foreign, fields, null);
    expect(anonymous.data?._entities?.filter(Boolean) ?? []).toEqual([]);
    expect(anonymous.errors?.[0]?.extensions.code).toBe('unauthorized');
    expect((await entities('network', foreign, fields, 'pr_live_nonsense')).status).toBe(401);
  });

  it('has the limits that the whole graph has', async () => {
    const nested = 'location { chargers(first: $n) { nodes { uid ';
    const query = `query ($n: Int) { chargers(first: $n) { nodes { ${nested.repeat(3)} ${'} } } '.repeat(3)} } } }`;
    expect((await ask(subgraph('network'), query, { n: 100 })).errors?.[0]?.message).toContain('rows');
  });
});

describe('the gateway', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  const destinations: string[] = [];
  const connect = Socket.prototype.connect;

  beforeAll(async () => {
    Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
      destinations.push(destinationOf(args));
      return connect.apply(this, args as never);
    } as typeof connect;
    gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      subgraphsUrl: server.url,
      log: pino({ level: 'silent' }),
    });
  });
  afterAll(async () => {
    await gateway?.close();
    Socket.prototype.connect = connect;
  });

  const SESSIONS = `{
    sessions(first: 5) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id status energyWh flags
        charger { uid status connectors { number status } location { name timeZone } }
        driver { email tokens { uid } }
        tariff { name energyRate }
        bill { total { amount currency } }
        transaction { ocpiId bill { total { amount } } session { id } location { city } driver { firstName } }
        network { name branding { primaryColor } }
      }
    }
  }`;

  it('answers a query across four subgraphs as the whole graph does', async () => {
    const whole = await ask(`${server.url}/graphql`, SESSIONS);
    const federated = await ask(gateway.url, SESSIONS);
    expect(whole.errors).toBeUndefined();
    expect(whole.data.sessions.nodes[0].transaction.ocpiId).toMatch(/^US-DMO-/);
    expect(federated).toEqual(whole);
  });

  it.each([
    ['a node', 'query ($id: ID!) { node(id: $id) { id ... on Charger { uid network { name } } } }'],
    [
      'a mutation that fails as expected',
      'mutation ($id: ID!) { startSession(input: { chargerId: $id, idTag: "NOBODY" }) { __typename ... on Error { code message } } }',
    ],
    [
      'a mutation',
      'mutation ($id: ID!) { updateCharger(input: { id: $id, floorLevel: "P9" }) { ... on Charger { floorLevel location { name } } } }',
    ],
    [
      'a validation error with its field',
      `mutation { createTariff(input: { code: "A", name: "B", currency: "USD", energyRate: "-1" }) {
         ... on ValidationError { details { field message } } } }`,
    ],
  ])('%s passes as it is', async (_, query) => {
    const variables = { id: globalId('Charger', demoCharger(server, 'DEMO-OWN-01').id) };
    const whole = await ask(`${server.url}/graphql`, query, variables);
    expect(whole.errors).toBeUndefined();
    expect(await ask(gateway.url, query, variables)).toEqual(whole);
  });

  it('asks in the caller’s name: each sees its own network, a bad key and none see nothing', async () => {
    const query = '{ networks { nodes { name } } }';
    const namesFor = async (apiKey: string | null) =>
      (await ask(gateway.url, query, {}, apiKey)).data?.networks;
    expect(await namesFor(server.demo.apiKey)).toEqual({ nodes: [{ name: 'Demo Charge' }] });
    expect(await namesFor(other.apiKey)).toEqual({ nodes: [{ name: 'Network OTH' }] });
    expect(await namesFor('pr_live_nonsense')).toBeUndefined();
    const anonymous = await ask(gateway.url, query, {}, null);
    expect(anonymous.data).toBeNull();
    expect(anonymous.errors?.[0]?.extensions.code).toBe('unauthorized');
  });

  it('connects to this machine and to nothing else: no reports, no look at the surroundings', async () => {
    await ask(gateway.url, SESSIONS);
    expect(destinations.length).toBeGreaterThan(0);
    expect(destinations.filter(host => !isLoopback(host))).toEqual([]);
  });
});

describe('npm run gateway', () => {
  it('runs the gateway over the subgraphs that a setting names, and stops on a signal', async () => {
    const gateway = spawn(process.execPath, ['src/gateway.ts'], {
      env: {
        ...process.env,
        GATEWAY_PORT: '0',
        GATEWAY_SUBGRAPHS_URL: `${server.url}/`,
        LOG_LEVEL: 'error',
        APOLLO_TELEMETRY_DISABLED: undefined,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const url = /is at (\S+),/.exec(await firstLine(gateway))![1]!;
      const { data } = await ask(url, '{ sessions { nodes { status charger { uid } } } }');
      expect(data.sessions.nodes).toEqual([{ status: 'COMPLETED', charger: { uid: 'DEMO-AC-01' } }]);
    } finally {
      const exited = once(gateway, 'exit');
      gateway.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    }
  });

  it('refuses a setting that makes no sense, naming it', async () => {
    const gateway = spawn(process.execPath, ['src/gateway.ts'], {
      env: { ...process.env, GATEWAY_SUBGRAPHS_URL: 'localhost' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const told = firstLine(gateway, 'stderr');
    const exited = once(gateway, 'exit');
    expect(await told).toContain('A setting cannot be used');
    expect((await exited)[0]).toBe(1);
  });
});

async function firstLine(child: ChildProcess, from: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
  const [chunk] = await once(child[from]!, 'data');
  return String(chunk);
}

/** The host that a call of `socket.connect` names, in any of its forms. */
function destinationOf(args: unknown[]): string {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as [unknown, unknown];
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { host?: string; path?: string };
    return path ?? host ?? 'localhost';
  }
  return typeof second === 'string' ? second : 'localhost';
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
