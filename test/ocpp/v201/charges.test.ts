import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { playCharge } from '../../support/charge.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { RawStation } from '../../support/station.ts';
import { booted201, eventsOf, register, sendAll, status201 } from '../../support/station-201.ts';
import {
  addCharger,
  addToken,
  ago,
  billsOf,
  bootedWithTwo,
  connect,
  hold,
  type StagedCharger,
  sessionsOf,
  setAsideOf,
  waitingForLock,
} from '../stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const dial = (charger: StagedCharger, evses?: number[]) =>
  booted201({ socketUrl: server.socketUrl, ...charger, ...(evses && { evses }) });

let charger: StagedCharger;
let station: RawStation;
let idToken: string;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await dial(charger);
  idToken = await addToken(server, { groupUid: 'Family' });
  return () => station.close();
});

const AT = '2026-06-18T10:00:00Z';
/** 22 kW for half an hour, then idle for 20 minutes of which 10 are grace. */
const STEPS = [
  { minute: 10, meter: 3_700, powerW: 22_000 },
  { minute: 20, meter: 7_301, powerW: 21_600 },
  { minute: 30, meter: 11_007, powerW: 0 },
];
const STOP = { minute: 50, meter: 11_007 };
const charge = () => ({
  idToken,
  at: AT,
  steps: [...STEPS, { minute: 30, state: 'SuspendedEV' }],
  stop: STOP,
});

const bill = async (of: StagedCharger) => {
  const [row] = await server.sql(
    `select t.energy_wh, t.charging_seconds, t.idle_seconds, t.chargeable_idle_seconds, t.energy_cost, t.time_cost,
            t.idle_fee, t.subtotal, t.tax, t.total, t.start_time, t.end_time, t.connector_number, t.driver_id
       from transactions t join sessions s on s.id = t.session_id where s.charger_id = $1`,
    [of.id],
  );
  return row;
};
const statusOf = async (number = 1) =>
  (
    await server.sql<{ status: string }>(
      'select status from connectors where charger_id = $1 and number = $2',
      [charger.id, number],
    )
  )[0]?.status;
const session = async () => {
  const [row, ...more] = await sessionsOf(server, charger);
  expect(more).toEqual([]);
  return row!;
};
const samples = () =>
  server.sql<{ samples: { value: string; unit: string; format: string; phase: string | null }[] }>(
    'select samples, energy_wh, power_w, connector_number from meter_values where charger_id = $1 order by at, id',
    [charger.id],
  );
const event = (fields: Record<string, unknown>, info: Record<string, unknown> = {}) =>
  station.call<{ idTokenInfo?: { status: string }; totalCost?: number }>('TransactionEvent', {
    eventType: 'Updated',
    timestamp: ago(),
    triggerReason: 'MeterValuePeriodic',
    seqNo: 1,
    ...fields,
    transactionInfo: { transactionId: 'T-1', ...info },
  });

describe('a whole charge', () => {
  it('is billed to the watt-hour and the second as the same charge by OCPP 1.6', async () => {
    const other = await addCharger(server);
    const station16 = await bootedWithTwo(server, other);
    await playCharge(station16, {
      idTag: idToken,
      at: AT,
      steps: [...STEPS, { minute: 30, status: 'SuspendedEV' }],
      stop: STOP,
    });
    await station16.close();
    await sendAll(station, eventsOf(charge()));
    const mine = await bill(charger);
    expect(mine).toEqual(await bill(other));
    expect(mine).toMatchObject({ energy_wh: '11007.000', idle_seconds: 1200, chargeable_idle_seconds: 600 });
  });

  it('line 35: is answered with the standing of each token that it names, and at its end with what it cost', async () => {
    const answers = await sendAll(station, eventsOf(charge()));
    const info = {
      idTokenInfo: { status: 'Accepted', groupIdToken: { idToken: 'Family', type: 'Central' } },
    };
    const [total] = await billsOf(server, charger);
    expect(answers).toEqual([info, {}, {}, {}, {}, { ...info, totalCost: total! / 100 }]);
  });

  it('ends with OCPP’s own word for why, and Local where the station gave none', async () => {
    const [started, ...rest] = eventsOf({ ...charge(), stop: { ...STOP, reason: 'EVDisconnected' } });
    await sendAll(station, [started!, ...rest]);
    expect(await session()).toMatchObject({ stop_reason: 'EVDisconnected', status: 'completed' });
    const silent = eventsOf({ ...charge(), transactionId: 'T-2', at: '2026-06-19T10:00:00Z' });
    await sendAll(
      station,
      silent.map(one => ({ ...one, transactionInfo: { transactionId: 'T-2' } })),
    );
    expect((await sessionsOf(server, charger))[1]).toMatchObject({ stop_reason: 'Local' });
  });

  it('without energy has failed, and costs nothing', async () => {
    const events = eventsOf({ ...charge(), steps: [], stop: { minute: 5, meter: 0 } });
    const answers = await sendAll(station, events);
    expect(answers.at(-1)).toMatchObject({ totalCost: 0 });
    expect(await session()).toMatchObject({ status: 'failed' });
    expect(await billsOf(server, charger)).toEqual([]);
  });

  it('of a station that tells its registers only with the end is billed all the same', async () => {
    const [started, , , , , ended] = eventsOf(charge());
    const at = (minute: number) => Temporal.Instant.from(AT).add({ minutes: minute }).toString();
    await sendAll(station, [
      { ...started!, meterValue: undefined },
      {
        ...ended!,
        seqNo: 1,
        meterValue: [
          register(at(0), 500, 'Transaction.Begin'),
          register(at(20), 4_000),
          register(at(50), 9_500, 'Transaction.End'),
        ],
      },
    ]);
    expect(await session()).toMatchObject({ energy_wh: '9000.000', status: 'completed' });
  });

  it('shows live: the connector’s status by the charging state, the energy, and idle time', async () => {
    const shown = async () => ({ status: (await session()).status, connector: await statusOf() });
    await status201(station, 1, 1, 'Occupied');
    expect(await statusOf()).toBe('PREPARING');
    const at = { evse: { id: 1, connectorId: 1 }, idToken: { idToken, type: 'ISO14443' } };
    const begin = ago({ minutes: 30 });
    await event(
      { eventType: 'Started', seqNo: 0, timestamp: begin, ...at, meterValue: [register(begin, 0)] },
      { chargingState: 'EVConnected' },
    );
    expect(await shown()).toEqual({ status: 'active', connector: 'PREPARING' });
    await event({ timestamp: ago() }, { chargingState: 'Charging' });
    expect(await shown()).toEqual({ status: 'active', connector: 'CHARGING' });
    await status201(station, 1, 1, 'Occupied');
    expect(await shown()).toEqual({ status: 'active', connector: 'CHARGING' });
    await event({ seqNo: 2, meterValue: [register(ago(), 500)] });
    expect(await session()).toMatchObject({ energy_wh: '500.000' });
    await event({ seqNo: 3 }, { chargingState: 'SuspendedEVSE' });
    expect(await shown()).toEqual({ status: 'active', connector: 'SUSPENDED_EVSE' });
    await event({ seqNo: 4 }, { chargingState: 'SuspendedEV' });
    expect(await shown()).toEqual({ status: 'idle', connector: 'SUSPENDED_EV' });
    await event({ seqNo: 5 }, { chargingState: 'Charging' });
    expect(await shown()).toEqual({ status: 'active', connector: 'CHARGING' });
    await event({ seqNo: 6, eventType: 'Ended', meterValue: [register(ago(), 900)] });
    expect(await shown()).toEqual({ status: 'completed', connector: 'FINISHING' });
    await status201(station, 1, 1, 'Available');
    expect(await statusOf()).toBe('AVAILABLE');
  });

  it('leaves a connector available that said so before the end of the charge came', async () => {
    const now = Temporal.Now.instant().round('second');
    const [started, ...rest] = eventsOf({ ...charge(), at: now.subtract({ minutes: 51 }).toString() });
    await sendAll(station, [started!]);
    expect(await statusOf()).toBe('CHARGING');
    await status201(station, 1, 1, 'Available');
    await sendAll(station, rest.slice(-1));
    expect(await statusOf()).toBe('AVAILABLE');
    expect(await session()).toMatchObject({ status: 'completed' });
  });
});

describe('tokens', () => {
  it('line 31: of 36 characters are known without regard to case, with their type', async () => {
    const uid = randomUUID();
    await server.sql('update tokens set uid = $1 where uid = $2', [uid, idToken]);
    const ask = (type: string) =>
      station.call('Authorize', { idToken: { idToken: uid.toUpperCase(), type } });
    expect(await ask('eMAID')).toMatchObject({ idTokenInfo: { status: 'Accepted' } });
    await sendAll(station, eventsOf({ ...charge(), idToken: uid.toUpperCase() }));
    const [row] = await server.sql(
      'select id_token_type, driver_id is not null as has_driver from sessions where charger_id = $1',
      [charger.id],
    );
    expect(row).toEqual({ id_token_type: 'ISO14443', has_driver: true });
    const tooLong = await station.callFrame('Authorize', {
      idToken: { idToken: 'x'.repeat(37), type: 'Central' },
    });
    expect(tooLong[0]).toBe(4);
  });

  it('line 32: are told apart, with their group and how long the answer holds', async () => {
    const ask = (uid: string) => station.call('Authorize', { idToken: { idToken: uid, type: 'ISO14443' } });
    const expiresAt = '2026-01-01T00:00:00Z';
    expect(await ask(await addToken(server, { isBlocked: true }))).toEqual({
      idTokenInfo: { status: 'Blocked' },
    });
    expect(await ask(await addToken(server, { expiresAt }))).toEqual({
      idTokenInfo: { status: 'Expired', cacheExpiryDateTime: expiresAt },
    });
    expect(await ask('nobody')).toEqual({ idTokenInfo: { status: 'Unknown' } });
  });

  it('line 32: that charge elsewhere are told so at the start alone', async () => {
    const other = await dial(await addCharger(server));
    await other.call('TransactionEvent', eventsOf(charge())[0]);
    await other.close();
    const answers = await sendAll(station, eventsOf(charge()));
    expect(answers[0]).toMatchObject({ idTokenInfo: { status: 'ConcurrentTx' } });
    expect(answers.at(-1)).toMatchObject({ idTokenInfo: { status: 'Accepted' } });
    expect(await session()).toMatchObject({ flags: ['token_concurrent'], status: 'completed' });
  });

  it('line 32: with a contract certificate that nobody here can vouch for are refused', async () => {
    const answer = await station.call('Authorize', {
      idToken: { idToken, type: 'eMAID' },
      iso15118CertificateHashData: [
        {
          hashAlgorithm: 'SHA256',
          issuerNameHash: 'a',
          issuerKeyHash: 'b',
          serialNumber: '1',
          responderURL: 'https://ocsp.test',
        },
      ],
    });
    expect(answer).toEqual({ idTokenInfo: { status: 'Invalid' }, certificateStatus: 'CertChainError' });
  });

  it.each([
    ['unknown', async () => 'nobody', 'Unknown', 'token_invalid'],
    ['blocked', () => addToken(server, { isBlocked: true }), 'Blocked', 'token_blocked'],
    ['expired', () => addToken(server, { expiresAt: '2020-01-01T00:00:00Z' }), 'Expired', 'token_expired'],
  ])(
    'line 23: that are %s do not keep their charge from being stored and answered',
    async (_, tag, status, flag) => {
      const uid = await tag();
      const answers = await sendAll(station, eventsOf({ ...charge(), idToken: uid }));
      expect(answers[0]).toMatchObject({ idTokenInfo: { status } });
      expect(await session()).toMatchObject({ id_tag: uid, flags: [flag], status: 'completed' });
    },
  );

  it('line 27: of another driver without a common group that end a charge are kept and flagged', async () => {
    const stop = async (transactionId: string, uid: string, at: string) => {
      const events = eventsOf({ ...charge(), transactionId, at });
      await sendAll(station, [
        ...events.slice(0, -1),
        { ...events.at(-1)!, idToken: { idToken: uid, type: 'ISO14443' } },
      ]);
    };
    await stop('T-1', await addToken(server), AT);
    await stop('T-2', await addToken(server, { groupUid: 'Family' }), '2026-06-19T10:00:00Z');
    const [stranger, family] = await sessionsOf(server, charger);
    expect(stranger).toMatchObject({ id_tag: idToken, flags: ['stopped_by_other_token'] });
    expect(family).toMatchObject({ id_tag: idToken, flags: [] });
  });

  it('that stand for nobody let the station charge, and nobody is billed', async () => {
    const started = { ...eventsOf(charge())[0]!, idToken: { idToken: '', type: 'NoAuthorization' } };
    expect(await sendAll(station, [started])).toEqual([{ idTokenInfo: { status: 'Accepted' } }]);
    expect(await session()).toMatchObject({ status: 'active', flags: ['no_authorization'] });
  });
});

describe('samples', () => {
  const one = (sampledValue: object[]) =>
    event({
      eventType: 'Started',
      seqNo: 0,
      evse: { id: 2 },
      meterValue: [{ timestamp: ago(), sampledValue }],
    });

  it('line 33: have OCPP’s defaults, and are normalized with unit and multiplier', async () => {
    await one([
      { value: 1.5, unitOfMeasure: { unit: 'kWh', multiplier: 1 } },
      { value: 2, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W', multiplier: 3 } },
      { value: 230.4, measurand: 'Voltage', phase: 'L1-N', unitOfMeasure: { unit: 'V', multiplier: -1 } },
    ]);
    const [row] = await samples();
    expect(row).toMatchObject({ energy_wh: '15000.000', power_w: 2000, connector_number: 2 });
    expect(row!.samples).toEqual([
      {
        measurand: 'Energy.Active.Import.Register',
        value: '15000',
        unit: 'Wh',
        phase: null,
        location: 'Outlet',
        context: 'Sample.Periodic',
        format: 'Raw',
      },
      expect.objectContaining({ value: '2000', unit: 'W' }),
      expect.objectContaining({ value: '23.04', unit: 'V', phase: 'L1-N' }),
    ]);
  });

  it('line 33: of phases are summed where there is no whole', async () => {
    await one(['L1', 'L2', 'L3'].map((phase, at) => ({ value: 100 * (at + 1), phase })));
    expect((await samples())[0]).toMatchObject({ energy_wh: '600.000' });
  });

  it('line 34: that are signed keep what was signed as it came, beside the value', async () => {
    const signedMeterValue = {
      signedMeterData: 'AAEC',
      signingMethod: 'ECDSA-secp256r1-SHA256',
      encodingMethod: 'OCMF',
      publicKey: 'base64:AAEC',
    };
    await one([{ value: 100, signedMeterValue }]);
    const [row] = await samples();
    expect(row).toMatchObject({ energy_wh: '100.000' });
    expect(JSON.parse(row!.samples[1]!.value)).toEqual(signedMeterValue);
    expect(row!.samples[1]).toMatchObject({ format: 'SignedData' });
  });

  it.each([1e300, -1e300, 1e-300, 9e15])('line 29: of %s do no harm', async value => {
    await one([
      { value },
      { value: 7, measurand: 'Power.Active.Import', unitOfMeasure: { multiplier: 2 ** 31 } },
    ]);
    expect(await session()).toMatchObject({ status: 'active' });
  });

  it('line 29: of an EVSE belong to the one charge that runs there', async () => {
    await event({
      eventType: 'Started',
      seqNo: 0,
      evse: { id: 1 },
      meterValue: [register(ago({ minutes: 5 }), 100)],
    });
    await station.call('MeterValues', { evseId: 1, meterValue: [register(ago(), 350, 'Sample.Clock')] });
    await station.call('MeterValues', { evseId: 0, meterValue: [register(ago(), 9_000)] });
    await station.call('MeterValues', { evseId: 2 ** 40, meterValue: [register(ago(), 9_000)] });
    expect(await session()).toMatchObject({ energy_wh: '250.000' });
  });
});

describe('idle', () => {
  const run = async (states: { minute: number; state: string }[]) => {
    await sendAll(
      station,
      eventsOf({
        ...charge(),
        steps: [{ minute: 10, meter: 5_000 }, ...states],
        stop: { minute: 60, meter: 5_000 },
      }),
    );
    return bill(charger);
  };

  it('line 37: is the driver’s doing while the vehicle suspends, never while the station does', async () => {
    expect(
      await run([
        { minute: 10, state: 'SuspendedEVSE' },
        { minute: 30, state: 'SuspendedEV' },
        { minute: 45, state: 'Charging' },
        { minute: 45.5, state: 'SuspendedEVSE' },
      ]),
    ).toMatchObject({ idle_seconds: 900, chargeable_idle_seconds: 300 });
  });

  it('line 37: is a vehicle that stays connected when its charge is done; it ends when the vehicle has gone', async () => {
    expect(
      await run([
        { minute: 10, state: 'EVConnected' },
        { minute: 40, state: 'Idle' },
      ]),
    ).toMatchObject({ idle_seconds: 1800 });
  });
});

describe('messages in disorder', () => {
  it('line 35: gaps are known and shown, and close when what lacks comes', async () => {
    const events = eventsOf(charge());
    const shown = async () => {
      const { data } = await server.graphql<{
        sessions: { nodes: { missingEvents: number[]; flags: string[] }[] };
      }>(
        `query ($charger: ID!) { sessions(filter: { chargerId: $charger }) { nodes { missingEvents flags } } }`,
        { charger: Buffer.from(`Charger:${charger.id}`).toString('base64') },
      );
      return data.sessions.nodes;
    };
    await sendAll(station, [events[0]!, events[2]!, events[5]!]);
    expect(await shown()).toEqual([{ missingEvents: [1, 3, 4], flags: ['missing_events'] }]);
    await sendAll(station, [events[1]!, events[3]!]);
    expect(await shown()).toEqual([{ missingEvents: [4], flags: ['missing_events'] }]);
    await sendAll(station, [events[4]!]);
    expect(await shown()).toEqual([{ missingEvents: [], flags: [] }]);
  });

  it('line 35: an update after the end is kept, and revives nothing', async () => {
    await sendAll(station, eventsOf({ ...charge(), transactionId: 'T-1' }));
    const before = await session();
    await event(
      { seqNo: 9, timestamp: ago(), meterValue: [register(ago(), 99_000)] },
      { chargingState: 'Charging' },
    );
    const after = await session();
    expect({ ...after, flags: [], updated_at: null }).toEqual({ ...before, flags: [], updated_at: null });
    expect(await statusOf()).not.toBe('CHARGING');
    expect(
      await server.sql('select 1 from transaction_events where charger_id = $1', [charger.id]),
    ).toHaveLength(7);
  });

  it('line 35: an update or an end before the start makes a stub, which the start completes', async () => {
    const events = eventsOf(charge());
    await sendAll(station, [events[2]!]);
    expect(await session()).toMatchObject({
      status: 'active',
      id_tag: '',
      flags: ['unknown_connector', 'start_not_seen'],
    });
    await sendAll(station, [events[5]!]);
    expect(await session()).toMatchObject({ status: 'completed', energy_wh: '3706.000' });
    await sendAll(station, [events[0]!, events[1]!, events[3]!, events[4]!]);
    expect(await session()).toMatchObject({
      status: 'completed',
      energy_wh: '11007.000',
      flags: [],
      connector_number: 1,
    });
    expect(await bill(charger)).toMatchObject({
      energy_wh: '11007.000',
      connector_number: 1,
      idle_seconds: 1200,
    });
  });

  it('line 35: a station that puts 0 on every message is understood', async () => {
    await sendAll(
      station,
      eventsOf(charge()).map(one => ({ ...one, seqNo: 0 })),
    );
    expect(await session()).toMatchObject({ status: 'completed', energy_wh: '11007.000', flags: [] });
    expect(await bill(charger)).toMatchObject({ idle_seconds: 1200 });
  });

  it('line 36: EVSE and token may come once, with any message', async () => {
    const events = eventsOf(charge()).map(({ evse, idToken: token, ...one }, at) =>
      at === 2 ? { ...one, evse, idToken: token } : one,
    );
    const [first] = eventsOf(charge());
    await sendAll(
      station,
      events.map((one, at) =>
        at === 2
          ? ({ ...one, evse: { id: 2, connectorId: 1 }, idToken: first!.idToken } as never)
          : (one as never),
      ),
    );
    expect(await session()).toMatchObject({
      connector_number: 2,
      id_tag: idToken,
      status: 'completed',
      flags: [],
    });
    expect(await bill(charger)).toMatchObject({ connector_number: 2, driver_id: expect.any(String) });
  });

  it('line 36: what happened offline changes history and cost, not what is live', async () => {
    await status201(station, 1, 1, 'Occupied');
    const at = Temporal.Now.instant().subtract({ hours: 3 }).round('second').toString();
    await sendAll(station, eventsOf({ ...charge(), at, isOffline: true }));
    expect(await statusOf()).toBe('PREPARING');
    expect(await bill(charger)).toMatchObject({ start_time: new Date(at), energy_wh: '11007.000' });
  });

  it('line 26: an offline charge is priced by the tariff at its time', async () => {
    await server.sql(
      `insert into tariff_assignments (id, network_id, tariff_id, charger_id, effective_from)
       select gen_random_uuid(), network_id, id, $1, now() - interval '2 hours' from tariffs where code = 'FREE'`,
      [charger.id],
    );
    const stop = { minute: 60, meter: 2_000 };
    for (const hours of [5, 1]) {
      await sendAll(
        station,
        eventsOf({ ...charge(), at: ago({ hours, minutes: 1 }), steps: [], stop, isOffline: true }),
      );
    }
    // 2 kWh at 0.35, 60 minutes at 0.02, a fee of 0.50, 11.5 % tax; then a free one
    expect(await billsOf(server, charger)).toEqual([268, 0]);
  });

  it('line 36: an offline charge leaves alone the one that runs on its connector now', async () => {
    const now = ago({ seconds: 30 });
    await event(
      {
        eventType: 'Started',
        seqNo: 0,
        timestamp: now,
        evse: { id: 1 },
        meterValue: [register(now, 11_007)],
      },
      { chargingState: 'Charging', transactionId: 'T-now' },
    );
    const at = Temporal.Now.instant().subtract({ hours: 3 }).round('second').toString();
    await sendAll(station, eventsOf({ ...charge(), at, isOffline: true }));
    expect(await sessionsOf(server, charger)).toMatchObject([
      { status: 'active', energy_wh: '0.000' },
      { status: 'completed', energy_wh: '11007.000' },
    ]);
    expect(await statusOf()).toBe('CHARGING');
  });

  it('line 35: the same message over two sockets at once counts once', async () => {
    const events = eventsOf(charge());
    await sendAll(station, events.slice(0, 5));
    const held = await hold(server, 'select 1 from sessions where charger_id = $1 for update', [charger.id]);
    const first = station.call('TransactionEvent', events[5]).catch(() => 'cut off');
    await eventually(async () => (await waitingForLock(server)) === 1);
    const newer = await connect(server, charger, { protocols: ['ocpp2.0.1'] });
    const second = newer.call('TransactionEvent', events[5]);
    await eventually(async () => (await waitingForLock(server)) === 2);
    await held.release();
    await Promise.all([first, second]);
    expect(await session()).toMatchObject({ status: 'completed', energy_wh: '11007.000' });
    expect(await billsOf(server, charger)).toHaveLength(1);
    await newer.close();
  });

  it('line 35: two messages over two sockets at once both count', async () => {
    const [started, , , , , ended] = eventsOf(charge());
    const held = await hold(
      server,
      'select 1 from connectors where charger_id = $1 and number = 1 for update',
      [charger.id],
    );
    const first = station.call('TransactionEvent', started).catch(() => 'cut off');
    await eventually(async () => (await waitingForLock(server)) === 1);
    const newer = await connect(server, charger, { protocols: ['ocpp2.0.1'] });
    const second = newer.call('TransactionEvent', { ...ended, seqNo: 1 });
    await eventually(async () => (await waitingForLock(server)) === 2);
    await held.release();
    await first;
    expect(await second).toHaveProperty('totalCost');
    expect(await session()).toMatchObject({
      status: 'completed',
      energy_wh: '11007.000',
      connector_number: 1,
      flags: [],
    });
    await newer.close();
  });

  it('line 27: another station’s transaction of the same id, in another network too, is another one', async () => {
    const other = await addCharger(server);
    await server.sql(
      `with network as (insert into networks (id, name, country_code, party_id, currency, branding)
         select gen_random_uuid(), 'Other', 'US', 'OTH', 'USD', '{}' returning id)
       update chargers set network_id = (select id from network) where id = $1`,
      [other.id],
    );
    const otherStation = await dial(other);
    const events = eventsOf({ ...charge(), transactionId: 'T-1' });
    await sendAll(station, events.slice(0, 3));
    const before = await session();
    const answers = await sendAll(otherStation, events);
    expect(answers[0]).toEqual({ idTokenInfo: { status: 'Unknown' } });
    expect(await session()).toEqual(before);
    expect(await sessionsOf(server, other)).toMatchObject([
      { status: 'completed', flags: ['token_invalid', 'no_tariff'] },
    ]);
    await otherStation.close();
  });

  it('line 28: an end before its start, or with a register below it, is set aside and bills nothing that was not measured', async () => {
    const events = eventsOf({ ...charge(), meterStart: 3_000 });
    const early = Temporal.Instant.from(AT).subtract({ hours: 1 }).toString();
    await sendAll(station, [
      ...events.slice(0, 3),
      { ...events[5]!, seqNo: 3, timestamp: early, meterValue: [register(early, 10, 'Transaction.End')] },
    ]);
    expect(await session()).toMatchObject({ status: 'completed', energy_wh: '4301.000' });
    expect((await setAsideOf(server, charger)).sort()).toEqual([
      'implausible_stop_meter',
      'implausible_stop_time',
    ]);
  });

  it.each([
    ['an hour ahead', () => Temporal.Now.instant().add({ hours: 1 }).toString(), 'implausible_stop_time'],
    ['decades ahead', () => '2099-01-01T00:00:00Z', 'implausible_time'],
  ])(
    'line 28: an end %s is set aside, ends the charge, and makes it neither negative nor endless',
    async (_, time, reason) => {
      const [started, ended] = eventsOf({
        ...charge(),
        at: ago({ minutes: 60 }),
        steps: [],
        stop: { minute: 30, meter: 2_000 },
      });
      const meterValue = [register(ago({ minutes: 30 }), 2_000, 'Transaction.End')];
      await sendAll(station, [started!, { ...ended!, timestamp: time(), meterValue }]);
      const { status, energy_wh, flags, start_time, end_time } = await session();
      expect({ status, energy_wh }).toEqual({ status: 'completed', energy_wh: '2000.000' });
      expect(flags).toContain(reason);
      expect(await setAsideOf(server, charger)).toEqual([reason]);
      const seconds = (end_time!.getTime() - start_time.getTime()) / 1000;
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(seconds).toBeLessThanOrEqual(3600 + 60);
      for (const amount of await billsOf(server, charger)) expect(amount).toBeGreaterThanOrEqual(0);
    },
  );

  it('line 28: an end below the first register, which MeterValues told, makes no energy negative', async () => {
    const [started, ended] = eventsOf({ ...charge(), at: ago({ minutes: 60 }), steps: [], stop: STOP });
    await sendAll(station, [{ ...started!, meterValue: undefined }]);
    await station.call('MeterValues', { evseId: 1, meterValue: [register(ago({ minutes: 40 }), 52_000)] });
    const meterValue = [register(ago({ minutes: 10 }), 51_000, 'Transaction.End')];
    await sendAll(station, [{ ...ended!, meterValue }]);
    expect(await session()).toMatchObject({ status: 'failed', energy_wh: '0.000' });
    expect(await setAsideOf(server, charger)).toContain('implausible_stop_meter');
    expect(await billsOf(server, charger)).toEqual([]);
  });

  it('line 24: a clock that shows 1970 does not put the charge there', async () => {
    const events = eventsOf({ ...charge(), at: '1970-01-01T00:05:00Z' });
    await sendAll(station, events);
    await sendAll(station, events);
    const { start_time, energy_wh, status } = await session();
    expect({ energy_wh, status }).toEqual({ energy_wh: '11007.000', status: 'completed' });
    expect(start_time.getUTCFullYear()).toBe(new Date().getUTCFullYear());
    expect(await billsOf(server, charger)).toHaveLength(1);
  });
});
