import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chargeableIdleSeconds, priceSession } from '../src/domains/tariffs/price-session.ts';
import { toMajorNumber } from '../src/kernel/money.ts';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Thirty minutes of charging, then seventeen plugged in without energy: seven past the grace of ten. */
const CHARGE = {
  at: '2026-06-18T23:30:00Z',
  meterStart: 1_000_123,
  steps: [
    { minute: 0, status: 'Charging' },
    { minute: 10, meter: 1_004_000, powerW: 22_000 },
    { minute: 20, meter: 1_008_000, powerW: 22_000 },
    { minute: 30, meter: 1_012_468, powerW: 0 },
    { minute: 30, status: 'SuspendedEV' },
    { minute: 40, meter: 1_012_468, powerW: 0 },
  ],
  stop: { minute: 47, meter: 1_012_468 },
} as const;

const ENERGY_WH = '12345';
const CHARGING_SECONDS = 30 * 60;
const IDLE_SECONDS = 17 * 60;

describe.each([
  ['DEMO-AC-01', 'Standard'],
  ['DEMO-AC-02', 'Free of charge'],
  ['DEMO-DC-01', 'At least twenty'],
  ['DEMO-DC-02', 'At most three'],
])('a charge at %s, under the tariff "%s"', (uid, tariffName) => {
  it('is billed to the watt-hour and the cent, as the pure function and the calculator say', async () => {
    const station = await bootedStation(server, uid);
    await playCharge(station, { ...CHARGE, idTag: server.demo.idTag });
    await station.close();

    const { id: chargerId } = demoCharger(server, uid);
    const sessions = await server.rest('GET', `/charging/sessions?chargerId=${chargerId}`);
    expect(sessions.body.pagination.totalCount).toBe(1);
    const session = (await server.rest('GET', `/charging/sessions/${sessions.body.data[0].id}`)).body.data;
    expect(session).toMatchObject({
      status: 'completed',
      energyDeliveredKwh: 12.345,
      startMeterValue: 1_000_123,
      endMeterValue: 1_012_468,
      durationSeconds: 47 * 60,
      idleTimeSeconds: IDLE_SECONDS,
      startTime: '2026-06-18T23:30:00Z',
      endTime: '2026-06-19T00:17:00Z',
    });

    const listed = (await server.rest('GET', '/transactions')).body.data.find(
      (transaction: { sessionId: string }) => transaction.sessionId === session.id,
    );
    const transaction = (await server.rest('GET', `/transactions/${listed.id}`)).body.data;
    const tariffs = (await server.rest('GET', '/tariffs')).body.data;
    const tariff = tariffs.find((candidate: { name: string }) => candidate.name === tariffName);
    const terms = { ...tariff };
    for (const rate of ['energyRate', 'timeRate', 'idleRate', 'sessionFee', 'taxRate']) {
      terms[rate] = String(tariff[rate]);
    }
    for (const bound of ['minimumSessionFee', 'maximumSessionFee']) {
      terms[bound] = tariff[bound] === null ? null : String(tariff[bound]);
    }
    const chargeableIdle = tariff.isFree ? IDLE_SECONDS : chargeableIdleSeconds(IDLE_SECONDS, 600);
    const bill = priceSession(terms, {
      energyWh: ENERGY_WH,
      chargingSeconds: CHARGING_SECONDS,
      chargeableIdleSeconds: chargeableIdle,
    });
    const expected = Object.fromEntries(
      (['energyCost', 'timeCost', 'sessionFee', 'idleFee', 'subtotal', 'tax', 'total'] as const).map(part => [
        part,
        toMajorNumber(bill[part], 'USD'),
      ]),
    );
    expect(transaction.costBreakdown).toEqual(expected);
    expect(listed.amount).toBe(expected.total);
    expect(session.total).toBe(expected.total);

    const calculated = await server.rest('POST', '/pricing/calculate', {
      body: {
        chargerId,
        energyKwh: 12.345,
        durationMinutes: CHARGING_SECONDS / 60,
        idleMinutes: chargeableIdle / 60,
      },
    });
    expect(calculated.body.data).toEqual({ ...expected, currency: 'USD', tariffName });
  });
});

it('the demo tariffs do bind: a minimum of 20.00 and a maximum of 3.00, tax included', async () => {
  const { body } = await server.rest('GET', '/transactions');
  const amounts = body.data.map((transaction: { amount: number }) => transaction.amount).sort();
  expect(amounts).toEqual([0, 20, 3, 9.17].sort());
});
