import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootedStation, demoCharger } from './support/charge.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { RawStation } from './support/station.ts';

const UID = 'DEMO-AC-01';
const settings = { SECRET_KEY: '5e'.repeat(32) };
let server: TestServer;
let station: RawStation;
let driver: SignedIn;

beforeAll(async () => {
  server = await startTestServer({ settings });
  station = await bootedStation(server, UID);
  driver = await signIn(server);
});
afterAll(async () => {
  await station.close();
  await server.close();
});

const inSeconds = (seconds: number) =>
  Temporal.Now.instant()
    .add({ milliseconds: seconds * 1000 })
    .toString();
const plan = (scheduledTime: string, body: object = {}) =>
  driver.rest('POST', '/charging/schedule', {
    body: { chargerId: demoCharger(server, UID).id, connectorNumber: 1, scheduledTime, ...body },
  });
const scheduleOf = async (id: string) =>
  (await driver.rest('GET', '/charging/schedules')).body.data.find(
    (schedule: { id: string }) => schedule.id === id,
  );
const settled = (id: string, status: string) =>
  eventually(async () => {
    const schedule = await scheduleOf(id);
    return schedule.status === status && schedule;
  });

/** The station accepts the remote start, and the pending session is cancelled again. */
async function acceptStart(): Promise<void> {
  const call = await station.expectCall('RemoteStartTransaction');
  station.reply(call.id, { status: 'Accepted' });
}
const cancelPending = async () => {
  const { body } = await driver.rest('GET', '/charging/sessions?status=pending');
  for (const session of body.data)
    await driver.rest('POST', '/charging/stop', { body: { sessionId: session.id } });
  return body.data.length as number;
};

describe('a scheduled charge', () => {
  it('starts within two seconds of its time, as the driver’s', async () => {
    const at = Temporal.Now.instant().add({ seconds: 1 });
    const { status, body } = await plan(at.toString());
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ status: 'Pending', firedAt: null, connectorNumber: 1 });
    const call = await station.expectCall<{ idTag: string }>('RemoteStartTransaction');
    expect(call.payload.idTag).toBe(driver.tokenUid);
    expect(at.until(Temporal.Now.instant()).total('seconds')).toBeLessThan(2);
    station.reply(call.id, { status: 'Accepted' });
    const fired = await settled(body.data.id, 'Fired');
    expect(fired.statusReason).toBeNull();
    const { body: sessions } = await driver.rest('GET', '/charging/sessions?status=pending');
    const session = await driver.rest('GET', `/charging/sessions/${sessions.data[0].id}`);
    expect(session.body.data.authMethod).toBe('SCHEDULE');
    await cancelPending();
  });

  it('fails with the reason where the station refuses or is not there', async () => {
    const refused = await plan(inSeconds(1));
    const call = await station.expectCall('RemoteStartTransaction');
    station.reply(call.id, { status: 'Rejected' });
    expect((await settled(refused.body.data.id, 'Failed')).statusReason).toContain('refused');
    const offline = await plan(inSeconds(1), { chargerId: demoCharger(server, 'DEMO-AC-02').id });
    expect((await settled(offline.body.data.id, 'Failed')).statusReason).toContain('offline');
  });

  it('can be called off before its time, and not after', async () => {
    const { body } = await plan(inSeconds(3600));
    expect((await driver.rest('DELETE', `/charging/schedule/${body.data.id}`)).status).toBe(204);
    expect((await driver.rest('DELETE', `/charging/schedule/${body.data.id}`)).status).toBe(204);
    expect((await scheduleOf(body.data.id)).status).toBe('Cancelled');
    const fired = await plan(inSeconds(1));
    await acceptStart();
    await settled(fired.body.data.id, 'Fired');
    expect((await driver.rest('DELETE', `/charging/schedule/${fired.body.data.id}`)).status).toBe(409);
    await cancelPending();
  });

  it('lies in the future and within thirty days', async () => {
    for (const at of [inSeconds(-1), inSeconds(31 * 24 * 3600)]) {
      const { status, body } = await plan(at);
      expect([status, body.details[0].field]).toEqual([400, 'scheduledTime']);
    }
  });

  it('is its driver’s alone', async () => {
    const other = await signIn(server);
    const { body } = await plan(inSeconds(3600));
    expect((await other.rest('DELETE', `/charging/schedule/${body.data.id}`)).status).toBe(404);
    expect((await other.rest('GET', '/charging/schedules')).body.data).toEqual([]);
    await driver.rest('DELETE', `/charging/schedule/${body.data.id}`);
  });

  it('fires once where two processes run', async () => {
    const second = await startTestServer({ settings, databaseUrl: server.databaseUrl });
    try {
      for (let round = 0; round < 5; round++) {
        const { body } = await plan(inSeconds(0.5));
        await acceptStart();
        await settled(body.data.id, 'Fired');
        expect(await cancelPending()).toBe(1);
      }
      await expect(station.next(frame => frame[0] === 2, 1_500)).rejects.toThrow('did not come');
    } finally {
      await second.close();
    }
  });

  it('that became due while no process was up fires once at the next start, and fails when it is much too late', async () => {
    const due = await plan(inSeconds(3600));
    const old = await plan(inSeconds(3600));
    const { databaseUrl } = server;
    const demo = server.demo;
    await server.sql(
      `update schedules set scheduled_time = now() - case id when $1 then interval '1 minute' else interval '16 minutes' end
        where id in ($1, $2)`,
      [due.body.data.id, old.body.data.id],
    );
    await server.sql(`update graphile_worker._private_jobs set run_at = now() + interval '1 second'`);
    await server.server.close();
    const again = await startTestServer({ settings, databaseUrl });
    const { password } = demo.chargers.find(charger => charger.uid === UID)!;
    const back = await RawStation.connect({ socketUrl: again.socketUrl, uid: UID, password });
    try {
      const call = await back.expectCall('RemoteStartTransaction');
      back.reply(call.id, { status: 'Accepted' });
      const statusOf = async (id: string) =>
        (await again.sql<{ status: string }>('select status from schedules where id = $1', [id]))[0]!.status;
      await eventually(async () => (await statusOf(due.body.data.id)) === 'fired');
      await eventually(async () => (await statusOf(old.body.data.id)) === 'failed');
      const sessions = await again.sql('select 1 from sessions where correlation_id = $1', [
        due.body.data.id,
      ]);
      expect(sessions).toHaveLength(1);
    } finally {
      await back.close();
      await again.close();
    }
  });
});
