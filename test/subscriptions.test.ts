import { randomUUID } from 'node:crypto';
import { type ClientRequest, request } from 'node:http';
import { type Client, createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { eventually } from './support/eventually.ts';
import { globalId } from './support/global-id.ts';
import { chargeThere, makeOtherNetwork, type OtherNetwork } from './support/other-network.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let other: OtherNetwork;
const opened: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  server = await startTestServer();
  other = await makeOtherNetwork(server);
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  // whatever a reader was, none is left behind
  await eventually(() => server.app.hub.size === 0);
});
afterAll(() => server?.close());

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are taken apart by the tests that know them
  readonly data?: any;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** A running subscription: what it has received, and how to leave. */
interface Subscription {
  readonly answers: Answer[];
  readonly isDone: () => boolean;
  readonly leave: () => void;
}

type Door = (query: string, variables?: object, apiKey?: string) => Promise<Subscription>;

/** Resolves once the subscription is among the hub's readers. */
async function begun(subscription: Subscription, before: number): Promise<Subscription> {
  await eventually(() => server.app.hub.size > before || subscription.isDone());
  return subscription;
}

function webSocketClient(
  apiKey: string | undefined,
  onSocket: (socket: WebSocket) => void = () => {},
): Client {
  class Socket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols);
      onSocket(this);
    }
  }
  const client = createClient({
    url: `${server.socketUrl}/graphql`,
    webSocketImpl: Socket,
    connectionParams: apiKey === undefined ? {} : { apiKey },
    retryAttempts: 0,
  });
  opened.push(() => client.dispose());
  return client;
}

function subscribeWith(client: Client, query: string, variables = {}): Subscription {
  const answers: Answer[] = [];
  let done = false;
  const leave = client.subscribe(
    { query, variables: variables as Record<string, unknown> },
    {
      next: answer => void answers.push(answer as Answer),
      error: () => {
        done = true;
      },
      complete: () => {
        done = true;
      },
    },
  );
  return { answers, isDone: () => done, leave };
}

const overWebSocket: Door = (query, variables, apiKey = server.demo.apiKey) =>
  begun(subscribeWith(webSocketClient(apiKey), query, variables), server.app.hub.size);

const overSse: Door = async (query, variables = {}, apiKey = server.demo.apiKey) => {
  const before = server.app.hub.size;
  const controller = new AbortController();
  const answers: Answer[] = [];
  let done = false;
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': apiKey },
    body: JSON.stringify({ query, variables }),
    signal: controller.signal,
  });
  opened.push(() => controller.abort());
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  void (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true });
      const events = text.split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        if (event.includes('event: complete')) done = true;
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data) answers.push(JSON.parse(data));
      }
    }
  })().catch(() => {
    done = true;
  });
  return begun({ answers, isDone: () => done, leave: () => controller.abort() }, before);
};

const CHARGE = {
  steps: [
    { minute: 0, status: 'Charging' },
    { minute: 10, meter: 2_000, powerW: 11_000 },
    { minute: 20, meter: 4_000, powerW: 22_000 },
    { minute: 30, meter: 6_000, powerW: 11_000 },
  ],
  stop: { minute: 40, meter: 8_000 },
} as const;

let day = 1;
async function chargeAt(uid: string): Promise<void> {
  const station = await bootedStation(server, uid);
  await playCharge(station, {
    ...CHARGE,
    idTag: server.demo.idTag,
    at: `2026-05-${String(day++).padStart(2, '0')}T10:00:00Z`,
  });
  await station.close();
}

const chargerId = (uid: string) => globalId('Charger', demoCharger(server, uid).id);

describe.each([
  ['graphql-ws', overWebSocket],
  ['SSE', overSse],
])('over %s', (_, subscribe) => {
  it('a session is followed while it charges: energy and cost rise up to the bill', async () => {
    const { answers, leave } = await subscribe(
      `subscription ($charger: ID!) { sessionUpdated(chargerId: $charger) {
         id status energyWh currentPowerW bill { total { minorUnits } } transaction { bill { total { minorUnits } } }
         charger { uid } } }`,
      { charger: chargerId('DEMO-AC-01') },
    );
    const station = await bootedStation(server, 'DEMO-AC-01');
    const timestamp = () => Temporal.Now.instant().toString();
    const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
      connectorId: 1,
      idTag: server.demo.idTag,
      meterStart: 0,
      timestamp: timestamp(),
    });
    for (const energyWh of [1_000, 2_500, 5_000]) {
      const sampledValue = [
        { value: String(energyWh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
      ];
      const meterValue = [{ timestamp: timestamp(), sampledValue }];
      await station.call('MeterValues', { connectorId: 1, transactionId, meterValue });
      await eventually(() => Number(answers.at(-1)?.data.sessionUpdated.energyWh) === energyWh);
    }
    await station.call('StopTransaction', { transactionId, meterStop: 8_000, timestamp: timestamp() });
    await eventually(() => answers.at(-1)?.data.sessionUpdated.status === 'COMPLETED');
    await station.close();
    // the charge before this one may be told of once more: its vehicle has left
    const { id } = answers.at(-1)!.data.sessionUpdated;
    const sessions = answers.map(answer => answer.data.sessionUpdated).filter(session => session.id === id);
    expect(sessions.every(session => session.charger.uid === 'DEMO-AC-01')).toBe(true);
    const energies = sessions.map(session => Number(session.energyWh));
    const costs = sessions.map(session => Number(session.bill.total.minorUnits));
    for (const figures of [energies, costs]) {
      expect(figures).toEqual(figures.toSorted((a, b) => a - b));
      expect(new Set(figures).size).toBeGreaterThanOrEqual(4);
    }
    expect(energies.at(-1)).toBe(8_000);
    const last = sessions.at(-1);
    expect(last.transaction.bill).toEqual(last.bill);
    leave();
  });

  it('a charger is followed in each state of its connectors, and no other charger', async () => {
    const uid = 'DEMO-DC-02';
    const station = await bootedStation(server, uid);
    const { answers, leave } = await subscribe(
      `subscription ($id: ID) { chargerUpdated(id: $id) { uid status isOnline connectors { status } } }`,
      { id: chargerId(uid) },
    );
    await chargeAt('DEMO-AC-02');
    for (const status of ['Preparing', 'Charging', 'Finishing', 'Faulted', 'Available']) {
      await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status });
      await eventually(() => answers.at(-1)?.data.chargerUpdated.status === status.toUpperCase());
    }
    await station.close();
    // that it has connected may still be told of
    const chargers = answers.map(answer => answer.data.chargerUpdated).slice(-5);
    expect(new Set(chargers.map(charger => charger.uid))).toEqual(new Set([uid]));
    expect(chargers.every(charger => charger.isOnline)).toBe(true);
    for (const charger of chargers) expect(charger.connectors).toEqual([{ status: charger.status }]);
    expect(chargers.length).toBe(5);
    leave();
  });

  it('events come in the log’s order, and from a starting point on without gap or repetition', async () => {
    const query = `subscription ($since: String, $types: [EventType!]) {
      events(since: $since, types: $types) { sequence type payload charger { uid } session { status } } }`;
    const live = await subscribe(query, {});
    await chargeAt('DEMO-DC-01');
    const ends = ['session.completed', 'transaction.created'];
    await eventually(
      () => live.answers.filter(answer => ends.includes(answer.data.events.type)).length === ends.length,
    );
    const received = live.answers.map(answer => answer.data.events);
    const sequences = received.map(event => BigInt(event.sequence));
    expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => (a < b ? -1 : 1)));
    expect(received.map(event => event.type)).toEqual(
      expect.arrayContaining(['session.started', 'session.updated', ...ends]),
    );

    const middle = received[1].sequence;
    const behind = received.filter(event => BigInt(event.sequence) > BigInt(middle));
    const resumed = await subscribe(query, { since: middle });
    const some = await subscribe(query, {
      since: String(sequences[0]! - 1n),
      types: ['SESSION_COMPLETED', 'TRANSACTION_CREATED'],
    });
    await chargeAt('DEMO-DC-01');
    const isWhole = (answers: Answer[], count: number) =>
      answers.filter(answer => answer.data.events.type === 'transaction.created').length === count;
    await eventually(
      () => isWhole(resumed.answers, 2) && isWhole(some.answers, 2) && isWhole(live.answers, 2),
    );
    const resumedSequences = resumed.answers.map(answer => answer.data.events.sequence);
    const liveSequences = live.answers.map(answer => answer.data.events.sequence);
    expect(resumedSequences.slice(0, behind.length)).toEqual(behind.map(event => event.sequence));
    expect(resumedSequences).toEqual(
      liveSequences.filter(sequence => BigInt(sequence) > BigInt(middle)).slice(0, resumedSequences.length),
    );
    expect(new Set(some.answers.map(answer => answer.data.events.type))).toEqual(
      new Set(['session.completed', 'transaction.created']),
    );
    for (const { leave } of [live, resumed, some]) leave();
  });

  it('another network’s subscriber hears nothing, not even by the ids', async () => {
    const fields = { events: '{ sequence network { id } }', sessions: '{ network { id } }' };
    const mine = await subscribe(`subscription { events ${fields.events} }`);
    const session = globalId(
      'Session',
      (await server.sql<{ id: string }>('select id from sessions limit 1'))[0]!.id,
    );
    const strangers = [
      await subscribe(`subscription { events ${fields.events} }`, {}, other.apiKey),
      await subscribe(`subscription { events(since: "0") ${fields.events} }`, {}, other.apiKey),
      await subscribe(
        `subscription ($id: ID) { chargerUpdated(id: $id) ${fields.sessions} }`,
        { id: chargerId('DEMO-AC-03') },
        other.apiKey,
      ),
      await subscribe(
        `subscription ($id: ID) { sessionUpdated(chargerId: $id) ${fields.sessions} }`,
        { id: chargerId('DEMO-AC-03') },
        other.apiKey,
      ),
      await subscribe(
        `subscription ($id: ID) { sessionUpdated(id: $id) ${fields.sessions} }`,
        { id: session },
        other.apiKey,
      ),
    ];
    await chargeAt('DEMO-AC-03');
    const own = globalId('Network', server.demo.networkId);
    await eventually(() => mine.answers.length > 3);
    // and their own network's events do come: nothing else has come before them
    await chargeThere(server, other, `2026-05-${String(day++).padStart(2, '0')}`);
    await eventually(() => strangers.slice(0, 2).every(({ answers }) => answers.length > 3));
    const networkOf = (answer: Answer) =>
      (answer.data.events ?? answer.data.chargerUpdated ?? answer.data.sessionUpdated).network.id;
    const theirs = strangers.map(({ answers }) => new Set(answers.map(networkOf)));
    const foreign = new Set([globalId('Network', other.networkId)]);
    expect(theirs).toEqual([foreign, foreign, new Set(), new Set(), new Set()]);
    expect(new Set(mine.answers.map(networkOf))).toEqual(new Set([own]));
    for (const { leave } of [mine, ...strangers]) leave();
  });

  it('who leaves is forgotten, who breaks off too', async () => {
    const many = await Promise.all(
      Array.from({ length: 10 }, () => subscribe('subscription { events { sequence } }')),
    );
    await eventually(() => server.app.hub.size === many.length);
    for (const { leave } of many) leave();
    await eventually(() => server.app.hub.size === 0);
  });

  it('a starting point that is none is refused, naming the argument', async () => {
    const { answers } = await subscribe('subscription { events(since: "yesterday") { sequence } }');
    await eventually(() => answers.length > 0);
    expect(answers[0]!.errors?.[0]).toMatchObject({
      extensions: { code: 'validation_error', details: [{ field: 'since' }] },
    });
  });
});

describe('who subscribes', () => {
  const closeCode = async (apiKey: string | undefined): Promise<{ code: number; reason: string }> => {
    const closed = Promise.withResolvers<{ code: number; reason: string }>();
    const client = webSocketClient(apiKey, socket =>
      socket.on('close', (code, reason) => closed.resolve({ code, reason: String(reason) })),
    );
    subscribeWith(client, 'subscription { events { sequence } }');
    return closed.promise;
  };

  it('with a bad key finds the socket closed with 4403 and the reason', async () => {
    expect(await closeCode('pr_live_nonsense')).toEqual({ code: 4403, reason: 'The API key is not valid.' });
    expect((await closeCode('')).code).toBe(4403);
  });

  it('with a bad key over SSE is answered 401', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'x-api-key': 'pr_live_nonsense',
      },
      body: JSON.stringify({ query: 'subscription { events { sequence } }' }),
    });
    expect(response.status).toBe(401);
  });

  it('without a key is told to send one', async () => {
    const { answers } = await begun(
      subscribeWith(webSocketClient(undefined), 'subscription { events { sequence } }'),
      99,
    );
    await eventually(() => answers.length > 0);
    expect(answers[0]!.errors?.[0]?.extensions?.code).toBe('unauthorized');
  });

  it('whose key is revoked meanwhile finds the socket closed with 4403', async () => {
    const made = await server.graphql<{ key: { apiKeyId: string; secret: string } }>(
      `mutation ($networkId: ID!) { key: createApiKey(input:
         { name: "Short", kind: OPERATOR, scopes: [READ], networkId: $networkId }) {
         ... on CreateApiKeyPayload { apiKeyId secret } } }`,
      { networkId: globalId('Network', server.demo.networkId) },
    );
    const { apiKeyId, secret } = made.data.key;
    const closed = closeCode(secret);
    await eventually(() => server.app.hub.size === 1);
    await server.graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', { id: apiKeyId });
    expect((await closed).code).toBe(4403);
  });

  it('without a subprotocol, or with another one, gets no socket', async () => {
    for (const protocols of [[], ['graphql-ws']]) {
      const socket = new WebSocket(`${server.socketUrl}/graphql`, protocols);
      const outcome = await new Promise(resolve => {
        socket.on('error', () => resolve('refused'));
        socket.on('close', code => resolve(code));
      });
      expect(['refused', 4406]).toContain(outcome);
    }
  });
});

describe('one socket', () => {
  it('carries queries and mutations too, and a mistake in one harms no other', async () => {
    const client = webSocketClient(server.demo.apiKey);
    const live = await begun(subscribeWith(client, 'subscription { events { type } }'), 0);
    const query = async (text: string): Promise<Answer> => {
      for await (const answer of client.iterate({ query: text })) return answer as Answer;
      throw new Error('no answer');
    };
    expect((await query('{ chargers { totalCount } }')).data.chargers.totalCount).toBe(8);
    const invalid = ['{ nothing }', '{ chargers {', '', `{ ${'__typename '.repeat(6_000)} }`];
    for (const text of invalid) {
      await expect(query(text), text.slice(0, 20)).rejects.toMatchObject([{ message: expect.any(String) }]);
    }
    await chargeAt('DEMO-OWN-01');
    await eventually(() => live.answers.length > 0);
    expect(live.isDone()).toBe(false);
    live.leave();
  });

  it('that is cut off without a word leaves no reader behind', async () => {
    const sockets: WebSocket[] = [];
    const client = webSocketClient(server.demo.apiKey, socket => sockets.push(socket));
    const live = await begun(subscribeWith(client, 'subscription { events { type } }'), 0);
    sockets[0]!.terminate();
    await eventually(() => server.app.hub.size === 0 && live.isDone());
  });
});

describe('a subscriber that does not read', () => {
  const QUERY = 'subscription { events { sequence payload } }';
  const COUNT = 3_000;

  /** More than sockets and queues between here and there can hold. */
  async function flood(): Promise<void> {
    await server.sql(
      `insert into events (id, network_id, type, occurred_at, payload)
       select gen_random_uuid(), $1, 'charger.status', now(), jsonb_build_object('text', repeat('x', 20000))
         from generate_series(1, $2)`,
      [server.demo.networkId, COUNT],
    );
    server.app.hub.wake();
  }

  it('is dropped, and told why once it reads again; where to go on from it knows', async () => {
    const sockets: WebSocket[] = [];
    const client = webSocketClient(server.demo.apiKey, socket => sockets.push(socket));
    const slow = await begun(subscribeWith(client, QUERY), 0);
    sockets[0]!.pause();
    await flood();
    await eventually(() => server.app.hub.size === 0);
    sockets[0]!.resume();
    await eventually(() => slow.isDone());
    expect(slow.answers.length).toBeLessThan(COUNT);
    const last = slow.answers.at(-1)!;
    expect(last.errors?.[0]).toMatchObject({
      message: expect.stringContaining('dropped; resume from the last one received'),
      extensions: { code: 'slow_reader' },
    });
    const sequences = slow.answers.slice(0, -1).map(answer => BigInt(answer.data.events.sequence));
    expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + BigInt(index)));
  });

  it('over SSE is dropped too', async () => {
    const body = JSON.stringify({ query: QUERY });
    const call: ClientRequest = request(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'x-api-key': server.demo.apiKey,
      },
    });
    opened.push(() => void call.destroy());
    call.on('response', response => response.pause());
    call.on('error', () => {});
    call.end(body);
    await eventually(() => server.app.hub.size === 1);
    await flood();
    await eventually(() => server.app.hub.size === 0);
  });
});

it('each subscription has its own context: a reader in the middle of a burst sees what is committed', async () => {
  const name = `Renamed ${randomUUID()}`;
  const { answers, leave } = await overWebSocket('subscription { events { network { name } } }');
  await server.sql('update networks set name = $1 where id = $2', [name, server.demo.networkId]);
  await chargeAt('DEMO-OWN-02');
  await eventually(() => answers.length > 0);
  expect(answers[0]!.data.events.network.name).toBe(name);
  leave();
});
