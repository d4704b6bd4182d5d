import { type IncomingMessage, request } from 'node:http';
import { EventSource } from 'eventsource';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../src/kernel/event-catalogue.ts';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { appKey, type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

const UID = 'DEMO-AC-01';
const OTHER_UID = 'DEMO-AC-03';

let server: TestServer;
let station: RawStation;
let otherStation: RawStation;
let maya: SignedIn;
let luis: SignedIn;
let offsetMs = 0;

beforeAll(async () => {
  server = await startTestServer({
    settings: { STREAM_COMMENT_SECONDS: '1' },
    now: () => Temporal.Now.instant().add({ milliseconds: offsetMs }),
  });
  station = await bootedStation(server, UID);
  otherStation = await bootedStation(server, OTHER_UID);
  [maya, luis] = [await signIn(server), await signIn(server)];
});
afterAll(async () => {
  await station.close();
  await otherStation.close();
  await server.close();
});

interface Received {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: payloads are taken apart by the tests that know them
  readonly data: any;
}

/** A stream as it comes over the wire. */
interface OpenStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** What has come, the events and all else. */
  readonly frames: readonly string[];
  readonly events: readonly Received[];
  /** Resolves with whether the answer was complete. */
  readonly ended: Promise<boolean>;
  /** Takes what has come and what will come; from the beginning, unless the stream was opened unread. */
  read(): void;
  leave(): void;
}

interface StreamOptions {
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly unread?: boolean;
  readonly from?: TestServer;
}

const opened: OpenStream[] = [];
afterEach(async () => {
  for (const stream of opened.splice(0)) stream.leave();
  await eventually(() => server.app.hub.size === 0);
});

async function openStream({ query = '', headers, unread, from = server }: StreamOptions = {}) {
  const answered = Promise.withResolvers<IncomingMessage>();
  const call = request(
    `${from.url}/emsp/v1/events/stream${query}`,
    { headers: { 'x-api-key': server.demo.apiKey, ...headers } },
    answered.resolve,
  );
  call.on('error', answered.reject);
  call.end();
  const answer = await answered.promise;
  const frames: string[] = [];
  const events: Received[] = [];
  let rest = '';
  const take = (chunk: string) => {
    const complete = (rest + chunk).split('\n\n');
    rest = complete.pop()!;
    frames.push(...complete);
    events.push(...complete.filter(frame => frame.startsWith('id: ')).map(parsed));
  };
  answer.setEncoding('utf8');
  answer.on('error', () => {});
  const stream: OpenStream = {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    frames,
    events,
    ended: new Promise(resolve => answer.once('close', () => resolve(answer.complete))),
    read: () => void answer.on('data', take),
    leave: () => call.destroy(),
  };
  if (!unread) stream.read();
  opened.push(stream);
  return stream;
}

function parsed(frame: string): Received {
  const [id, event, data] = frame.split('\n').map(line => line.slice(line.indexOf(': ') + 2));
  return { id: id!, event: event!, data: JSON.parse(data!) };
}

const report = (from: RawStation, status: string, connectorId = 1) =>
  from.call('StatusNotification', { connectorId, errorCode: 'NoError', status });

let charges = 0;
const charge = (idTag: string) =>
  playCharge(station, {
    idTag,
    at: `2026-06-${String(++charges).padStart(2, '0')}T10:00:00Z`,
    steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
    stop: { minute: 20, meter: 8_000 },
  });

/** The ids of the network's events behind the sequence, as the log has them. */
const logged = async (after: string): Promise<string[]> => {
  const rows = await server.sql<{ sequence: string }>(
    'select sequence::text from events where network_id = $1 and sequence > $2::bigint order by events.sequence',
    [server.demo.networkId, after],
  );
  return rows.map(row => row.sequence);
};

const lastLogged = async (): Promise<string> => (await logged('0')).at(-1)!;

const ids = (events: readonly Received[]) => events.map(event => event.id);

describe('the event stream', () => {
  it('sends what happens as it happens, flat, under the type and the place in the log', async () => {
    const stream = await openStream();
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(stream.headers['x-request-id']).toMatch(/./);
    await report(station, 'Faulted', 2);
    const event = await eventually(() => stream.events.find(({ event }) => event === 'connector.status'));
    const [row] = await server.sql<{ id: string }>('select id from events where sequence = $1::bigint', [
      event.id,
    ]);
    expect(event.data).toEqual({
      event: 'connector.status',
      id: row!.id,
      sequence: Number(event.id),
      networkId: server.demo.networkId,
      occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      chargerId: demoCharger(server, UID).id,
      chargerUid: UID,
      connectorId: expect.any(String),
      connectorNumber: 2,
      status: 'FAULTED',
      errorCode: null,
    });
  });

  it('is bound to the types that were named, in whatever case, and leaves the others out', async () => {
    const stream = await openStream({ query: '?eventTypes=session.started,%20Transaction.Created' });
    await charge(server.demo.idTag);
    await eventually(() => stream.events.length === 2);
    expect(stream.events.map(({ event }) => event).sort()).toEqual([
      'session.started',
      'transaction.created',
    ]);
  });

  it.each([
    ['its uid', () => OTHER_UID],
    ['its UUID', () => demoCharger(server, OTHER_UID).id.toUpperCase()],
  ])('is bound to the station that was named by %s', async (_, name) => {
    const one = await openStream({ query: `?stationIds=${name()}` });
    const both = await openStream({ query: `?stationIds=${name()},${UID}` });
    for (const status of ['Unavailable', 'Available']) {
      await report(station, status);
      await report(otherStation, status);
    }
    const uids = (stream: OpenStream) =>
      [...new Set(stream.events.map(({ data }) => data.chargerUid))].sort();
    await eventually(() => both.events.filter(({ data }) => data.chargerUid === OTHER_UID).length >= 2);
    await eventually(() => one.events.length >= 2);
    expect(uids(one)).toEqual([OTHER_UID]);
    expect(uids(both)).toEqual([UID, OTHER_UID]);
  });

  it('tells a driver of what is their own, and of nothing else', async () => {
    const before = await lastLogged();
    const [hers, his] = [
      await openStream({ headers: maya.headers }),
      await openStream({ headers: luis.headers }),
    ];
    await charge(maya.tokenUid);
    await charge(luis.tokenUid);
    await eventually(() => his.events.some(({ event }) => event === 'transaction.created'));
    const own = (driver: SignedIn) =>
      server.sql<{ id: string }>(
        'select sequence::text id from events where driver_id = $1 and sequence > $2::bigint order by events.sequence',
        [driver.id, before],
      );
    expect(ids(hers.events)).toEqual(ids((await own(maya)) as Received[]));
    expect(ids(his.events)).toEqual(ids((await own(luis)) as Received[]));
    expect(hers.events.length).toBeGreaterThan(2);
  });

  it('leaves nobody behind when the reader goes', async () => {
    const { hub } = server.app;
    const before = hub.size;
    const stream = await openStream();
    expect(hub.size).toBe(before + 1);
    stream.leave();
    await eventually(() => hub.size === before);
  });
});

describe('a call of the event stream', () => {
  const call = (path: string, options: { apiKey?: string | null; headers?: Record<string, string> } = {}) =>
    server.rest('GET', `/events/stream${path}`, options);

  it.each([
    ['eventTypes', '?eventTypes=session.started,session.begun'],
    ['eventTypes', '?eventTypes=session.started&eventTypes=session.idle'],
    ['stationIds', '?stationIds=DEMO-AC-01,NOBODY-01'],
    ['stationIds', '?stationIds=018f0000-0000-7000-8000-000000000000'],
    ['stationIds', '?stationIds=%00'],
  ])('is told that %s is wrong in %s', async (field, query) => {
    const { status, body } = await call(query);
    expect(status).toBe(400);
    expect(body.details).toHaveLength(1);
    expect(body.details[0].field.split('.')[0]).toBe(field);
  });

  it('is told that it names an event that cannot be', async () => {
    const { status, body } = await call('', { headers: { 'last-event-id': 'yesterday' } });
    expect([status, body.details[0].field]).toEqual([400, 'Last-Event-ID']);
  });

  it('is refused without a key, then without the right, before anything else is looked at', async () => {
    const wrong = '?eventTypes=nonsense';
    expect((await call(wrong, { apiKey: null })).status).toBe(401);
    expect((await call(wrong, { apiKey: 'pr_live_nonsense' })).status).toBe(401);
    const app = await call(wrong, { apiKey: await appKey(server) });
    expect([app.status, app.body.error]).toEqual([403, 'driver_required']);
    expect((await call(wrong, { apiKey: await newKey('CONTROL') })).status).toBe(403);
  });

  it('takes GET alone, and HEAD, which leaves no reader behind', async () => {
    const posted = await server.rest('POST', '/events/stream', { body: {} });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const before = server.app.hub.size;
    const head = await server.rest('HEAD', '/events/stream');
    expect(head.status).toBe(200);
    expect(head.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(server.app.hub.size).toBe(before);
    expect((await server.rest('HEAD', '/events/stream', { apiKey: null })).status).toBe(401);
  });
});

async function newKey(scope: string): Promise<string> {
  const { data } = await server.graphql<{ key: { secret: string } }>(
    `mutation ($network: ID!) {
      key: createApiKey(input: { name: "Narrow", kind: OPERATOR, scopes: [${scope}], networkId: $network }) {
        ... on CreateApiKeyPayload { secret }
      }
    }`,
    { network: Buffer.from(`Network:${server.demo.networkId}`).toString('base64') },
  );
  return data.key.secret;
}

describe('a reader who comes back', () => {
  it('gets all that it missed, in order and once, and then what is new', async () => {
    const since = await lastLogged();
    await charge(server.demo.idTag);
    const stream = await openStream({ headers: { 'last-event-id': since } });
    await report(station, 'Unavailable');
    await report(station, 'Available');
    const expected = await logged(since);
    expect(expected.length).toBeGreaterThan(5);
    await eventually(() => stream.events.length === expected.length);
    expect(ids(stream.events)).toEqual(expected);
  });

  it('gets what is a day old', async () => {
    const since = await lastLogged();
    await report(station, 'Unavailable');
    const [missed] = await logged(since);
    await server.sql(
      `update events set occurred_at = now() - interval '23 hours 59 minutes' where sequence = $1`,
      [missed],
    );
    const stream = await openStream({ headers: { 'last-event-id': since } });
    await eventually(() => ids(stream.events).includes(missed!));
    await report(station, 'Available');
  });

  it('misses none when the server that it listened to goes, whoever wrote the client', async () => {
    const { databaseUrl, demo } = server;
    const first = await startTestServer({ databaseUrl, settings: { ROLES: 'api' } });
    const raw = await openStream({ from: first });
    const requests: (string | null)[] = [];
    const received: Received[] = [];
    const source = new EventSource(`${first.url}/emsp/v1/events/stream`, {
      fetch(input, init) {
        const headers = new Headers(init?.headers);
        headers.set('x-api-key', demo.apiKey);
        requests.push(headers.get('last-event-id'));
        return fetch(input, { ...init, headers });
      },
    });
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, ({ lastEventId, data }) => {
        received.push({ id: lastEventId, event: type, data: JSON.parse(data) });
      });
    }
    await new Promise(resolve => source.addEventListener('open', resolve, { once: true }));
    const since = await lastLogged();
    await charge(demo.idTag);
    await eventually(async () => received.length === (await logged(since)).length);

    const lost = new Promise(resolve => source.addEventListener('error', resolve, { once: true }));
    await first.close();
    await lost;
    expect(await raw.ended).toBe(true);
    const seen = received.at(-1)!.id;
    await charge(demo.idTag);
    const second = await startTestServer({
      databaseUrl,
      settings: { ROLES: 'api', PORT: new URL(first.url).port },
    });
    await eventually(() => requests.length > 1 && received.length > 0 && received.at(-1)!.id !== seen);
    await report(station, 'Unavailable');
    await report(station, 'Available');
    const expected = await logged(since);
    await eventually(() => received.length >= expected.length);
    expect(ids(received)).toEqual(expected);
    expect(requests[0]).toBeNull();
    expect(requests.at(-1)).toBe(seen);
    source.close();
    await second.close();
  });
});

describe('a stream that stays open', () => {
  it('says that it lives while nothing happens', async () => {
    const stream = await openStream({ query: '?eventTypes=alert.raised' });
    await eventually(() => stream.frames.filter(frame => frame.startsWith(':')).length >= 2);
    expect(stream.events).toEqual([]);
  });

  it('ends with the key that opened it, and with the driver’s token', async () => {
    const apiKey = await newKey('READ');
    const [byKey, byDriver, stays] = [
      await openStream({ headers: { 'x-api-key': apiKey } }),
      await openStream({ headers: maya.headers }),
      await openStream(),
    ];
    await server.sql(`update api_keys set revoked_at = now() where name = 'Narrow' and scopes = '{read}'`);
    expect(await byKey.ended).toBe(true);
    offsetMs += 3_601_000;
    expect(await byDriver.ended).toBe(true);
    const before = stays.events.length;
    await report(station, 'Unavailable');
    await report(station, 'Available');
    await eventually(() => stays.events.length > before);
    maya = await signIn(server);
    luis = await signIn(server);
  });

  /** So many large events at once, and the ids that they got. */
  async function flood(count: number): Promise<string[]> {
    const rows = await server.sql<{ sequence: string }>(
      `insert into events (id, network_id, type, occurred_at, payload)
       select gen_random_uuid(), $1, 'alert.raised', now(), jsonb_build_object('filler', repeat('x', 16000))
         from generate_series(1, $2) returning sequence::text`,
      [server.demo.networkId, count],
    );
    return rows.map(row => row.sequence);
  }

  it('keeps no more for a reader that is too slow than a bound, cuts it off, and lets it go on', async () => {
    // with the customary comments, so that nothing but the queue's bound comes into it
    const patient = await startTestServer({ databaseUrl: server.databaseUrl, settings: { ROLES: 'api' } });
    const { hub } = patient.app;
    const query = '?eventTypes=alert.raised';
    const slow = await openStream({ query, unread: true, from: patient });
    const expected = await flood(3000);
    await eventually(() => hub.size === 0);
    slow.read();
    expect(await slow.ended).toBe(false);
    const got = ids(slow.events);
    expect(got.length).toBeGreaterThan(0);
    expect(got.length).toBeLessThan(2900);
    expect(got).toEqual(expected.slice(0, got.length));

    await eventually(() => hub.position() === expected.at(-1));
    const again = await openStream({ query, headers: { 'last-event-id': got.at(-1)! }, from: patient });
    await eventually(() => again.events.length === expected.length - got.length, { timeoutMs: 20_000 });
    expect(ids(again.events)).toEqual(expected.slice(got.length));
    await patient.close();
  });

  it('is cut off where the reader stands still, even if its queue holds out', async () => {
    const { hub } = server.app;
    const before = hub.size;
    await openStream({ query: '?eventTypes=alert.raised', unread: true });
    await flood(1000);
    await eventually(() => hub.size === before);
  });
});
