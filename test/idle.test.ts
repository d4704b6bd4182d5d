import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

const UID = 'DEMO-AC-01';
const GRACE_SECONDS = 600;
let server: TestServer;
let station: RawStation;
beforeAll(async () => {
  server = await startTestServer();
  station = await bootedStation(server, UID);
});
afterAll(async () => {
  await station.close();
  await server.close();
});

let day = 0;
/** Ten minutes of charging, then the steps; answers what became of it. */
async function charge(script: { suspendedAt?: number; stopAt: number; statuses?: [number, string][] }) {
  const at = Temporal.Instant.from('2026-03-01T08:00:00Z').add({ hours: 24 * ++day });
  await playCharge(station, {
    idTag: server.demo.idTag,
    at: at.toString(),
    meterStart: 0,
    steps: [
      { minute: 0, status: 'Charging' },
      { minute: 10, meter: 3_000 },
      ...(script.suspendedAt === undefined ? [] : [{ minute: script.suspendedAt, status: 'SuspendedEV' }]),
    ],
    stop: { minute: script.stopAt, meter: 3_000 },
  });
  for (const [minute, status] of script.statuses ?? []) {
    await station.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status,
      timestamp: at.add({ seconds: Math.round(minute * 60) }).toString(),
    });
  }
  const { body } = await server.rest('GET', `/charging/sessions?chargerId=${demoCharger(server, UID).id}`);
  const session = (await server.rest('GET', `/charging/sessions/${body.data[0].id}`)).body.data;
  const transactions = (await server.rest('GET', '/transactions')).body.data;
  const mine = transactions.filter(
    (transaction: { sessionId: string }) => transaction.sessionId === session.id,
  );
  expect(mine).toHaveLength(1);
  return { session, transaction: (await server.rest('GET', `/transactions/${mine[0].id}`)).body.data };
}

describe('idle time', () => {
  it.each([
    [GRACE_SECONDS - 1, 0],
    [GRACE_SECONDS, 0],
    // a second at 0.40 a minute is 0.67 cents
    [GRACE_SECONDS + 1, 0.01],
    [GRACE_SECONDS + 60, 0.4],
  ])(
    'line 37: of %i seconds costs %f: the grace is the session’s, to the second',
    async (idleSeconds, fee) => {
      const { session, transaction } = await charge({ suspendedAt: 10, stopAt: 10 + idleSeconds / 60 });
      expect(session.idleTimeSeconds).toBe(idleSeconds);
      expect(transaction.costBreakdown.idleFee).toBe(fee);
    },
  );

  it('line 37: goes on after the stop until the connector is available, with one grace in all', async () => {
    const { session, transaction } = await charge({
      suspendedAt: 10,
      stopAt: 15,
      statuses: [
        [15, 'Finishing'],
        [22, 'Available'],
      ],
    });
    expect(session.idleTimeSeconds).toBe(12 * 60);
    expect(transaction.costBreakdown.idleFee).toBe(0.8);
    expect(session.total).toBe(transaction.costBreakdown.total);
  });

  it('line 37: after the stop is counted once, whatever the connector reports later', async () => {
    const { session } = await charge({
      stopAt: 10,
      statuses: [
        [10, 'Finishing'],
        [30, 'Available'],
        [50, 'Preparing'],
        [55, 'Available'],
      ],
    });
    expect(session.idleTimeSeconds).toBe(20 * 60);
  });

  it('of a station that reports the unplugging days later is left to a person', async () => {
    const { session } = await charge({ stopAt: 10, statuses: [[60 * 25, 'Available']] });
    expect(session.idleTimeSeconds).toBe(0);
    const [row] = await server.sql<{ flags: string[] }>('select flags from sessions where id = $1', [
      session.id,
    ]);
    expect(row!.flags).toContain('implausible_unplug_time');
  });

  it('is live: the state and the seconds show while the vehicle stands idle', async () => {
    const start = Temporal.Now.instant().subtract({ minutes: 30 });
    const time = (minutes: number) => start.add({ minutes }).toString();
    const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
      connectorId: 1,
      idTag: server.demo.idTag,
      meterStart: 0,
      timestamp: time(0),
    });
    const meter = (minutes: number, value: number) =>
      station.call('MeterValues', {
        connectorId: 1,
        transactionId,
        meterValue: [{ timestamp: time(minutes), sampledValue: [{ value: String(value) }] }],
      });
    await meter(10, 2_000);
    const live = async () => {
      const { body } = await server.rest('GET', '/charging/sessions?status=active');
      const idle = await server.rest('GET', '/charging/sessions?status=idle');
      const [session] = [...body.data, ...idle.body.data];
      return (await server.rest('GET', `/charging/sessions/${session.id}`)).body.data;
    };
    expect(await live()).toMatchObject({ status: 'active', isInIdleState: false, idleTimeSeconds: 0 });
    await station.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'SuspendedEV',
      timestamp: time(10),
    });
    await meter(25, 2_000);
    const idle = await live();
    expect(idle).toMatchObject({ status: 'idle', isInIdleState: true });
    expect(idle.idleTimeSeconds).toBeGreaterThanOrEqual(15 * 60);
    expect(idle.costs.idleFees).toBeGreaterThanOrEqual(2);
    await station.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Charging',
      timestamp: time(26),
    });
    expect(await live()).toMatchObject({ status: 'active', isInIdleState: false, idleTimeSeconds: 16 * 60 });
    await station.call('StopTransaction', { transactionId, meterStop: 2_500, timestamp: time(29) });
  });
});
