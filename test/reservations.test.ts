import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callsTo, roundTrips } from './ocpp/stage.ts';
import { bootedStation, demoCharger } from './support/charge.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

const UID = 'DEMO-AC-01';
let server: TestServer;
let station: RawStation;
let maya: SignedIn;
let luis: SignedIn;
let offsetMs = 0;

beforeAll(async () => {
  server = await startTestServer({ now: () => Temporal.Now.instant().add({ milliseconds: offsetMs }) });
  station = await bootedStation(server, UID);
  maya = await signIn(server);
  luis = await signIn(server);
});
afterAll(async () => {
  await station.close();
  await server.close();
});
beforeEach(() => server.sql('delete from reservations'));

const chargerId = () => demoCharger(server, UID).id;
const ask = (driver: SignedIn, body: object = {}) =>
  driver.rest('POST', '/reservations', { body: { chargerId: chargerId(), ...body } });

/** Reserves while the station answers with the status. */
async function reserved(driver: SignedIn, status = 'Accepted', body: object = {}) {
  const answer = ask(driver, body);
  const call = await station.expectCall<{ reservationId: number; connectorId: number; idTag: string }>(
    'ReserveNow',
  );
  station.reply(call.id, { status });
  return { ...(await answer), call: call.payload };
}

describe('a reservation', () => {
  it('line 38: holds the connector at the station, for the driver’s newest token and a quarter of an hour', async () => {
    const { status, body, call } = await reserved(maya);
    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      status: 'Accepted',
      statusReason: null,
      connectorNumber: 1,
      cancelledAt: null,
    });
    expect(call).toMatchObject({ connectorId: 1, idTag: maya.tokenUid });
    const minutes = Temporal.Instant.from(body.data.createdAt).until(body.data.expiryDate).total('minutes');
    expect(minutes).toBeCloseTo(15, 1);
  });

  it.each([
    ['Faulted', 'The connector is out of order.'],
    ['Occupied', 'The connector is in use.'],
    ['Rejected', 'The station takes no reservations.'],
    ['Unavailable', 'The connector is out of service.'],
  ])(
    'line 38: that the station refuses as %s is rejected with its reason, and holds nobody up',
    async (answer, reason) => {
      const { status, body } = await reserved(maya, answer);
      expect([status, body.data.status, body.data.statusReason]).toEqual([200, 'Rejected', reason]);
      expect((await reserved(luis)).body.data.status).toBe('Accepted');
    },
  );

  it('line 38: is one for a connector, however many ask at once', async () => {
    const asked = Array.from({ length: 20 }, (_, index) => ask(index % 2 === 0 ? maya : luis));
    const call = await station.expectCall('ReserveNow');
    station.reply(call.id, { status: 'Accepted' });
    const answers = await Promise.all(asked);
    expect(answers.filter(answer => answer.body.data?.status === 'Accepted')).toHaveLength(1);
    expect(answers.filter(answer => answer.body.error === 'connector_unavailable')).toHaveLength(19);
    const held = await server.sql(`select 1 from reservations where status in ('pending', 'accepted')`);
    expect(held).toHaveLength(1);
  });

  it('line 38: that nobody used in time expires by our own timer, and the connector is free again', async () => {
    const { body } = await reserved(maya, 'Accepted', { expiryMinutes: 1 });
    offsetMs += 61_000;
    await server.sql('update graphile_worker._private_jobs set run_at = now()');
    await eventually(
      async () => (await maya.rest('GET', `/reservations/${body.data.id}`)).body.data.status === 'Expired',
    );
    expect((await reserved(luis)).body.data.status).toBe('Accepted');
  });

  it('lines 16 and 38: that the station does not answer is pending, and is not asked for again', async () => {
    const patient = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
    const silent = await bootedStation(patient, UID);
    const calls = callsTo(silent);
    const driver = await signIn(patient);
    const { status, body } = await driver.rest('POST', '/reservations', {
      body: { chargerId: demoCharger(patient, UID).id },
    });
    expect([status, body.data.status]).toEqual([200, 'Pending']);
    await roundTrips(silent);
    expect(calls).toEqual(['ReserveNow']);
    await silent.close();
    await patient.close();
  });

  it('line 38: is given up by its driver at the station too, and again without effect', async () => {
    const { body, call } = await reserved(maya);
    const cancelling = maya.rest('DELETE', `/reservations/${body.data.id}`);
    const told = await station.expectCall('CancelReservation');
    expect(told.payload).toEqual({ reservationId: call.reservationId });
    station.reply(told.id, { status: 'Accepted' });
    const cancelled = await cancelling;
    expect(cancelled.body.data.status).toBe('Cancelled');
    expect(cancelled.body.data.cancelledAt).not.toBeNull();
    const again = await maya.rest('DELETE', `/reservations/${body.data.id}`);
    expect([again.status, again.body.data.status]).toEqual([200, 'Cancelled']);
  });

  it.each(['Faulted', 'Unavailable'])('line 38: ends when its connector becomes %s', async status => {
    const { body } = await reserved(maya);
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status });
    const ended = await maya.rest('GET', `/reservations/${body.data.id}`);
    expect(ended.body.data).toMatchObject({
      status: 'Cancelled',
      statusReason: `The connector became ${status.toUpperCase()}.`,
    });
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  });

  it('line 38: is used by the session of its token, and keeps another driver from starting', async () => {
    const { body } = await reserved(maya);
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Reserved' });
    const other = await luis.rest('POST', '/charging/start', {
      body: { chargerId: chargerId(), connectorNumber: 1, idTag: luis.tokenUid },
    });
    expect([other.status, other.body.error]).toEqual([409, 'connector_unavailable']);
    const starting = maya.rest('POST', '/charging/start', {
      body: { chargerId: chargerId(), connectorNumber: 1, idTag: maya.tokenUid },
    });
    const call = await station.expectCall('RemoteStartTransaction');
    station.reply(call.id, { status: 'Accepted' });
    expect((await starting).status).toBe(200);
    const at = Temporal.Now.instant().toString();
    const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
      connectorId: 1,
      idTag: maya.tokenUid,
      meterStart: 0,
      timestamp: at,
    });
    const used = await maya.rest('GET', `/reservations/${body.data.id}`);
    expect(used.body.data).toMatchObject({ status: 'Expired', statusReason: 'Used by a session' });
    await station.call('StopTransaction', { transactionId, meterStop: 1, timestamp: at });
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  });

  it('line 32: is used by another token of its token’s group', async () => {
    const { body } = await reserved(maya);
    await server.sql('update tokens set group_uid = $1 where uid = any($2)', [
      'Family',
      [maya.tokenUid, luis.tokenUid],
    ]);
    const timestamp = Temporal.Now.instant().toString();
    const { transactionId, idTagInfo } = await station.call<{ transactionId: number; idTagInfo: object }>(
      'StartTransaction',
      { connectorId: 1, idTag: luis.tokenUid, meterStart: 0, timestamp },
    );
    expect(idTagInfo).toEqual({ status: 'Accepted', parentIdTag: 'Family' });
    const used = await maya.rest('GET', `/reservations/${body.data.id}`);
    expect(used.body.data).toMatchObject({ statusReason: 'Used by a session' });
    await station.call('StopTransaction', { transactionId, meterStop: 1, timestamp });
    await server.sql('update tokens set group_uid = null where group_uid = $1', ['Family']);
  });

  it('is not there for another driver', async () => {
    const { body } = await reserved(maya);
    expect((await luis.rest('GET', `/reservations/${body.data.id}`)).status).toBe(404);
    expect((await luis.rest('DELETE', `/reservations/${body.data.id}`)).status).toBe(404);
    expect((await luis.rest('GET', '/reservations')).body.data).toEqual([]);
    expect((await server.rest('GET', '/reservations')).body.data).toHaveLength(1);
  });

  it('is refused for an offline charger, a foreign token, and times that cannot be', async () => {
    const offline = await maya.rest('POST', '/reservations', {
      body: { chargerId: demoCharger(server, 'DEMO-AC-02').id },
    });
    expect([offline.status, offline.body.error]).toEqual([409, 'charger_offline']);
    const foreign = await ask(maya, { idTag: luis.tokenUid });
    expect([foreign.status, foreign.body.error]).toEqual([409, 'token_invalid']);
    for (const expiryMinutes of [0, 241]) {
      const wrong = await ask(maya, { expiryMinutes });
      expect([wrong.status, wrong.body.details?.[0]?.field]).toEqual([400, 'expiryMinutes']);
    }
    const missing = await maya.rest('POST', '/reservations', { body: {} });
    expect(missing.body.details).toEqual([{ field: 'chargerId', message: 'is missing' }]);
    const operator = await server.rest('POST', '/reservations', { body: { chargerId: chargerId() } });
    expect([operator.status, operator.body.error]).toEqual([403, 'driver_required']);
  });
});
