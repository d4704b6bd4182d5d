import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { booted201 } from '../support/station-201.ts';
import {
  addCharger,
  addToken,
  ago,
  bootedWithTwo,
  callsTo,
  hold,
  roundTrips,
  type StagedCharger,
  sessionsOf,
  waitingForLock,
} from './stage.ts';

const logLines: string[] = [];
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '2' }, logLines });
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
let idTag: string;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  idTag = await addToken(server);
  return () => station.close();
});

const start = (connectorNumber?: number): Promise<RestAnswer> =>
  server.rest('POST', '/charging/start', { body: { chargerId: charger.id, connectorNumber, idTag } });

/** A start that the station accepted; answers the pending session. */
async function acceptedStart(connectorNumber = 1): Promise<{ id: string; startTime: string }> {
  const asked = start(connectorNumber);
  const { id } = await station.expectCall('RemoteStartTransaction');
  station.reply(id, { status: 'Accepted' });
  const { status, body } = await asked;
  expect(status).toBe(200);
  return body.data;
}

const begin = (connectorId = 1, fields: object = {}) =>
  station.call<{ transactionId: number }>('StartTransaction', {
    connectorId,
    idTag,
    meterStart: 1000,
    timestamp: ago(),
    ...fields,
  });

const stop = (sessionId: string) => server.rest('POST', '/charging/stop', { body: { sessionId } });

const end = (transactionId: number) =>
  station.call('StopTransaction', { transactionId, meterStop: 3000, timestamp: ago(), reason: 'Remote' });

const runExpiry = (sessionId: string) =>
  server.sql(`update graphile_worker._private_jobs set run_at = now() where key = $1`, [
    `expire-session:${sessionId}`,
  ]);

const statusOf = async (sessionId: string): Promise<string> =>
  (await server.rest('GET', `/charging/sessions/${sessionId}`)).body.data.status;

describe('a remote start', () => {
  it('line 30: asks the station for this connector and token, and is pending once that accepts', async () => {
    const asked = start(2);
    const { id, payload } = await station.expectCall('RemoteStartTransaction');
    expect(payload).toEqual({ connectorId: 2, idTag });
    station.reply(id, { status: 'Accepted' });
    expect(await asked).toMatchObject({
      status: 200,
      body: { data: { status: 'pending', connectorNumber: 2, chargerId: charger.id } },
    });
  });

  it('line 30: without a connector means the first; connector 0 is none', async () => {
    const asked = start();
    const { id, payload } = await station.expectCall('RemoteStartTransaction');
    expect(payload).toMatchObject({ connectorId: 1 });
    station.reply(id, { status: 'Accepted' });
    expect((await asked).status).toBe(200);
    expect(await start(0)).toMatchObject({ status: 400, body: { error: 'validation_error' } });
    expect(await sessionsOf(server, charger)).toHaveLength(1);
  });

  it('line 30: becomes active as the same session when the station begins, whatever the case of the tag', async () => {
    const pending = await acceptedStart();
    const { transactionId } = await begin(1, { idTag: idTag.toUpperCase() });
    expect(await sessionsOf(server, charger)).toMatchObject([
      { id: pending.id, status: 'active', transaction_number: transactionId },
    ]);
  });

  it('line 30: that the station rejects is refused, and its session has failed', async () => {
    const asked = start();
    const { id } = await station.expectCall('RemoteStartTransaction');
    station.reply(id, { status: 'Rejected' });
    expect(await asked).toMatchObject({ status: 409, body: { error: 'charger_rejected' } });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'failed' }]);
  });

  it('line 30: that the station answers with an error is refused, and its session has failed', async () => {
    const asked = start();
    const { id } = await station.expectCall('RemoteStartTransaction');
    station.send([4, id, 'NotSupported', '', {}]);
    expect(await asked).toMatchObject({ status: 409, body: { error: 'charger_rejected' } });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'failed' }]);
  });

  it('line 30: of a charger that is offline is refused, and leaves no session', async () => {
    await station.close();
    await eventually(async () => {
      const [row] = await server.sql<{ node_id: string | null }>(
        'select node_id from charger_connections where charger_id = $1',
        [charger.id],
      );
      return row?.node_id === null;
    });
    expect(await start()).toMatchObject({ status: 409, body: { error: 'charger_offline' } });
    expect(await sessionsOf(server, charger)).toEqual([]);
  });

  it('lines 16 and 30: without an answer stays pending, is not sent again, and a late answer leaves the socket up', async () => {
    const calls = callsTo(station);
    const asked = start();
    const { id } = await station.expectCall('RemoteStartTransaction');
    expect(await asked).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'pending' }]);

    logLines.length = 0;
    station.reply(id, { status: 'Accepted' });
    expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
    expect(logLines.filter(line => line.includes('message not usable') && line.includes(id))).toHaveLength(1);
    await begin();
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'active' }]);
    await roundTrips(station);
    expect(calls).toEqual(['RemoteStartTransaction']);
  });

  it('line 30: two at once on two connectors make one session each', async () => {
    const starts = Promise.all([start(1), start(2)]);
    for (const _ of [1, 2]) {
      const { id } = await station.expectCall('RemoteStartTransaction');
      station.reply(id, { status: 'Accepted' });
    }
    expect((await starts).map(({ status }) => status)).toEqual([200, 200]);
    const pending = await sessionsOf(server, charger);
    expect(pending.map(session => session.connector_number).sort()).toEqual([1, 2]);

    await Promise.all([begin(1), begin(2)]);
    const active = await sessionsOf(server, charger);
    expect(active.map(({ id, status }) => [id, status])).toEqual(pending.map(({ id }) => [id, 'active']));
  });

  it('line 30: of several at once on one connector one is made, the others are refused', async () => {
    const starts = Promise.all([start(1), start(1), start(1), start(1)]);
    const { id } = await station.expectCall('RemoteStartTransaction');
    station.reply(id, { status: 'Accepted' });
    const answers = await starts;
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect(answers.filter(({ body }) => body.error === 'connector_unavailable')).toHaveLength(3);
    expect(await sessionsOf(server, charger)).toHaveLength(1);
  });
});

describe('matching', () => {
  it('line 25: a start on another connector does not begin it', async () => {
    const pending = await acceptedStart(2);
    await begin(1);
    const sessions = await sessionsOf(server, charger);
    expect(sessions).toMatchObject([
      { id: pending.id, connector_number: 2, status: 'pending', transaction_number: null },
      { connector_number: 1, status: 'active' },
    ]);
    await begin(2);
    expect((await sessionsOf(server, charger))[0]).toMatchObject({ id: pending.id, status: 'active' });
  });

  it('line 30: a start with another token does not begin it', async () => {
    await acceptedStart();
    await begin(1, { idTag: await addToken(server) });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'pending' }, { status: 'active' }]);
  });

  it('line 30: a start from before it was asked for does not begin it', async () => {
    await acceptedStart();
    await begin(1, { timestamp: ago({ hours: 2 }) });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'pending' }, { status: 'active' }]);
  });

  it('line 30: a start by a clock a little behind ours begins it', async () => {
    await acceptedStart();
    await begin(1, { timestamp: ago({ minutes: 4 }) });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'active' }]);
  });

  it('line 30: it expires when nobody plugs in, and a later start is a session of its own', async () => {
    const pending = await acceptedStart();
    await runExpiry(pending.id);
    await eventually(async () => (await statusOf(pending.id)) === 'expired');
    await server.sql(`update sessions set expires_at = now() - interval '1 minute' where id = $1`, [
      pending.id,
    ]);
    await begin();
    expect(await sessionsOf(server, charger)).toMatchObject([
      { id: pending.id, status: 'expired', transaction_number: null },
      { status: 'active' },
    ]);
  });

  it('line 30: a start within its time that arrives after it has expired revives it', async () => {
    const pending = await acceptedStart();
    await server.sql(
      `update sessions set start_time = start_time - interval '1 hour', expires_at = expires_at - interval '1 hour'
       where id = $1`,
      [pending.id],
    );
    await runExpiry(pending.id);
    await eventually(async () => (await statusOf(pending.id)) === 'expired');
    await begin(1, { timestamp: ago({ minutes: 58 }) });
    const sessions = await sessionsOf(server, charger);
    expect(sessions).toMatchObject([{ id: pending.id, status: 'active', end_time: null }]);
    const shown = (await server.rest('GET', `/charging/sessions/${pending.id}`)).body.data;
    expect(shown).toMatchObject({ status: 'active', endTime: null, startReason: 'RemoteStart' });
  });
});

describe('a remote stop', () => {
  it('line 30: that is accepted has not stopped anything: it is answered when the station has', async () => {
    const { id: sessionId } = await acceptedStart();
    const { transactionId } = await begin(1, { timestamp: ago({ minutes: 1 }) });
    let isAnswered = false;
    const asked = stop(sessionId).finally(() => {
      isAnswered = true;
    });
    const { id, payload } = await station.expectCall('RemoteStopTransaction');
    expect(payload).toEqual({ transactionId });
    station.reply(id, { status: 'Accepted' });
    await eventually(async () => (await statusOf(sessionId)) === 'stopping');
    expect(isAnswered).toBe(false);
    await end(transactionId);
    expect(await asked).toMatchObject({
      status: 200,
      body: { data: { status: 'completed', energyDeliveredKwh: 2, stopReason: 'Remote' } },
    });
  });

  it('line 30: is answered also where the station stops before it accepts', async () => {
    const { id: sessionId } = await acceptedStart();
    const { transactionId } = await begin(1, { timestamp: ago({ minutes: 1 }) });
    const asked = stop(sessionId);
    const { id } = await station.expectCall('RemoteStopTransaction');
    await end(transactionId);
    station.reply(id, { status: 'Accepted' });
    expect(await asked).toMatchObject({ status: 200, body: { data: { status: 'completed' } } });
  });

  it('line 30: that the station rejects because it has stopped by itself answers the charge that has ended', async () => {
    const { id: sessionId } = await acceptedStart();
    const { transactionId } = await begin(1, { timestamp: ago({ minutes: 1 }) });
    const asked = stop(sessionId);
    const { id } = await station.expectCall('RemoteStopTransaction');
    const held = await hold(server, 'select from sessions where id = $1 for update', [sessionId]);
    const ended = end(transactionId);
    await eventually(async () => (await waitingForLock(server)) > 0);
    station.reply(id, { status: 'Rejected' });
    await held.release();
    await ended;
    expect(await asked).toMatchObject({ status: 200, body: { data: { status: 'completed' } } });
  });

  it('line 30: of a charge that stops while it is looked at is answered, not waited for', async () => {
    const { id: sessionId } = await acceptedStart();
    const { transactionId } = await begin(1, { timestamp: ago({ minutes: 1 }) });
    station.socket.on('message', data => {
      const [type, id, action] = JSON.parse(String(data));
      if (type !== 2 || action !== 'RemoteStopTransaction') return;
      // the station has stopped before it reads what it is asked
      station.send([2, 'stop', 'StopTransaction', { transactionId, meterStop: 3000, timestamp: ago() }]);
      station.send([4, id, 'GenericError', 'no such transaction', {}]);
    });
    expect(await stop(sessionId)).toMatchObject({ status: 200, body: { data: { status: 'completed' } } });
  });

  it('line 30: that the station rejects is refused, and the charge goes on', async () => {
    const { id: sessionId } = await acceptedStart();
    await begin();
    const asked = stop(sessionId);
    const { id } = await station.expectCall('RemoteStopTransaction');
    station.reply(id, { status: 'Rejected' });
    expect(await asked).toMatchObject({ status: 409, body: { error: 'charger_rejected' } });
    expect(await statusOf(sessionId)).toBe('active');
  });

  it('line 16: without an answer is not sent again, and the charge goes on', async () => {
    const { id: sessionId } = await acceptedStart();
    const { transactionId } = await begin(1, { timestamp: ago({ minutes: 1 }) });
    const calls = callsTo(station);
    const asked = stop(sessionId);
    await station.expectCall('RemoteStopTransaction');
    expect(await asked).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    expect(await statusOf(sessionId)).toBe('active');
    await end(transactionId);
    await roundTrips(station);
    expect(calls).toEqual(['RemoteStopTransaction']);
    expect(await statusOf(sessionId)).toBe('completed');
  });
});

describe('one outstanding call in each direction', () => {
  it('line 15: the second waits for the answer to the first, while the station’s own calls go on', async () => {
    const calls = callsTo(station);
    const first = start(1);
    const { id } = await station.expectCall('RemoteStartTransaction');
    const second = start(2);
    await eventually(async () => (await sessionsOf(server, charger)).length === 2);
    await roundTrips(station);
    await begin(1);
    expect(calls).toEqual(['RemoteStartTransaction']);
    station.reply(id, { status: 'Accepted' });
    const { id: secondId, payload } = await station.expectCall('RemoteStartTransaction');
    expect(payload).toMatchObject({ connectorId: 2 });
    station.reply(secondId, { status: 'Accepted' });
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('lines 15 and 16: what could not be sent before its time was over is never sent', async () => {
    const calls = callsTo(station);
    expect((await Promise.all([start(1), start(2)])).map(({ status }) => status)).toEqual([503, 503]);
    await roundTrips(station);
    expect(calls).toEqual(['RemoteStartTransaction']);
  });
});

describe('an OCPP 2.0.1 station', () => {
  it('lines 15 and 16: is asked one thing at a time; what it has not answered is not sent again, and a late answer does no harm', async () => {
    await station.close();
    station = await booted201({ socketUrl: server.socketUrl, ...charger });
    const calls = callsTo(station);
    const first = start(1);
    const { id } = await station.expectCall('RequestStartTransaction');
    const second = start(2);
    await eventually(async () => (await sessionsOf(server, charger)).length === 2);
    await roundTrips(station);
    expect(calls).toEqual(['RequestStartTransaction']);
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([503, 503]);
    logLines.length = 0;
    station.reply(id, { status: 'Accepted' });
    await roundTrips(station);
    expect(logLines.filter(line => line.includes('message not usable') && line.includes(id))).toHaveLength(1);
    expect(calls).toEqual(['RequestStartTransaction']);
  });
});

describe('a remote start that was taken back before the station began', () => {
  it('line 30: and begins all the same is recorded, and the station is asked once to end it', async () => {
    idTag = await addToken(server, { type: 'APP_USER' });
    const { id: cancelled } = await acceptedStart();
    expect((await stop(cancelled)).status).toBe(200);
    expect(await statusOf(cancelled)).toBe('failed');
    const calls = callsTo(station);
    const { transactionId } = await begin();
    const { id, payload } = await station.expectCall('RemoteStopTransaction');
    expect(payload).toEqual({ transactionId });
    station.reply(id, { status: 'Accepted' });
    await end(transactionId);
    expect(await sessionsOf(server, charger)).toMatchObject([
      { id: cancelled, status: 'failed', transaction_number: null },
      { status: 'completed', transaction_number: transactionId, flags: ['started_after_cancel'] },
    ]);

    const again = await begin(1, { meterStart: 3000 });
    await roundTrips(station);
    expect((await sessionsOf(server, charger))[2]).toMatchObject({
      status: 'active',
      transaction_number: again.transactionId,
      flags: [],
    });
    expect(calls).toEqual(['RemoteStopTransaction']);
  });

  it('line 30: by a card that may have been held to the reader since goes on, and is flagged', async () => {
    const { id: cancelled } = await acceptedStart();
    await stop(cancelled);
    const calls = callsTo(station);
    const { transactionId } = await begin();
    expect((await sessionsOf(server, charger))[1]).toMatchObject({
      status: 'active',
      flags: ['started_after_cancel'],
    });
    expect(
      await server.sql("select from graphile_worker.jobs where task_identifier = 'stop-cancelled'"),
    ).toEqual([]);
    await end(transactionId);
    expect(calls).toEqual([]);
  });

  it('line 30: a start with another token there is nobody’s business', async () => {
    const { id: cancelled } = await acceptedStart();
    await stop(cancelled);
    await begin(1, { idTag: await addToken(server) });
    expect((await sessionsOf(server, charger))[1]).toMatchObject({ status: 'active', flags: [] });
  });
});
