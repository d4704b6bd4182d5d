import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type RawStation, RefusedUpgrade } from '../support/station.ts';
import {
  addCharger,
  ago,
  bootedWithTwo,
  callsTo,
  connect,
  hold,
  refusal,
  roundTrips,
  type StagedCharger,
  waitingForLock,
} from './stage.ts';

let server: TestServer;
let charger: StagedCharger;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const isOpen = (station: RawStation) => station.socket.readyState === WebSocket.OPEN;

describe('the upgrade', () => {
  beforeAll(async () => {
    charger = await addCharger(server);
  });

  it.each(['/%zz', '/ocpp/%zz', '/ocpp/%', '/ocpp/%00', '/ocpp/%C3%28', '/ocpp/', '/ocpp/n/x', '/ocpp/a/b'])(
    'line 1: a path that names no station, %s, is not found, and the server goes on serving',
    async path => {
      expect(await refusal(connect(server, charger, { path }))).toBe(404);
      const station = await connect(server, charger);
      expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
      await station.close();
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    },
  );

  it('line 2: a station that offers no subprotocol is refused', async () => {
    expect(await refusal(connect(server, charger, { protocols: [] }))).toBe(400);
  });

  it('line 12: of the subprotocols offered, the one both sides speak is chosen', async () => {
    const station = await connect(server, charger, { protocols: ['ocpp0.1', 'ocpp1.6'] });
    expect(station.socket.protocol).toBe('ocpp1.6');
    await station.close();
  });

  it('line 3: ocpp2.1, which would refuse every message, is not offered; who has 2.0.1 too speaks that', async () => {
    expect(await refusal(connect(server, charger, { protocols: ['ocpp2.1'] }))).toBe(400);
    const station = await connect(server, charger, { protocols: ['ocpp2.1', 'ocpp2.0.1'] });
    expect(station.socket.protocol).toBe('ocpp2.0.1');
    await station.close();
  });

  it('line 12: a station is refused that offers no subprotocol in common', async () => {
    expect(await refusal(connect(server, charger, { protocols: ['ocpp0.1'] }))).toBe(400);
  });
});

describe('frames', () => {
  const MARKER = 'MARKER-7f3a';
  let station: RawStation;
  beforeAll(async () => {
    station = await connect(server, await addCharger(server, { messageValidation: 'strict' }));
  });

  it('line 4: a frame above 256 KiB closes its socket, one below is answered, others do not notice', async () => {
    const careless = await connect(server, await addCharger(server));
    const large = (bytes: number) => ({ vendorId: 'test', data: 'x'.repeat(bytes) });
    expect(await careless.call('DataTransfer', large(255 * 1024))).toEqual({ status: 'UnknownVendorId' });
    const closed = careless.closed();
    careless.send([2, 'too-large', 'DataTransfer', large(256 * 1024)]);
    expect(await closed).toBe(1009);
    expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
  });

  it.each([
    ['a text that is too long', 'Authorize', { idTag: `${MARKER}-and-much-longer-than-20` }],
    ['an unknown member', 'Heartbeat', { [MARKER]: MARKER }],
    ['a value outside its list', 'StatusNotification', { connectorId: 1, errorCode: MARKER, status: MARKER }],
    ['a wrong type', 'MeterValues', { connectorId: MARKER, meterValue: [] }],
    ['a missing member', 'StartTransaction', { idTag: MARKER }],
    ['an action nobody knows', 'MakeCoffee', { strength: MARKER }],
    ['a payload that is an array', 'Heartbeat', [MARKER]],
  ])('line 4: an error about %s carries nothing of the payload', async (_, action, payload) => {
    const frame = await station.callFrame(action, payload);
    expect(frame[0]).toBe(4);
    expect(frame[4]).toEqual({});
    expect(JSON.stringify(frame)).not.toContain(MARKER);
  });

  it('line 4: an error about a text that is no JSON carries nothing of it', async () => {
    const answer = station.next(frame => frame[0] === 4);
    station.send(`[2,"id","Heartbeat",{"${MARKER}`);
    const frame = await answer;
    expect(frame[4]).toEqual({});
    expect(JSON.stringify(frame)).not.toContain(MARKER);
  });

  it('line 4: a call without a payload is answered with an error, and the socket goes on', async () => {
    const answer = station.next(frame => frame[1] === 'bare');
    station.send([2, 'bare', 'Heartbeat']);
    expect((await answer)[0]).toBe(4);
    expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
  });
});

describe('two sockets with one identity', () => {
  const connectionOf = async (of: StagedCharger) =>
    (
      await server.sql<{ node_id: string | null; connection_id: string; is_online: boolean }>(
        'select node_id, connection_id, is_online from charger_connections where charger_id = $1',
        [of.id],
      )
    )[0]!;
  const start = (of: StagedCharger, connectorNumber: number) =>
    server.rest('POST', '/charging/start', {
      body: { chargerId: of.id, connectorNumber, idTag: server.demo.idTag },
    });

  it('line 5: the newer one is closed neither by the older nor with it, and the server speaks to it', async () => {
    const twice = await addCharger(server);
    const older = await bootedWithTwo(server, twice);
    const closed = older.closed();
    const newer = await connect(server, twice);
    expect(await closed).toBe(1008);

    const asked = start(twice, 1);
    const { id } = await newer.expectCall('RemoteStartTransaction');
    newer.reply(id, { status: 'Accepted' });
    expect((await asked).status).toBe(200);
    await newer.close();
  });

  it('line 13: what was asked of the older socket fails at once, its outcome unknown', async () => {
    const twice = await addCharger(server);
    const older = await bootedWithTwo(server, twice);
    const asked = start(twice, 1);
    await older.expectCall('RemoteStartTransaction');
    const replacedAt = Date.now();
    const newer = await connect(server, twice);
    expect(await asked).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    expect(Date.now() - replacedAt).toBeLessThan(5_000);
    await newer.close();
  });

  it('line 13: what waits behind it for the older socket fails too, and is not sent to the newer one', async () => {
    const twice = await addCharger(server);
    const older = await bootedWithTwo(server, twice);
    const first = start(twice, 1);
    await older.expectCall('RemoteStartTransaction');
    const second = start(twice, 2);
    await eventually(
      async () => (await server.sql('select from sessions where charger_id = $1', [twice.id])).length === 2,
    );
    await roundTrips(older);
    const newer = await connect(server, twice);
    const calls = callsTo(newer);
    expect((await first).status).toBe(503);
    expect((await second).status).toBe(503);
    await roundTrips(newer);
    expect(calls).toEqual([]);
    await newer.close();
  });

  it('line 13: the late close of the older neither removes the newer nor marks the station offline', async () => {
    const twice = await addCharger(server);
    const older = await bootedWithTwo(server, twice);
    older.socket.pause();
    const newer = await connect(server, twice);
    await newer.call('Heartbeat', {});
    const before = await connectionOf(twice);
    const closed = older.closed();
    older.socket.resume();
    await closed;

    const asked = start(twice, 1);
    const { id } = await newer.expectCall('RemoteStartTransaction');
    newer.reply(id, { status: 'Accepted' });
    expect((await asked).status).toBe(200);
    expect(await connectionOf(twice)).toEqual({ ...before, is_online: true });
    expect(before.node_id).not.toBeNull();
    await newer.close();
  });

  it('lines 4 and 13: an unusable frame on a socket that is being closed ends nothing', async () => {
    const twice = await addCharger(server);
    const older = await bootedWithTwo(server, twice);
    older.socket.pause();
    const newer = await connect(server, twice);
    await newer.call('Heartbeat', {});
    older.send('x'.repeat(300 * 1024));
    await roundTrips(newer);
    older.socket.resume();
    await older.closed();
    expect(await newer.call('Heartbeat', {})).toHaveProperty('currentTime');
    await newer.close();
  });

  it('line 13: a socket in another process is replaced as one in this', async () => {
    const other = await startTestServer({ databaseUrl: server.databaseUrl });
    const twice = await addCharger(server);
    const older = await bootedWithTwo(server, twice);
    const asked = start(twice, 1);
    await older.expectCall('RemoteStartTransaction');
    const closed = older.closed();
    const newer = await connect(other, twice);
    expect(await closed).toBe(1008);
    expect((await asked).status).toBe(503);

    const askedAgain = start(twice, 2);
    const { id } = await newer.expectCall('RemoteStartTransaction');
    newer.reply(id, { status: 'Accepted' });
    expect((await askedAgain).status).toBe(200);
    expect((await connectionOf(twice)).node_id).not.toBeNull();
    await other.close();
  });

  it('line 13: of many sockets at once one stays, and when it goes the station has none', async () => {
    const stormy = await addCharger(server);
    for (let round = 0; round < 5; round++) {
      const stations = await Promise.all(Array.from({ length: 6 }, () => connect(server, stormy)));
      const [last] = await eventually(() => {
        const open = stations.filter(isOpen);
        return open.length === 1 && open;
      });
      expect(await last!.call('Heartbeat', {})).toHaveProperty('currentTime');
      expect((await connectionOf(stormy)).node_id).not.toBeNull();
      await last!.close();
      await eventually(async () => (await connectionOf(stormy)).node_id === null);
    }
  });
});

describe('the end of the process', () => {
  it('lines 10 and 19: calls that have come are answered, then every station is asked to connect again and waited for, even a dead one', async () => {
    const ending = await startTestServer();
    const charger = await addCharger(ending);
    const station = await bootedWithTwo(ending, charger);
    const dead = await connect(ending, await addCharger(ending));
    dead.socket.pause();
    const held = await hold(
      ending,
      'select from connectors where charger_id = $1 and number = 1 for update',
      [charger.id],
    );
    const code = station.closed();
    const preparing = { connectorId: 1, errorCode: 'NoError', status: 'Preparing' };
    const answers = Promise.all([
      station.callFrame('StatusNotification', preparing),
      station.callFrame('StatusNotification', { ...preparing, status: 'Charging' }),
    ]);
    await eventually(async () => (await waitingForLock(ending)) > 0);
    const closing = ending.close();
    await held.release();
    expect((await answers).map(([type]) => type)).toEqual([3, 3]);
    expect(await code).toBe(1012);
    await closing;

    const database = new pg.Client({ connectionString: ending.databaseUrl });
    await database.connect();
    const { rows } = await database.query('select node_id from charger_connections');
    await database.end();
    expect(rows).toEqual([{ node_id: null }, { node_id: null }]);
  });
});

describe('a server that stops', () => {
  it('lines 10 and 19: closes its sockets one after the other, waits for them all, and serves those whose turn has not come', async () => {
    const ending = await startTestServer({ settings: { DRAIN_SECONDS: '2' } });
    const stations: RawStation[] = [];
    for (let each = 0; each < 12; each++) stations.push(await connect(ending, await addCharger(ending)));
    const codes = stations.map(station => station.closed());
    let hasEnded = false;
    const closing = ending.close().then(() => {
      hasEnded = true;
    });
    expect(await Promise.race(codes)).toBe(1012);
    const open = stations.filter(isOpen);
    expect(open.length).toBeGreaterThan(0);
    expect(await open.at(-1)!.call('Heartbeat', {})).toHaveProperty('currentTime');
    expect(hasEnded).toBe(false);
    expect(await Promise.all(codes)).toEqual(codes.map(() => 1012));
    await closing;
  });

  it('line 19: has every start that it acknowledged, however many come while it stops', async () => {
    const ending = await startTestServer();
    const charger = await addCharger(ending);
    const station = await bootedWithTwo(ending, charger);
    const acknowledged = new Set<number>();
    station.socket.on('message', data => {
      const [type, , answer] = JSON.parse(String(data));
      if (type === 3 && answer.transactionId) acknowledged.add(answer.transactionId);
    });
    const code = station.closed();
    let sent = 0;
    const sending = setInterval(() => {
      if (!isOpen(station)) return;
      sent += 1;
      const start = { connectorId: 1, idTag: 'X', meterStart: sent, timestamp: ago({ minutes: 60 }) };
      station.send([2, `start-${sent}`, 'StartTransaction', start]);
    }, 2);
    await eventually(() => acknowledged.size >= 5);
    const closing = ending.close();
    expect(await code).toBe(1012);
    clearInterval(sending);
    await closing;

    const database = new pg.Client({ connectionString: ending.databaseUrl });
    await database.connect();
    const { rows } = await database.query('select transaction_number from sessions');
    await database.end();
    expect(sent).toBeGreaterThan(acknowledged.size);
    const kept = new Set(rows.map(row => row.transaction_number));
    expect([...acknowledged].filter(number => !kept.has(number))).toEqual([]);
  });

  it('line 19: waits some seconds for an answer and for a station that does not speak, and no longer', async () => {
    const ending = await startTestServer();
    const charger = await addCharger(ending);
    const station = await bootedWithTwo(ending, charger);
    const held = await hold(
      ending,
      'select from connectors where charger_id = $1 and number = 1 for update',
      [charger.id],
    );
    const code = station.closed();
    station.send([
      2,
      'never',
      'StatusNotification',
      { connectorId: 1, errorCode: 'NoError', status: 'Faulted' },
    ]);
    await eventually(async () => (await waitingForLock(ending)) > 0);
    const closing = ending.close();
    expect(await code).toBe(1012);
    await held.release();
    await closing;
  });
});

describe('a storm of reconnects', () => {
  it('line 18: a station that connects too often is told when to come again, and no other waits for it', async () => {
    const stormy = await startTestServer({ settings: { STATION_CONNECTS_PER_MINUTE: '5' } });
    const wild = await addCharger(stormy);
    const calm = await addCharger(stormy);
    for (let each = 0; each < 5; each++) await connect(stormy, wild);
    const knocks = await Promise.all(
      Array.from({ length: 20 }, () => connect(stormy, wild).catch(error => error)),
    );
    for (const knock of knocks) {
      expect(knock).toBeInstanceOf(RefusedUpgrade);
      expect(knock.status).toBe(429);
      expect(Number(knock.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(knock.headers['retry-after'])).toBeLessThanOrEqual(60);
    }
    const station = await connect(stormy, calm);
    expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
    await stormy.close();
  });

  it('line 18: wrong passwords count too, and an identity in another spelling is the same', async () => {
    const stormy = await startTestServer({ settings: { STATION_CONNECTS_PER_MINUTE: '3' } });
    const wild = await addCharger(stormy);
    for (let each = 0; each < 3; each++) {
      expect(await refusal(connect(stormy, wild, { password: 'wrong' }))).toBe(401);
    }
    const spelt = wild.uid.replace('T', '%54');
    expect(await refusal(connect(stormy, wild, { path: `/ocpp/${spelt}` }))).toBe(429);
    expect(
      await refusal(connect(stormy, wild, { path: `/ocpp/n/${stormy.demo.networkId}/${wild.uid}` })),
    ).toBe(429);
    await stormy.close();
  });

  it('line 18: whoever knocks with a station’s name from elsewhere does not keep it out', async () => {
    const stormy = await startTestServer({
      settings: { STATION_CONNECTS_PER_MINUTE: '3', TRUSTED_PROXIES: '127.0.0.1', HOST: '127.0.0.1' },
    });
    const station = await addCharger(stormy);
    const from = (address: string, password: string) => ({
      'x-forwarded-for': `${address}, 127.0.0.1`,
      authorization: `Basic ${Buffer.from(`${station.uid}:${password}`).toString('base64')}`,
    });
    const knock = (address: string, password = 'wrong') =>
      connect(stormy, station, { headers: from(address, password) });
    for (let each = 0; each < 3; each++) expect(await refusal(knock('203.0.113.7'))).toBe(401);
    expect(await refusal(knock('203.0.113.7'))).toBe(429);
    await (await knock('203.0.113.8', station.password)).close();
    await stormy.close();
  });

  it('line 18: of hundreds that come at once each is let in', async () => {
    const chargers = [];
    for (let each = 0; each < 200; each++) chargers.push(await addCharger(server));
    const stations = await Promise.all(chargers.map(one => connect(server, one)));
    await Promise.all(stations.map(station => station.call('Heartbeat', {})));
    await Promise.all(stations.map(station => station.close()));
  });
});
