import { type Client, createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { globalId } from './support/global-id.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
const clients: Client[] = [];
const streams: { readonly controller: AbortController; readonly response: Response }[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  for (const { controller } of streams.splice(0)) controller.abort();
  await eventually(() => server.app.hub.size === 0);
});
afterAll(() => server?.close());

function clientOf(credentials: { apiKey: string; authorization?: string }): Client {
  const client = createClient({
    url: `${server.socketUrl}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { ...credentials },
    retryAttempts: 0,
  });
  clients.push(client);
  return client;
}

interface Event {
  readonly sequence: string;
  readonly charger: { readonly uid: string; readonly location: { readonly name: string } } | null;
}

/** Begins to listen; resolves once it is heard. */
async function listen(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Event[]> {
  const before = server.app.hub.size;
  const received: Event[] = [];
  client.subscribe<{ events: Event }>(
    { query, variables },
    { next: ({ data }) => void received.push(data!.events), error: () => {}, complete: () => {} },
  );
  await eventually(() => server.app.hub.size === before + 1);
  return received;
}

const overSse = async (path: string, query: string, apiKey: string): Promise<Response> => {
  const controller = new AbortController();
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': apiKey },
    body: JSON.stringify({ query }),
    signal: controller.signal,
  });
  streams.push({ controller, response });
  return response;
};

/** The same over SSE. */
async function listenOverSse(path = '/graphql', query = QUERY): Promise<Event[]> {
  const before = server.app.hub.size;
  const response = await overSse(path, query, server.demo.apiKey);
  await eventually(() => server.app.hub.size === before + 1);
  const received: Event[] = [];
  void readEvents(response, received).catch(() => {});
  return received;
}

async function readEvents(response: Response, received: Event[]): Promise<void> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const messages = (text + chunk).split('\n\n');
    text = messages.pop()!;
    for (const message of messages) {
      const data = /^event: next\ndata: (.*)$/.exec(message)?.[1];
      if (data) received.push(JSON.parse(data).data.events);
    }
  }
}

async function happen(count: number, driverId: string | null = null): Promise<void> {
  await server.sql(
    `insert into events (id, network_id, charger_id, driver_id, type, occurred_at, payload)
     select gen_random_uuid(), $1, (select id from chargers where uid = 'DEMO-DC-01'), $2, 'charger.status', now(), '{}'
       from generate_series(1, $3)`,
    [server.demo.networkId, driverId, count],
  );
  server.app.hub.wake();
}

/** The statements with which the graph was read. */
const reads = () => server.statements.filter(text => /from "?(chargers|locations)/.test(text)).length;

const QUERY = `subscription ($since: String) {
  events(since: $since, types: [CHARGER_STATUS]) { sequence charger { uid location { name } } } }`;

/** How many statements it takes to tell these listeners of five events. */
async function costOf(listeners: readonly Event[][], countEach = 5): Promise<number> {
  server.statements.length = 0;
  const before = listeners.map(received => received.length);
  await happen(countEach);
  await eventually(() => listeners.every((received, i) => received.length === before[i]! + countEach));
  return reads();
}

describe('many who subscribe to the same', () => {
  it('cost no more statements than one, and hear the same', async () => {
    const client = clientOf({ apiKey: server.demo.apiKey });
    const first = await listen(client, QUERY);
    const alone = await costOf([first]);
    expect(alone).toBeGreaterThan(0);
    const others: Event[][] = [];
    for (let i = 0; i < 40; i++)
      others.push(await listen(i % 2 ? client : clientOf({ apiKey: server.demo.apiKey }), QUERY));
    expect(await costOf([first, ...others])).toBe(alone);
    for (const received of others) expect(received).toEqual(first.slice(5));
  });

  it('are one also where each goes on from another place', async () => {
    const client = clientOf({ apiKey: server.demo.apiKey });
    const first = await listen(client, QUERY);
    await happen(10);
    await eventually(() => first.length === 10);
    const alone = await costOf([first]);
    const others: Event[][] = [];
    for (const { sequence } of first.slice(0, 10)) {
      const received = await listen(client, QUERY, { since: sequence });
      others.push(received);
    }
    const missed = others.map((_, i) => first.slice(i + 1));
    await eventually(() => others.every((received, i) => received.length === missed[i]!.length));
    expect(others).toEqual(missed);
    expect(await costOf([first, ...others])).toBe(alone);
  });

  it('are not one with those who ask for something else, or may see something else', async () => {
    const driver = await signIn(server);
    const operator = await listen(clientOf({ apiKey: server.demo.apiKey }), QUERY);
    const narrower = await listen(
      clientOf({ apiKey: server.demo.apiKey }),
      QUERY.replace('location { name }', ''),
    );
    const [apiKey, authorization] = [driver.headers['x-api-key']!, driver.headers.authorization!];
    const own = await listen(clientOf({ apiKey, authorization }), QUERY);
    await server.sql("update chargers set is_public = false where uid = 'DEMO-DC-01'");
    await happen(1);
    await happen(1, driver.id);
    await eventually(() => operator.length === 2 && narrower.length === 2 && own.length === 1);
    await server.sql("update chargers set is_public = true where uid = 'DEMO-DC-01'");
    expect(own[0]).toEqual({ ...operator[1], charger: null });
    expect(operator[1]!.charger!.uid).toBe('DEMO-DC-01');
    expect(narrower[0]!.charger).toEqual({ uid: 'DEMO-DC-01' });
  });
});

/** The results that are written out while this is done. */
async function writtenOutBy(work: () => Promise<unknown>): Promise<number> {
  const stringify = vi.spyOn(JSON, 'stringify');
  try {
    await work();
    return stringify.mock.calls.filter(([value]) => value?.data?.events).length;
  } finally {
    stringify.mockRestore();
  }
}

it('what many are told over sockets and SSE is read once and written out once', async () => {
  const client = clientOf({ apiKey: server.demo.apiKey });
  const first = await listen(client, QUERY);
  const alone = await costOf([first]);
  const others = [await listen(client, QUERY)];
  for (let i = 0; i < 20; i++) others.push(await listenOverSse());
  const written = await writtenOutBy(async () => expect(await costOf([first, ...others])).toBe(alone));
  expect(written).toBe(5);
  for (const received of others) expect(received).toEqual(first.slice(5));
});

describe.each([
  ['/graphql', QUERY],
  ['/subgraphs/insights', QUERY.replace('uid location { name }', 'id')],
])('a subscription over SSE at %s', (path, query) => {
  it('is told what happens, written out once for all of its readers', async () => {
    const readers = [await listenOverSse(path, query)];
    for (let i = 0; i < 4; i++) readers.push(await listenOverSse(path, query));
    expect(await writtenOutBy(() => costOf(readers))).toBe(5);
    expect(readers[0]![0]).toMatchObject({ sequence: expect.any(String), charger: expect.anything() });
    for (const received of readers) expect(received).toEqual(readers[0]);
  });

  it('ends when the key that opened it is revoked', async () => {
    const made = await server.graphql<{ key: { apiKeyId: string; secret: string } }>(
      `mutation ($networkId: ID!) { key: createApiKey(input:
         { name: "Short", kind: OPERATOR, scopes: [READ], networkId: $networkId }) {
         ... on CreateApiKeyPayload { apiKeyId secret } } }`,
      { networkId: globalId('Network', server.demo.networkId) },
    );
    const { apiKeyId, secret } = made.data.key;
    const response = await overSse(path, query, secret);
    await eventually(() => server.app.hub.size === 1);
    await server.graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', { id: apiKeyId });
    expect(await response.text()).toContain('event: complete');
  });
});
