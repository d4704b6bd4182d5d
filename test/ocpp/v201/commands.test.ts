import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signIn } from '../../support/driver.ts';
import { eventually } from '../../support/eventually.ts';
import { globalId } from '../../support/global-id.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { RawStation } from '../../support/station.ts';
import { booted201, eventsOf, register, sendAll, status201 } from '../../support/station-201.ts';
import { addCharger, addToken, ago, callsTo, connect, type StagedCharger, sessionsOf } from '../stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
let idToken: string;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await booted201({ socketUrl: server.socketUrl, ...charger });
  // number 3 is the second connector of the first EVSE
  await status201(station, 1, 2, 'Available');
  idToken = await addToken(server);
  return () => station.close();
});

/** What the server asks of the station, answered with `answer`. */
async function asked(action: string, answer: object): Promise<unknown> {
  const { id, payload } = await station.expectCall(action);
  station.reply(id, answer);
  return payload;
}

const event = (fields: Record<string, unknown>, info: Record<string, unknown> = {}) =>
  station.call('TransactionEvent', {
    eventType: 'Updated',
    timestamp: ago(),
    triggerReason: 'MeterValuePeriodic',
    seqNo: 1,
    ...fields,
    transactionInfo: { transactionId: 'T-1', ...info },
  });
const get = async (sessionId: string) =>
  (await server.rest('GET', `/charging/sessions/${sessionId}`)).body.data;

describe('a remote start', () => {
  const start = (connectorNumber = 1) =>
    server.rest('POST', '/charging/start', {
      body: { chargerId: charger.id, connectorNumber, idTag: idToken },
    });

  it('line 30: names EVSE, token with type and its own number, by which the transaction is known', async () => {
    const answer = start(3);
    const payload = await asked('RequestStartTransaction', { status: 'Accepted' });
    expect(payload).toEqual({
      evseId: 1,
      idToken: { idToken, type: 'ISO14443' },
      remoteStartId: expect.any(Number),
    });
    const { data } = (await answer).body;
    expect(data).toMatchObject({ status: 'pending', connectorNumber: 3 });
    const { remoteStartId } = payload as { remoteStartId: number };
    const begin = ago({ minutes: 10 });
    await event(
      {
        eventType: 'Started',
        seqNo: 0,
        timestamp: begin,
        triggerReason: 'RemoteStart',
        evse: { id: 1, connectorId: 2 },
        idToken: { idToken, type: 'ISO14443' },
        meterValue: [register(begin, 100)],
      },
      { remoteStartId, chargingState: 'Charging' },
    );
    expect(await get(data.id)).toMatchObject({ status: 'active', authMethod: 'REMOTE', connectorNumber: 3 });
    await event({ seqNo: 1, meterValue: [register(ago(), 350)] });
    const stop = server.rest('POST', '/charging/stop', { body: { sessionId: data.id } });
    expect(await asked('RequestStopTransaction', { status: 'Accepted' })).toEqual({ transactionId: 'T-1' });
    await event(
      { eventType: 'Ended', seqNo: 2, triggerReason: 'RemoteStop', meterValue: [register(ago(), 400)] },
      { stoppedReason: 'Remote' },
    );
    expect((await stop).body.data).toMatchObject({ id: data.id, status: 'completed' });
    expect(await sessionsOf(server, charger)).toMatchObject([
      { id: data.id, energy_wh: '300.000', stop_reason: 'Remote', flags: [] },
    ]);
  });

  it('lines 25 and 30: is matched without a guess: another start with the same token, there or elsewhere, is another session', async () => {
    const answer = start();
    await asked('RequestStartTransaction', { status: 'Accepted' });
    const { data } = (await answer).body;
    await sendAll(
      station,
      [1, 2].map(
        evseId =>
          eventsOf({
            idToken,
            evseId,
            at: ago({ minutes: 1 }),
            steps: [],
            stop: { minute: 1, meter: 9 },
          })[0]!,
      ),
    );
    expect(await get(data.id)).toMatchObject({ status: 'pending' });
    expect(await sessionsOf(server, charger)).toMatchObject([
      { status: 'pending', connector_number: 1 },
      { status: 'active', connector_number: 1 },
      { status: 'active', connector_number: 2 },
    ]);
  });

  it.each(['Started', 'Updated'] as const)(
    'line 30: that was taken back, and that %s says to have been answered, is ended at once, and flagged',
    async eventType => {
      const answer = start();
      const { remoteStartId } = (await asked('RequestStartTransaction', { status: 'Accepted' })) as {
        remoteStartId: number;
      };
      const { id: cancelled } = (await answer).body.data;
      await server.rest('POST', '/charging/stop', { body: { sessionId: cancelled } });
      expect(await get(cancelled)).toMatchObject({ status: 'failed' });
      const begin = ago({ seconds: 20 });
      const started = {
        eventType: 'Started',
        seqNo: 0,
        timestamp: begin,
        triggerReason: 'CablePluggedIn',
        evse: { id: 1, connectorId: 1 },
        meterValue: [register(begin, 100)],
      };
      const answered = {
        triggerReason: 'RemoteStart',
        idToken: { idToken, type: 'ISO14443' },
      };
      const calls = callsTo(station);
      const info = { remoteStartId, chargingState: 'Charging' };
      if (eventType === 'Started') await event({ ...started, ...answered }, info);
      else {
        await event(started, { chargingState: 'EVConnected' });
        await event({ ...answered, seqNo: 1 }, info);
      }
      expect(await asked('RequestStopTransaction', { status: 'Accepted' })).toEqual({ transactionId: 'T-1' });
      await event({ seqNo: 2 }, info);
      await event(
        { eventType: 'Ended', seqNo: 3, triggerReason: 'RemoteStop', meterValue: [register(ago(), 130)] },
        { remoteStartId, stoppedReason: 'Remote' },
      );
      await eventually(
        async () =>
          (await server.sql('select 1 from graphile_worker.jobs where run_at <= now()')).length === 0,
      );
      const missing = eventType === 'Started' ? ['missing_events'] : [];
      expect(await sessionsOf(server, charger)).toMatchObject([
        { id: cancelled, status: 'failed' },
        { status: 'completed', energy_wh: '30.000', flags: ['started_after_cancel', ...missing] },
      ]);
      expect(calls).toEqual(['RequestStopTransaction']);
    },
  );

  it('line 30: that was taken back says nothing of the next one with the same token', async () => {
    const first = start();
    await asked('RequestStartTransaction', { status: 'Accepted' });
    const { id: cancelled } = (await first).body.data;
    await server.rest('POST', '/charging/stop', { body: { sessionId: cancelled } });
    const calls = callsTo(station);
    await sendAll(
      station,
      eventsOf({ idToken, at: ago({ minutes: 1 }), steps: [], stop: { minute: 1, meter: 9 } }).slice(0, 1),
    );
    expect((await sessionsOf(server, charger))[1]).toMatchObject({ status: 'active', flags: [] });
    expect(
      await server.sql("select from graphile_worker.jobs where task_identifier = 'stop-cancelled'"),
    ).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('line 30: works where plugging in has begun the transaction already', async () => {
    const begin = ago({ minutes: 5 });
    await event(
      {
        eventType: 'Started',
        seqNo: 0,
        timestamp: begin,
        triggerReason: 'CablePluggedIn',
        evse: { id: 1, connectorId: 1 },
        meterValue: [register(begin, 100)],
      },
      { chargingState: 'EVConnected' },
    );
    const answer = start();
    const payload = (await asked('RequestStartTransaction', {
      status: 'Accepted',
      transactionId: 'T-1',
    })) as {
      remoteStartId: number;
    };
    const { data } = (await answer).body;
    await event(
      { triggerReason: 'RemoteStart', idToken: { idToken, type: 'ISO14443' } },
      { remoteStartId: payload.remoteStartId, chargingState: 'Charging' },
    );
    await event({ seqNo: 2, meterValue: [register(ago(), 600)] });
    expect(await sessionsOf(server, charger)).toMatchObject([
      { id: data.id, status: 'active', energy_wh: '500.000', id_tag: idToken },
    ]);
  });

  it('line 30: by GraphQL is the same; a refusal fails the session', async () => {
    const answer = server.graphql<{ start: { __typename: string } }>(
      `mutation ($charger: ID!, $idTag: String!) {
        start: startSession(input: { chargerId: $charger, connectorNumber: 2, idTag: $idTag }) { __typename }
      }`,
      { charger: globalId('Charger', charger.id), idTag: idToken },
    );
    expect(await asked('RequestStartTransaction', { status: 'Rejected' })).toMatchObject({ evseId: 2 });
    expect((await answer).data.start.__typename).toBe('ChargerRejectedError');
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'failed' }]);
  });

  it('line 30: stop by GraphQL names the station’s own transaction', async () => {
    await sendAll(
      station,
      eventsOf({
        transactionId: 'mine',
        idToken,
        at: ago({ minutes: 9 }),
        steps: [],
        stop: { minute: 9, meter: 50 },
      }).slice(0, 1),
    );
    const [session] = await sessionsOf(server, charger);
    const answer = server.graphql<{ stop: { status: string } }>(
      `mutation ($id: ID!) { stop: stopSession(id: $id) { ... on Session { status } } }`,
      { id: globalId('Session', session!.id) },
    );
    expect(await asked('RequestStopTransaction', { status: 'Accepted' })).toEqual({ transactionId: 'mine' });
    await station.call('TransactionEvent', {
      eventType: 'Ended',
      timestamp: ago(),
      triggerReason: 'RemoteStop',
      seqNo: 1,
      transactionInfo: { transactionId: 'mine', stoppedReason: 'Remote' },
      meterValue: [register(ago(), 50)],
    });
    expect((await answer).data.stop).toEqual({ status: 'COMPLETED' });
  });

  it('is asked in the version that the station speaks now', async () => {
    await station.close();
    const old = await connect(server, charger);
    await old.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
    const answer = start();
    const { id, payload } = await old.expectCall('RemoteStartTransaction');
    expect(payload).toEqual({ connectorId: 1, idTag: idToken });
    old.reply(id, { status: 'Accepted' });
    expect((await answer).status).toBe(200);
    await old.close();
  });
});

describe('remote control', () => {
  const control = (command: string, body: object = {}) =>
    server.rest('POST', `/remote-control/${charger.id}/${command}`, { body });

  it.each([
    ['Soft', 'OnIdle', 'Scheduled', true],
    ['Soft', 'OnIdle', 'Rejected', false],
    ['Hard', 'Immediate', 'Accepted', true],
  ])('a %s reset is %s; answered %s', async (type, type201, status, accepted) => {
    const answer = control('reset', { type });
    expect(await asked('Reset', { status })).toEqual({ type: type201 });
    expect((await answer).body.data).toMatchObject({ accepted });
  });

  it.each([
    ['Unlocked', true],
    ['UnlockFailed', false],
    ['OngoingAuthorizedTransaction', false],
    ['UnknownConnector', false],
  ])('unlocks a connector of an EVSE; answered %s', async (status, accepted) => {
    const answer = control('unlock', { connectorNumber: 3 });
    expect(await asked('UnlockConnector', { status })).toEqual({ evseId: 1, connectorId: 2 });
    expect((await answer).body.data).toMatchObject({ accepted });
  });

  it.each([
    ['StatusNotification', 3, { requestedMessage: 'StatusNotification', evse: { id: 1, connectorId: 2 } }],
    ['MeterValues', 3, { requestedMessage: 'MeterValues', evse: { id: 1 } }],
    ['DiagnosticsStatusNotification', undefined, { requestedMessage: 'LogStatusNotification' }],
    ['Heartbeat', undefined, { requestedMessage: 'Heartbeat' }],
  ])('triggers %s', async (message, connectorNumber, payload) => {
    const answer = control('trigger', { message, connectorNumber });
    expect(await asked('TriggerMessage', { status: 'Accepted' })).toEqual(payload);
    expect((await answer).body.data).toMatchObject({ accepted: true });
  });
});

describe('a reservation', () => {
  async function reserved(status = 'Accepted') {
    const driver = await signIn(server);
    // drivers reserve at published locations
    await server.sql(
      'update chargers set location_id = (select location_id from chargers where uid = $1) where id = $2',
      ['DEMO-AC-01', charger.id],
    );
    const answer = driver.rest('POST', '/reservations', {
      body: { chargerId: charger.id, connectorNumber: 2, expiryMinutes: 30 },
    });
    const payload = (await asked('ReserveNow', { status })) as { id: number };
    const { data } = (await answer).body;
    return { driver, payload, id: data.id as string };
  }
  const statusOf = async (id: string) =>
    (await server.sql('select status, status_reason from reservations where id = $1', [id]))[0];

  it('line 38: holds an EVSE for a token of the driver’s, and is cancelled by its number', async () => {
    const { driver, payload, id } = await reserved();
    expect(payload).toEqual({
      id: expect.any(Number),
      evseId: 2,
      idToken: { idToken: driver.tokenUid, type: 'Central' },
      expiryDateTime: expect.any(String),
    });
    const cancelled = driver.rest('DELETE', `/reservations/${id}`);
    expect(await asked('CancelReservation', { status: 'Accepted' })).toEqual({ reservationId: payload.id });
    await cancelled;
    expect(await statusOf(id)).toMatchObject({ status: 'cancelled' });
  });

  it.each([
    ['Expired', 'expired'],
    ['Removed', 'cancelled'],
  ])('line 38: that the station says is %s is %s, once', async (reservationUpdateStatus, status) => {
    const { payload, id } = await reserved();
    const other = await addCharger(server);
    const otherStation = await booted201({ socketUrl: server.socketUrl, ...other });
    const update = { reservationId: payload.id, reservationUpdateStatus };
    expect(await otherStation.call('ReservationStatusUpdate', update)).toEqual({});
    expect(await statusOf(id)).toMatchObject({ status: 'accepted' });
    expect(await station.call('ReservationStatusUpdate', update)).toEqual({});
    expect(await station.call('ReservationStatusUpdate', update)).toEqual({});
    expect(await statusOf(id)).toMatchObject({ status });
    await otherStation.close();
  });

  it.each([
    ['Faulted', 'The connector is out of order.'],
    ['Occupied', 'The connector is in use.'],
    ['Rejected', 'The station takes no reservations.'],
    ['Unavailable', 'The connector is out of service.'],
  ])('line 38: that the station refuses as %s is rejected with its reason', async (status, reason) => {
    const { id } = await reserved(status);
    expect(await statusOf(id)).toEqual({ status: 'rejected', status_reason: reason });
  });

  it('line 38: is used by the transaction that names it', async () => {
    const { driver, payload, id } = await reserved();
    const [started] = eventsOf({
      idToken: driver.tokenUid,
      evseId: 2,
      at: ago(),
      steps: [],
      stop: { minute: 1, meter: 1 },
    });
    await station.call('TransactionEvent', { ...started, reservationId: payload.id });
    expect(await statusOf(id)).toMatchObject({ status: 'used' });
  });
});

describe('smart charging', () => {
  it('line 39: a limit is a default profile of the EVSE, and is cleared by its id', async () => {
    const path = `/smart-charging/${charger.id}/limit`;
    const answer = server.rest('PUT', path, { body: { connectorNumber: 3, limit: 16, unit: 'A' } });
    expect(await asked('SetChargingProfile', { status: 'Accepted' })).toEqual({
      evseId: 1,
      chargingProfile: {
        id: 90_003,
        stackLevel: 1,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: [
          { id: 90_003, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] },
        ],
      },
    });
    expect((await answer).body.data).toMatchObject({ accepted: true });
    const cleared = server.rest('DELETE', `${path}?connector=3`);
    expect(await asked('ClearChargingProfile', { status: 'Accepted' })).toEqual({
      chargingProfileId: 90_003,
    });
    expect((await cleared).body.data).toMatchObject({ accepted: true });
  });

  it('line 39: a composite schedule is answered in the shape of 1.6', async () => {
    const answer = server.rest('GET', `/smart-charging/${charger.id}/limit?connector=2&unit=w`);
    const payload = await asked('GetCompositeSchedule', {
      status: 'Accepted',
      schedule: {
        evseId: 2,
        duration: 86_400,
        scheduleStart: '2026-06-18T10:00:00Z',
        chargingRateUnit: 'W',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 11_000, numberPhases: 3, phaseToUse: 1 }],
      },
    });
    expect(payload).toEqual({ evseId: 2, duration: 86_400, chargingRateUnit: 'W' });
    expect((await answer).body.data).toMatchObject({
      accepted: true,
      schedule: {
        duration: 86_400,
        startSchedule: '2026-06-18T10:00:00Z',
        chargingRateUnit: 'W',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 11_000, numberPhases: 3 }],
      },
    });
  });

  it('a vehicle’s needs are declined: its charge goes by the station’s limits', async () => {
    const answer = await station.call('NotifyEVChargingNeeds', {
      evseId: 1,
      chargingNeeds: { requestedEnergyTransfer: 'AC_three_phase' },
    });
    expect(answer).toEqual({ status: 'Rejected' });
  });
});

describe('a charge whose end was never told', () => {
  const checked = async (answer: object) => {
    const at = ago({ minutes: 30 });
    await sendAll(
      station,
      eventsOf({
        transactionId: 'T-1',
        idToken,
        at,
        steps: [{ minute: 20, meter: 2_500 }],
        stop: { minute: 25, meter: 3_000 },
      }).slice(0, 2),
    );
    await station.close();
    station = await booted201({ socketUrl: server.socketUrl, ...charger });
    await eventually(async () => {
      const jobs = await server.sql(
        `update graphile_worker._private_jobs set run_at = now() where key = $1 returning id`,
        [`check-transactions:${charger.id}`],
      );
      return jobs.length > 0;
    });
    expect(await asked('GetTransactionStatus', answer)).toEqual({ transactionId: 'T-1' });
  };
  const session = async () => (await sessionsOf(server, charger))[0]!;

  it('line 36: stays open while messages about it are queued, though it goes on no more', async () => {
    await checked({ ongoingIndicator: false, messagesInQueue: true });
    await station.call('Heartbeat', {});
    await event({
      eventType: 'Ended',
      seqNo: 2,
      timestamp: ago({ minutes: 5 }),
      offline: true,
      meterValue: [register(ago({ minutes: 5 }), 3_000)],
    });
    expect(await session()).toMatchObject({ status: 'completed', energy_wh: '3000.000', flags: [] });
  });

  it('line 36: ends with what is known once the station has nothing more to tell; a late end corrects it', async () => {
    await checked({ ongoingIndicator: false, messagesInQueue: false });
    await eventually(async () => (await session()).status === 'completed');
    expect(await session()).toMatchObject({
      energy_wh: '2500.000',
      stop_reason: 'Other',
      flags: ['end_not_seen'],
    });
    await event(
      {
        eventType: 'Ended',
        seqNo: 2,
        timestamp: ago({ minutes: 5 }),
        meterValue: [register(ago({ minutes: 5 }), 3_000)],
      },
      { stoppedReason: 'PowerLoss' },
    );
    expect(await session()).toMatchObject({ energy_wh: '3000.000', stop_reason: 'PowerLoss', flags: [] });
    const rows = await server.sql(
      'select t.energy_wh from transactions t join sessions s on s.id = t.session_id where s.charger_id = $1',
      [charger.id],
    );
    expect(rows).toEqual([{ energy_wh: '3000.000' }]);
  });

  it('line 36: goes on where the station says so', async () => {
    await checked({ ongoingIndicator: true, messagesInQueue: false });
    await station.call('Heartbeat', {});
    expect(await session()).toMatchObject({ status: 'active' });
  });
});
