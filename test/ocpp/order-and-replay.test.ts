import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { booted201, eventsOf } from '../support/station-201.ts';
import {
  addCharger,
  addToken,
  ago,
  billsOf,
  bootedWithTwo,
  connect,
  hold,
  roundTrips,
  type StagedCharger,
  sessionsOf,
  setAsideOf,
  waitingForLock,
} from './stage.ts';

const logLines: string[] = [];
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ logLines });
});
afterAll(() => server.close());

/** The ids of the answers, in the order in which they came. */
function answersOf(station: RawStation): string[] {
  const ids: string[] = [];
  station.socket.on('message', data => {
    const [type, id] = JSON.parse(String(data));
    if (type !== 2) ids.push(id);
  });
  return ids;
}

const CONNECTOR = 'select from connectors where charger_id = $1 and number = $2 for update';
const status = (connectorId: number, to = 'Preparing') => ({ connectorId, errorCode: 'NoError', status: to });
const unknownStop = (meterStop = 1) => ({ transactionId: 2_000_000_000, meterStop, timestamp: ago() });

describe('the calls of one station', () => {
  it('lines 6 and 14: a stop sent right behind its start finds it', async () => {
    const charger = await addCharger(server);
    const station = await bootedWithTwo(server, charger);
    const start = { connectorId: 1, idTag: server.demo.idTag, meterStart: 100 };
    const first = await station.call<{ transactionId: number }>('StartTransaction', {
      ...start,
      connectorId: 2,
      timestamp: ago({ minutes: 90 }),
    });
    const transactionId = first.transactionId + 1;
    const started = station.call('StartTransaction', { ...start, timestamp: ago({ minutes: 60 }) });
    const metered = station.call('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: ago({ minutes: 30 }), sampledValue: [{ value: '600' }] }],
    });
    const stopped = station.call('StopTransaction', { transactionId, meterStop: 1100, timestamp: ago() });
    expect(await started).toMatchObject({ transactionId });
    await Promise.all([metered, stopped]);

    expect(await setAsideOf(server, charger)).toEqual([]);
    expect((await sessionsOf(server, charger))[1]).toMatchObject({
      transaction_number: transactionId,
      status: 'completed',
      energy_wh: '1000.000',
    });
    expect(await billsOf(server, charger)).toHaveLength(1);
    await station.close();
  });

  it('line 14: are answered in the order in which they came, slow ones and quick ones', async () => {
    const station = await connect(server, await addCharger(server));
    const answers = answersOf(station);
    const calls: [string, unknown][] = [
      ['BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' }],
      ['StatusNotification', status(0, 'Available')],
      ['StatusNotification', status(1)],
      ['Heartbeat', {}],
      ['Authorize', { idTag: server.demo.idTag }],
      ['MakeCoffee', {}],
      ['Heartbeat', { not: 'valid' }],
      ['StartTransaction', { connectorId: 1, idTag: 'X', meterStart: 0, timestamp: ago() }],
      ['DataTransfer', { vendorId: 'test' }],
    ];
    await Promise.all(calls.map(([action, payload], at) => station.callFrame(action, payload, `call-${at}`)));
    expect(answers).toEqual(calls.map((_, at) => `call-${at}`));
    await station.close();
  });

  it('lines 6 and 14: of an OCPP 2.0.1 station are answered in the order in which they came too', async () => {
    const charger = await addCharger(server);
    const station = await connect(server, charger, { protocols: ['ocpp2.0.1'] });
    const answers = answersOf(station);
    const idToken = await addToken(server);
    const [started, ended] = eventsOf({
      idToken,
      at: ago({ minutes: 30 }),
      steps: [],
      stop: { minute: 20, meter: 900 },
    });
    const calls: [string, unknown][] = [
      ['BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'Test', model: 'Raw' } }],
      [
        'StatusNotification',
        { evseId: 1, connectorId: 1, connectorStatus: 'Occupied', timestamp: ago({ minutes: 31 }) },
      ],
      ['TransactionEvent', started],
      ['Heartbeat', {}],
      ['MakeCoffee', {}],
      ['TransactionEvent', ended],
      ['Authorize', { idToken: { idToken, type: 'ISO14443' } }],
      ['Heartbeat', { not: 'valid' }],
      ['DataTransfer', { vendorId: 'test' }],
    ];
    await Promise.all(calls.map(([action, payload], at) => station.callFrame(action, payload, `call-${at}`)));
    expect(answers).toEqual(calls.map((_, at) => `call-${at}`));
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed', energy_wh: '900.000' }]);
    await station.close();
  });

  it('line 14: wait for each other, and no other station waits for them', async () => {
    const slow = await addCharger(server);
    const slowStation = await bootedWithTwo(server, slow);
    const station = await bootedWithTwo(server, await addCharger(server));
    const answers = answersOf(slowStation);
    const connector = await hold(server, CONNECTOR, [slow.id, 1]);
    const calls = Promise.all([
      slowStation.callFrame('StatusNotification', status(1), 'slow'),
      slowStation.callFrame('Heartbeat', {}, 'behind'),
    ]);
    await eventually(async () => (await waitingForLock(server)) > 0);
    expect(await station.call('StatusNotification', status(1))).toEqual({});
    expect(answers).toEqual([]);
    await connector.release();
    await calls;
    expect(answers).toEqual(['slow', 'behind']);
    await Promise.all([slowStation.close(), station.close()]);
  });
});

describe('the same message again', () => {
  let charger: StagedCharger;
  let station: RawStation;
  beforeAll(async () => {
    charger = await addCharger(server);
    station = await bootedWithTwo(server, charger);
  });

  it('lines 7 and 14: gets the first answer and has no second effect', async () => {
    const before = await setAsideOf(server, charger);
    const stop = unknownStop();
    const first = await station.callFrame('StopTransaction', stop, '1');
    const second = await station.callFrame('StopTransaction', stop, '1');
    expect(second).toEqual(first);
    expect(await setAsideOf(server, charger)).toHaveLength(before.length + 1);
  });

  it('lines 7 and 14: gets the first answer also while the first is in flight', async () => {
    const connector = await hold(server, CONNECTOR, [charger.id, 1]);
    const first = station.callFrame('StatusNotification', status(1, 'Faulted'), '2');
    await eventually(async () => (await waitingForLock(server)) > 0);
    const second = station.callFrame('StatusNotification', status(1, 'Faulted'), '2');
    await connector.release();
    expect(await first).toEqual([3, '2', {}]);
    expect(await second).toEqual([3, '2', {}]);
    const reports = await server.sql(
      `select from connector_status_reports r join connectors k on k.id = r.connector_id
       where k.charger_id = $1 and r.status = 'FAULTED'`,
      [charger.id],
    );
    expect(reports).toHaveLength(1);
  });

  it('lines 7 and 14: with another payload it is a new call', async () => {
    const before = await setAsideOf(server, charger);
    await station.call('StopTransaction', unknownStop(10), '3');
    await station.call('StopTransaction', unknownStop(20), '3');
    expect(await setAsideOf(server, charger)).toHaveLength(before.length + 2);
  });

  it('lines 7 and 14: with another action it is a new call', async () => {
    expect(await station.call('Heartbeat', {}, '4')).toHaveProperty('currentTime');
    expect(await station.call('DataTransfer', { vendorId: 'test' }, '4')).toEqual({
      status: 'UnknownVendorId',
    });
  });

  it('line 14: on a new socket it is a new call: a station may count its ids from 1 after each boot', async () => {
    const before = await setAsideOf(server, charger);
    const stop = unknownStop(30);
    await station.call('StopTransaction', stop, '5');
    await station.close();
    station = await connect(server, charger);
    await station.call('StopTransaction', stop, '5');
    expect(await setAsideOf(server, charger)).toHaveLength(before.length + 2);
  });
});

describe('the same message of an OCPP 2.0.1 station again', () => {
  it('lines 7 and 14: has its one effect, until it differs or the socket is new', async () => {
    const charger = await addCharger(server);
    let station = await booted201({ socketUrl: server.socketUrl, ...charger, evses: [1] });
    const reports = async () =>
      (
        await server.sql(
          `select from connector_status_reports r join connectors k on k.id = r.connector_id
            where k.charger_id = $1 and r.status = 'FAULTED'`,
          [charger.id],
        )
      ).length;
    const payload = { evseId: 1, connectorId: 1, connectorStatus: 'Faulted', timestamp: ago() };
    const first = await station.callFrame('StatusNotification', payload, '1');
    expect(await station.callFrame('StatusNotification', payload, '1')).toEqual(first);
    expect(await reports()).toBe(1);
    const other = { ...payload, timestamp: ago({ minutes: 1 }) };
    await station.callFrame('StatusNotification', other, '1');
    expect(await reports()).toBe(2);
    await station.close();
    station = await connect(server, charger, { protocols: ['ocpp2.0.1'] });
    await station.callFrame('StatusNotification', payload, '1');
    expect(await reports()).toBe(3);
    await station.close();
  });
});

/** Stations of both versions with a charge that one message would end; what that is. */
async function chargingStations() {
  const charger16 = await addCharger(server);
  const station16 = await bootedWithTwo(server, charger16);
  const { transactionId } = await station16.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag: await addToken(server),
    meterStart: 0,
    timestamp: ago({ minutes: 30 }),
  });
  const charger201 = await addCharger(server);
  const station201 = await booted201({ socketUrl: server.socketUrl, ...charger201 });
  const [started, ended] = eventsOf({
    idToken: await addToken(server),
    at: ago({ minutes: 30 }),
    steps: [],
    stop: { minute: 20, meter: 900 },
  });
  await station201.call('TransactionEvent', started);
  return [
    {
      charger: charger16,
      station: station16,
      action: 'StopTransaction',
      payload: { transactionId, meterStop: 900, timestamp: ago({ minutes: 10 }) },
    },
    { charger: charger201, station: station201, action: 'TransactionEvent', payload: ended },
  ];
}

describe('the database', () => {
  it('line 17: a deadlock is tried again inside, and the station sees nothing of it', async () => {
    const charger = await addCharger(server);
    const station = await bootedWithTwo(server, charger);
    await station.call('StartTransaction', {
      connectorId: 1,
      idTag: server.demo.idTag,
      meterStart: 0,
      timestamp: ago({ minutes: 5 }),
    });
    const session = await hold(server, 'select from sessions where charger_id = $1 for update', [charger.id]);
    const answer = station.callFrame('StatusNotification', status(1, 'Charging'));
    await eventually(async () => (await waitingForLock(server)) > 0);
    // it has the connector and waits for the session; whoever began to wait first is the one that is broken off
    await session.client.query(CONNECTOR, [charger.id, 1]);
    await session.release();
    expect((await answer)[0]).toBe(3);
    expect(logLines.filter(line => line.includes('transaction tried again'))).toHaveLength(1);
    const [connector] = await server.sql(
      'select status from connectors where charger_id = $1 and number = 1',
      [charger.id],
    );
    expect(connector).toEqual({ status: 'CHARGING' });
    await station.close();
  });

  it.each(['40001', '40P01'])(
    'line 17: an end that PostgreSQL asks to try again (%s) is, in both versions, and counts once',
    async sqlState => {
      const stations = await chargingStations();
      await server.sql('create sequence refusals');
      await server.sql(
        `create function refuse_once() returns trigger language plpgsql security definer as $$ begin
           if nextval('refusals') = 1 then raise exception using errcode = '${sqlState}'; end if;
           return new;
         end $$`,
      );
      await server.sql(
        'create trigger refuse_once before insert on transactions for each row execute function refuse_once()',
      );
      for (const { charger, station, action, payload } of stations) {
        await server.sql('alter sequence refusals restart');
        logLines.length = 0;
        expect((await station.callFrame(action, payload))[0]).toBe(3);
        expect(logLines.filter(line => line.includes('transaction tried again'))).toHaveLength(1);
        expect(await sessionsOf(server, charger)).toMatchObject([
          { status: 'completed', energy_wh: '900.000' },
        ]);
        expect(await billsOf(server, charger)).toHaveLength(1);
        await station.close();
      }
      await server.sql('drop function refuse_once cascade');
      await server.sql('drop sequence refusals');
    },
  );

  it('line 17: the end of a charge is not acknowledged before it is committed, in both versions', async () => {
    const stations = await chargingStations();
    const other = await bootedWithTwo(server, await addCharger(server));
    await server.sql(
      `create function wait_to_commit() returns trigger language plpgsql as
         $$ begin perform pg_advisory_xact_lock_shared(17); return null; end $$`,
    );
    // runs when all else is done, as the first part of the commit
    await server.sql(
      `create constraint trigger wait_to_commit after insert on transactions deferrable initially deferred
         for each row execute function wait_to_commit()`,
    );
    for (const { charger, station, action, payload } of stations) {
      const held = await hold(server, 'select pg_advisory_xact_lock(17)');
      const answers = answersOf(station);
      const answer = station.callFrame(action, payload, 'ends');
      await eventually(async () => (await waitingForLock(server)) > 0);
      await roundTrips(other);
      expect(answers).toEqual([]);
      expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'active' }]);
      await held.release();
      expect((await answer)[0]).toBe(3);
      expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed' }]);
      await station.close();
    }
    await server.sql('drop function wait_to_commit cascade');
    await other.close();
  });

  it('line 17: a start and a stop are on record when their answers arrive', async () => {
    const charger = await addCharger(server);
    const station = await bootedWithTwo(server, charger);
    const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
      connectorId: 1,
      idTag: server.demo.idTag,
      meterStart: 0,
      timestamp: ago({ minutes: 30 }),
    });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'active' }]);
    await station.call('StopTransaction', { transactionId, meterStop: 500, timestamp: ago() });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed' }]);
    await station.close();
  });
});
