import { isDeepStrictEqual } from 'node:util';
import { type Client, createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const QUERY = 'subscription { events { sequence } }';

let server: TestServer;
let maya: SignedIn;
let luis: SignedIn;
const clients: Client[] = [];
const sockets: WebSocket[] = [];
/** A response that nobody holds is collected, and its stream ends. */
const streams: { readonly controller: AbortController; readonly response: Response }[] = [];

beforeAll(async () => {
  server = await startTestServer({
    settings: { STREAMS_PER_KEY: '4', STREAMS_PER_DRIVER: '2', TRUSTED_PROXIES: '127.0.0.1' },
  });
  [maya, luis] = [await signIn(server), await signIn(server)];
});
afterEach(async () => {
  for (const raw of sockets.splice(0)) raw.terminate();
  for (const { controller } of streams.splice(0)) controller.abort();
  for (const client of clients.splice(0)) await client.dispose();
  await eventually(() => server.app.hub.size === 0);
});
afterAll(() => server?.close());

const operator = () => ({ 'x-api-key': server.demo.apiKey });

/** An event stream; answers its status, and what was said where it was refused. */
async function stream(headers: Record<string, string> = operator()) {
  const controller = new AbortController();
  const response = await fetch(`${server.url}/emsp/v1/events/stream`, { headers, signal: controller.signal });
  streams.push({ controller, response });
  if (response.ok) return { status: response.status };
  return { status: response.status, headers: response.headers, body: await response.json() };
}

interface Answer {
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

function socket(): { client: Client; closed: Promise<{ code: number; reason: string }> } {
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const client = createClient({
    url: `${server.socketUrl}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { apiKey: server.demo.apiKey },
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => {},
    on: { closed: event => closed.resolve(event as { code: number; reason: string }) },
  });
  clients.push(client);
  return { client, closed: closed.promise };
}

/** Subscribes and answers what has come by the time that it is heard, or refused. */
async function subscribe(client: Client): Promise<Answer[]> {
  const before = server.app.hub.size;
  const answers: Answer[] = [];
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  client.subscribe(
    { query: QUERY },
    { next: answer => answers.push(answer as Answer), error: done, complete: done },
  );
  await eventually(() => isDone || server.app.hub.size > before);
  return answers;
}

describe('the streams of one key', () => {
  it('are so many and no more, by whatever door; the refusal says so, and one that ends makes room', async () => {
    const { client } = socket();
    expect([await subscribe(client), await subscribe(client)]).toEqual([[], []]);
    expect((await stream()).status).toBe(200);
    expect((await stream()).status).toBe(200);

    const [refused] = await subscribe(client);
    expect(refused!.errors).toMatchObject([
      {
        message: 'This API key has 4 subscriptions open here, as many as it may. End some first.',
        extensions: { code: 'rate_limited', retryAfterSeconds: 30 },
      },
    ]);
    const { status, headers, body } = await stream();
    expect([status, headers?.get('retry-after'), body.error]).toEqual([429, '30', 'rate_limited']);
    expect(body.message).toContain('4 subscriptions open');
    for (const path of ['/graphql', '/subgraphs/insights']) {
      const overSse = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { ...operator(), 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: QUERY }),
      });
      expect(await overSse.text()).toContain('rate_limited');
    }
    // who reads and writes is not touched
    expect((await server.rest('GET', '/chargers')).status).toBe(200);

    streams[0]!.controller.abort();
    await eventually(() => server.app.hub.size === 3);
    expect(await subscribe(client)).toEqual([]);
    expect((await stream()).status).toBe(429);
  });

  it('are each driver’s own, however many share the key', async () => {
    const statuses = async (driver: SignedIn) => (await stream(driver.headers)).status;
    expect([await statuses(maya), await statuses(maya), await statuses(maya)]).toEqual([200, 200, 429]);
    expect([await statuses(luis), await statuses(luis), await statuses(luis)]).toEqual([200, 200, 429]);
    expect((await stream()).status).toBe(200);
  });

  it('are given back when a socket is cut, and when a subscription is refused for its own sake', async () => {
    const cut = socket();
    for (let each = 0; each < 4; each++) expect(await subscribe(cut.client)).toEqual([]);
    cut.client.terminate();
    await eventually(() => server.app.hub.size === 0);
    for (let each = 0; each < 5; each++) {
      const { status } = await server.rest('GET', '/events/stream?stationIds=NOBODY');
      expect(status).toBe(400);
    }
    for (let each = 0; each < 4; each++) expect((await stream()).status).toBe(200);
    expect((await stream()).status).toBe(429);
  });
});

describe('the sockets of one key', () => {
  it('are so many and no more: the next is closed with 4429 and the reason; one that goes makes room', async () => {
    const open = Array.from({ length: 4 }, socket);
    for (const { client } of open) expect(await subscribe(client)).toEqual([]);
    expect(await socket().closed).toEqual(
      expect.objectContaining({
        code: 4429,
        reason: 'This API key has 4 sockets open here, as many as it may. End some first.',
      }),
    );
    await open[0]!.client.dispose();
    await eventually(() => server.app.hub.size === 3);
    expect(await subscribe(socket().client)).toEqual([]);
  });
});

describe('who has no key', () => {
  const INIT = { type: 'connection_init' };

  /** A socket from this address; answers it, or the status with which it was refused. */
  async function knock(address: string): Promise<WebSocket | number> {
    const raw = new WebSocket(`${server.socketUrl}/graphql`, 'graphql-transport-ws', {
      headers: { 'x-forwarded-for': address },
    });
    sockets.push(raw);
    return new Promise((resolve, reject) => {
      raw.once('open', () => resolve(raw)).once('error', reject);
      raw.once('unexpected-response', (_, { statusCode, headers }) =>
        headers['retry-after'] ? resolve(statusCode!) : reject(new Error('no Retry-After')),
      );
    });
  }

  /** The next message, or the code and the reason of the end. */
  const told = (raw: WebSocket): Promise<unknown> =>
    new Promise(resolve => {
      raw.once('message', text => resolve(JSON.parse(String(text))));
      raw.once('close', (code, reason) => resolve([code, String(reason)]));
    });

  async function greet(address: string): Promise<{ raw: WebSocket; answer: unknown }> {
    const raw = (await knock(address)) as WebSocket;
    const answer = told(raw);
    raw.send(JSON.stringify(INIT));
    return { raw, answer: await answer };
  }

  it('and has not said so yet may have so many sockets in one address, each for some seconds', async () => {
    const address = '198.51.100.1';
    const knocks = await Promise.all(Array.from({ length: 5 }, () => knock(address)));
    expect(knocks.filter(knock => knock === 429)).toHaveLength(1);
    expect(await knock('198.51.100.2')).toBeInstanceOf(WebSocket);
    const ends = knocks.filter(knock => typeof knock !== 'number').map(told);
    expect(await Promise.all(ends)).toEqual(
      Array.from({ length: 4 }, () => [4408, 'Connection initialisation timeout']),
    );
    await eventually(async () => (await knock(address)) !== 429);
  });

  it('has as many sockets as a driver: the next is closed with 4429; one that goes makes room', async () => {
    const address = '198.51.100.3';
    const ack = { type: 'connection_ack' };
    const [first, second] = [await greet(address), await greet(address)];
    expect([first.answer, second.answer]).toEqual([ack, ack]);
    expect((await greet(address)).answer).toEqual([
      4429,
      'This address has 2 sockets open without a key here, as many as it may. End some first.',
    ]);
    expect((await greet('198.51.100.4')).answer).toEqual(ack);
    // who has a key is not touched
    const { client } = socket();
    expect(await subscribe(client)).toEqual([]);
    first.raw.close();
    await eventually(async () => isDeepStrictEqual((await greet(address)).answer, ack));
  });

  it('asks over a socket no more often than over HTTP', async () => {
    const { raw } = await greet('198.51.100.5');
    const answers: { type: string; payload: { extensions?: { code: string } }[] }[] = [];
    raw.on('message', text => answers.push(JSON.parse(String(text))));
    const payload = { query: '{ __typename }' };
    for (let id = 0; id < 121; id++) raw.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }));
    await eventually(() => answers.some(({ type }) => type === 'error'));
    await eventually(() => answers.filter(({ type }) => type === 'next').length === 120);
    const refused = answers.filter(({ type }) => type === 'error');
    expect(refused.map(({ payload }) => payload[0]!.extensions!.code)).toEqual(['rate_limited']);
  });

  it('subscribes to nothing', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: QUERY }),
    });
    expect(await response.text()).toContain('unauthorized');
    expect(server.app.hub.size).toBe(0);
  });
});
