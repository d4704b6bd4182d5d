import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { booted201, type Event201, eventsOf, register, sendAll } from '../support/station-201.ts';
import { addCharger, addToken, billsOf, bootedWithTwo, type StagedCharger, sessionsOf } from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
let idTag: string;
beforeEach(async () => {
  charger = await addCharger(server);
  idTag = await addToken(server);
});

const AT = '2026-06-18T10:00:00Z';
const time = (minute: number) => Temporal.Instant.from(AT).add({ minutes: minute }).toString();
const MEASURAND = 'Energy.Active.Import.Interval';
/** 2 kWh in all: 2 kWh at 0.35, 60 minutes at 0.02, a fee of 0.50, 11.5 % tax. */
const INTERVALS: readonly (readonly [minute: number, wh: number])[] = [
  [15, 700],
  [30, 500],
  [45, 450.5],
  [59, 349.5],
];
const BILL = 268;

const outcome = async () => {
  const [session, ...others] = await sessionsOf(server, charger);
  expect(others).toEqual([]);
  const { status, energy_wh, flags } = session!;
  return { status, energy_wh, flags, bills: await billsOf(server, charger) };
};
const BY_INTERVALS = {
  status: 'completed',
  energy_wh: '2000.000',
  flags: ['metered_by_intervals'],
  bills: [BILL],
};
const BY_REGISTER = { ...BY_INTERVALS, flags: [] };

describe('line 34: intervals of energy, in OCPP 1.6', () => {
  let station: RawStation;
  beforeEach(async () => {
    station = await bootedWithTwo(server, charger);
    return () => station.close();
  });

  const interval = ([minute, wh]: readonly [number, number], more: object = {}) => ({
    timestamp: time(minute),
    sampledValue: [{ value: String(wh), measurand: MEASURAND, unit: 'Wh', ...more }],
  });
  const start = async (meterStart = 0) =>
    (
      await station.call<{ transactionId: number }>('StartTransaction', {
        connectorId: 1,
        idTag,
        meterStart,
        timestamp: time(0),
      })
    ).transactionId;
  const meter = (transactionId: number, ...meterValue: object[]) =>
    station.call('MeterValues', { connectorId: 1, transactionId, meterValue });
  const stop = (transactionId: number, meterStop = 0, more: object = {}) =>
    station.call('StopTransaction', { transactionId, meterStop, timestamp: time(60), ...more });

  it('line 34: add up live, and are the bill of a station without a register', async () => {
    const transactionId = await start();
    await meter(transactionId, interval(INTERVALS[0]!));
    expect(await outcome()).toMatchObject({ status: 'active', energy_wh: '700.000' });
    for (const one of INTERVALS.slice(1)) await meter(transactionId, interval(one));
    expect(await outcome()).toMatchObject({ energy_wh: '2000.000' });
    await stop(transactionId);
    expect(await outcome()).toEqual(BY_INTERVALS);
  });

  it('line 34: count once for each time, in whatever order and however often they come', async () => {
    const transactionId = await start();
    for (const at of [1, 0, 1, 3, 0, 2, 3]) await meter(transactionId, interval(INTERVALS[at]!));
    // the same time, told in another unit, and beside something else
    await meter(transactionId, interval([59, 0.3495], { unit: 'kWh' }));
    const power = { value: '0', measurand: 'Power.Active.Import' };
    const [told] = interval(INTERVALS[3]!).sampledValue;
    await meter(transactionId, { timestamp: time(59), sampledValue: [told, power] });
    // what came late counts at the end
    expect(await outcome()).toMatchObject({ energy_wh: '849.500' });
    await stop(transactionId, 0, { transactionData: INTERVALS.map(one => interval(one)) });
    await stop(transactionId, 0, { transactionData: INTERVALS.map(one => interval(one)) });
    await meter(transactionId, interval(INTERVALS[3]!));
    expect(await outcome()).toEqual(BY_INTERVALS);
  });

  it('line 34: that come with the stop alone are the bill; of phases the sum counts, in their unit', async () => {
    const transactionId = await start();
    const thirds = (minute: number) => ({
      timestamp: time(minute),
      sampledValue: ['L1', 'L2', 'L3'].map((phase, at) => ({
        value: ['0.2', '0.3', '0.5'][at],
        measurand: MEASURAND,
        phase,
        unit: 'kWh',
      })),
    });
    await stop(transactionId, 0, { transactionData: [thirds(20), thirds(40)] });
    expect(await outcome()).toEqual(BY_INTERVALS);
  });

  it.each([0, 52_000])(
    'line 34: change no bill where the register has the say (from %i on)',
    async meterStart => {
      const transactionId = await start(meterStart);
      await meter(transactionId, interval([10, 99_000]));
      for (const [minute, wh] of [
        [20, 600],
        [40, 1500],
      ] as const) {
        await meter(transactionId, {
          timestamp: time(minute),
          sampledValue: [
            { value: String(meterStart + wh), measurand: 'Energy.Active.Import.Register' },
            { value: '800', measurand: MEASURAND },
          ],
        });
        await meter(transactionId, interval([minute + 1, 800]));
        expect(await outcome()).toMatchObject({ energy_wh: `${wh}.000` });
      }
      await stop(transactionId, meterStart + 2_000);
      expect(await outcome()).toEqual(BY_REGISTER);
    },
  );

  it('line 34: make no charge of a register that stood still', async () => {
    const transactionId = await start(52_000);
    for (const one of INTERVALS) await meter(transactionId, interval(one));
    await stop(transactionId, 52_000);
    expect(await outcome()).toEqual({ status: 'failed', energy_wh: '0.000', flags: [], bills: [] });
  });

  it('line 34: that may have begun before the charge, or are no energy that came in, count for nothing', async () => {
    const transactionId = await start();
    for (const one of INTERVALS) await meter(transactionId, interval(one));
    await meter(
      transactionId,
      interval([0, 5_000]),
      interval([5, 5_000], { context: 'Sample.Clock' }),
      interval([6, 5_000], { context: 'Transaction.Begin' }),
      interval([7, 5_000], { context: 'Trigger' }),
      interval([8, 5_000], { location: 'Inlet' }),
      interval([9, 5_000], { measurand: 'Energy.Active.Export.Interval' }),
      interval([11, -5_000]),
      interval([90, 5_000]),
    );
    await stop(transactionId);
    expect(await outcome()).toEqual(BY_INTERVALS);
  });
});

describe('line 34: intervals of energy, in OCPP 2.0.1', () => {
  let station: RawStation;
  beforeEach(async () => {
    station = await booted201({ socketUrl: server.socketUrl, ...charger });
    return () => station.close();
  });

  const interval = (minute: number, wh: number, more: object = {}) => ({
    timestamp: time(minute),
    sampledValue: [{ value: wh, measurand: MEASURAND, ...more }],
  });
  /** A charge whose messages tell intervals alone; the last of them with its end. */
  function messages(transactionId: string): Event201[] {
    const events = eventsOf({
      transactionId,
      idToken: idTag,
      at: AT,
      steps: INTERVALS.slice(0, 3).map(([minute]) => ({ minute, meter: 0 })),
      stop: { minute: 60, meter: 0 },
    });
    const [started, ...more] = events.map((event, at) => {
      const [minute, wh] = INTERVALS[at - 1] ?? [0, 0];
      const context = event.eventType === 'Ended' ? 'Transaction.End' : 'Sample.Periodic';
      return { ...event, meterValue: [interval(minute, wh, { context })] };
    });
    return [{ ...started!, meterValue: undefined }, ...more];
  }

  it('line 34: add up live, and are the bill of a station without a register', async () => {
    const events = messages('T-1');
    await sendAll(station, events.slice(0, 2));
    expect(await outcome()).toMatchObject({ status: 'active', energy_wh: '700.000' });
    await sendAll(station, events.slice(2, 4));
    expect(await outcome()).toMatchObject({ energy_wh: '1650.500' });
    const [answer] = await sendAll(station, events.slice(4));
    expect(answer).toMatchObject({ totalCost: BILL / 100 });
    expect(await outcome()).toEqual(BY_INTERVALS);
  });

  it('line 34: have the same bill in whatever order and however often their messages come', async () => {
    const indexes = messages('').map((_, at) => at);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...indexes, ...indexes], { minLength: indexes.length }),
        async picked => {
          charger = await addCharger(server);
          const one = await booted201({ socketUrl: server.socketUrl, ...charger });
          const events = messages(randomUUID());
          const order = [...picked, ...indexes.filter(at => !picked.includes(at))];
          await sendAll(
            one,
            order.map(at => events[at]!),
          );
          await one.close();
          expect(await outcome()).toEqual(BY_INTERVALS);
        },
      ),
      { numRuns: 10, endOnFailure: true },
    );
  });

  it('line 34: told by MeterValues alone are of the charge that runs on their EVSE', async () => {
    const [started, , , , ended] = messages('T-1');
    await sendAll(station, [started!]);
    for (const [minute, wh] of [...INTERVALS, ...INTERVALS]) {
      await station.call('MeterValues', { evseId: 1, meterValue: [interval(minute, wh)] });
    }
    await sendAll(station, [{ ...ended!, seqNo: 1, meterValue: undefined }]);
    expect(await outcome()).toEqual(BY_INTERVALS);
  });

  it('line 34: change no bill where the register has the say, whichever is told first', async () => {
    const [started, , , , ended] = messages('T-1');
    await sendAll(station, [started!]);
    await station.call('MeterValues', { evseId: 1, meterValue: [interval(1, 99_000)] });
    await sendAll(station, [
      {
        eventType: 'Updated',
        seqNo: 1,
        timestamp: time(2),
        triggerReason: 'MeterValuePeriodic',
        transactionInfo: { transactionId: 'T-1' },
        meterValue: [interval(2, 99_000)],
      },
    ]);
    await station.call('MeterValues', { evseId: 1, meterValue: [register(time(3), 52_000)] });
    expect(Number((await outcome()).energy_wh)).toBeLessThan(52_000 * 4);
    await sendAll(station, [
      {
        eventType: 'Updated',
        seqNo: 2,
        timestamp: time(30),
        triggerReason: 'MeterValuePeriodic',
        transactionInfo: { transactionId: 'T-1' },
        meterValue: [register(time(30), 53_000), interval(31, 5_000)],
      },
    ]);
    expect(await outcome()).toMatchObject({ energy_wh: '1000.000' });
    await sendAll(station, [
      { ...ended!, seqNo: 3, meterValue: [register(time(60), 54_000, 'Transaction.End')] },
    ]);
    expect(await outcome()).toEqual(BY_REGISTER);
  });
});
