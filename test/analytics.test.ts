import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billId, type Charge, chargeId, type Market, openMarket, playCharges } from './support/sales.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** Enough for shrinking what fails to its smallest case. */
const PATIENCE_MS = 120_000;

let server: TestServer;
let market: Market;
beforeAll(async () => {
  // nothing else works on sessions meanwhile
  server = await startTestServer({ settings: { ROLES: 'api' } });
  market = await openMarket(server);
});
afterAll(() => server.close());

const get = async (path: string) => {
  const { status, body } = await server.rest('GET', path, { apiKey: market.apiKey });
  if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body.data;
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** UTC midnights at which something else changes too: clocks, a week, a month, a year, the number of days in one. */
const EDGES = [
  '2026-03-08', // clocks go forward in New York
  '2026-03-29', // and in Europe
  '2026-10-25', // clocks go back in Europe
  '2026-11-01', // and in New York
  '2025-12-29', // Monday of the first week of 2026
  '2026-01-01',
  '2027-01-01', // in the week 53 of 2026
  '2027-01-04',
  '2026-03-01',
  '2028-02-29',
  '2026-06-15', // a Monday
  '2026-06-18',
].map(day => Date.parse(`${day}T00:00:00Z`));

const aroundEdge = (offset: fc.Arbitrary<number>) =>
  fc.tuple(fc.constantFrom(...EDGES), offset).map(([edge, by]) => edge + by);
const rowTime = aroundEdge(
  fc.oneof(
    fc.constantFrom(-SECOND, -1, 0, 1, SECOND - 1, SECOND, DAY - 1, DAY),
    fc.integer({ min: -2 * DAY, max: 2 * DAY }),
  ),
);
const boundTime = aroundEdge(
  fc.oneof(
    fc.constantFrom(-SECOND, 0, SECOND, DAY - SECOND, DAY),
    fc.integer({ min: -200_000, max: 200_000 }).map(seconds => seconds * SECOND),
  ),
);

const windows = fc
  .tuple(boundTime, fc.oneof(boundTime, boundTime, fc.constantFrom(0, HOUR, DAY - SECOND, 7 * DAY)))
  .map(([a, b]) => (b < EDGES[4]! / 2 ? [a, a + b] : [Math.min(a, b), Math.max(a, b)]) as [number, number]);

const minor = fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 5_000 }));
const bill = fc
  .record({
    currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
    total: minor,
    tax: fc.integer({ min: 0, max: 100 }),
    refunded: fc.constantFrom(0, 0, 0, 13, 50, 100),
  })
  .map(({ currency, total, tax, refunded }) => ({
    id: billId(),
    currency,
    total,
    tax: Math.floor((total * tax) / 100),
    refunded: Math.ceil((total * refunded) / 100),
  }));

const charges = (): fc.Arbitrary<Charge[]> =>
  fc
    .array(
      fc.record({
        network: fc.nat(),
        location: fc.option(fc.nat()),
        driver: fc.option(fc.nat()),
        status: fc.constantFrom('completed', 'completed', 'failed', 'expired', 'pending', 'active', 'idle'),
        start: rowTime,
        length: fc.oneof(fc.constantFrom(0, 1, HOUR), fc.integer({ min: 0, max: 3 * HOUR })),
        energy: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90_000_000 })),
        bill,
      }),
      { maxLength: 60, size: 'max' },
    )
    .map(list =>
      list.map((one, number) => {
        const network = market.networks[one.network % market.networks.length]!;
        const hasEnded = one.status === 'completed';
        return {
          id: chargeId(number),
          network,
          location:
            one.location === null ? null : network.locations[one.location % network.locations.length]!,
          driver: one.driver === null ? null : network.drivers[one.driver % network.drivers.length]!,
          status: one.status,
          start: one.start,
          end: hasEnded ? one.start + one.length : null,
          energy: one.energy,
          bill: hasEnded ? one.bill : null,
        };
      }),
    );

// The same once more, as plainly as it can be said.

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
/** To so many digits, half away from zero; of whole numbers, exactly. */
function rounded(numerator: number, denominator: number, digits = 2): number {
  if (denominator === 0) return 0;
  const [n, d] = [BigInt(numerator) * 10n ** BigInt(digits), BigInt(denominator)];
  const size = (2n * (n < 0n ? -n : n) + d) / (2n * d);
  return Number(n < 0n ? -size : size) / 10 ** digits;
}
const growth = (is: number, was: number): number =>
  was === 0 ? (is === 0 ? 0 : 100) : rounded((is - was) * 100, was);
const total = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

const PERIODS = ['day', 'week', 'month'] as const;
type Period = (typeof PERIODS)[number];
const MONTH_NAMES = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function bucketOf(period: Period, ms: number): number {
  const midnight = Math.floor(ms / DAY) * DAY;
  const date = new Date(midnight);
  if (period === 'week') return midnight - ((date.getUTCDay() + 6) % 7) * DAY;
  return period === 'month' ? midnight - (date.getUTCDate() - 1) * DAY : midnight;
}

function labelOf(period: Period, start: number): string {
  const date = new Date(start);
  const month = MONTH_NAMES[date.getUTCMonth()];
  if (period === 'day') return `${month} ${date.getUTCDate()}`;
  if (period === 'month') return `${month} ${date.getUTCFullYear()}`;
  // a week belongs to the year that its Thursday is in
  const thursday = start + 3 * DAY;
  const newYear = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return `Week ${Math.floor((thursday - newYear) / (7 * DAY)) + 1}`;
}

function timelineOf<Item>(
  period: Period,
  [from, to]: readonly [number, number],
  items: readonly Item[],
  timeOf: (item: Item) => number,
  figureOf: (items: readonly Item[]) => number,
) {
  const starts = new Set<number>();
  for (let day = bucketOf('day', from); day <= to; day += DAY) starts.add(bucketOf(period, day));
  return [...starts].map(start => ({
    date: iso(start),
    value: figureOf(items.filter(item => bucketOf(period, timeOf(item)) === start)),
    label: labelOf(period, start),
  }));
}

function naive(all: readonly Charge[], period: Period, [from, to]: readonly [number, number]) {
  const end = to + SECOND;
  const reached = all.filter(({ network }) => network.isReached);
  const within = (since: number, until: number) => (ms: number) => ms >= since && ms < until;
  const [now, before] = [within(from, end), within(2 * from - end, from)];
  const started = reached.filter(({ start }) => now(start));
  const startedBefore = reached.filter(({ start }) => before(start));
  const sold = reached.filter(({ bill }) => bill?.currency === 'USD') as (Charge & {
    end: number;
    bill: NonNullable<Charge['bill']>;
  })[];
  const [ended, endedBefore] = [sold.filter(one => now(one.end)), sold.filter(one => before(one.end))];
  const kept = ({ bill }: (typeof sold)[number]) => bill.total - bill.refunded;
  const energyOf = (list: readonly Charge[]) => total(list, ({ energy }) => energy);
  const kwhOf = (list: readonly Charge[]) => rounded(energyOf(list), 1_000_000);
  const completed = started.filter(({ status }) => status === 'completed');
  const perSession = rounded(energyOf(started), started.length * 1_000_000);
  const revenue = total(ended, kept);
  const window = { period, fromDate: iso(from), toDate: iso(to) };
  const byLocation = Object.values(
    Object.groupBy(
      ended.filter(({ location }) => location),
      ({ location }) => location!.id,
    ),
  ) as (typeof ended)[];
  const days = [...new Set(started.map(({ start }) => bucketOf('day', start)))].sort((a, b) => a - b);
  const onDay = (day: number) => started.filter(({ start }) => bucketOf('day', start) === day);
  const peak = days.reduce<number | undefined>(
    (best, day) => (best === undefined || energyOf(onDay(day)) > energyOf(onDay(best)) ? day : best),
    undefined,
  );
  return {
    sessions: {
      totalSessions: started.length,
      completedSessions: completed.length,
      failedSessions: started.filter(({ status }) => status === 'failed' || status === 'expired').length,
      averageSessionDurationMinutes: rounded(
        total(completed, ({ start, end }) => end! - start),
        completed.length * MINUTE,
      ),
      averageEnergyPerSessionKwh: perSession,
      growthPercentage: growth(started.length, startedBefore.length),
      ...window,
      timeline: timelineOf(
        period,
        [from, to],
        started,
        one => one.start,
        list => list.length,
      ),
    },
    revenue: {
      totalRevenue: revenue / 100,
      averagePerSession: rounded(revenue, ended.filter(one => kept(one) > 0).length, 0) / 100,
      currency: 'USD',
      growthPercentage: growth(revenue, total(endedBefore, kept)),
      ...window,
      timeline: timelineOf(
        period,
        [from, to],
        ended,
        one => one.end,
        list => total(list, kept) / 100,
      ),
      revenueByLocation: byLocation
        .map(list => ({ ...list[0]!.location!, sum: total(list, kept) }))
        .sort((a, b) => b.sum - a.sum || (a.id < b.id ? -1 : 1))
        .slice(0, 10)
        .map(({ name, sum }) => ({ name, value: sum / 100, percentage: rounded(sum * 100, revenue) })),
    },
    energy: {
      totalEnergyKwh: kwhOf(started),
      averagePerSessionKwh: perSession,
      peakDayKwh: peak === undefined ? 0 : kwhOf(onDay(peak)),
      peakDayDate: peak === undefined ? null : iso(peak),
      growthPercentage: growth(energyOf(started), energyOf(startedBefore)),
      ...window,
      timeline: timelineOf(period, [from, to], started, one => one.start, kwhOf),
    },
  };
}

describe('the analytics of a window', () => {
  it(
    'are what counting one by one comes to, whatever the charges and wherever the window begins and ends',
    async () => {
      const seen = { rows: 0, revenue: 0, growth: 0 };
      await fc.assert(
        fc.asyncProperty(
          charges(),
          fc.array(fc.tuple(windows, fc.constantFrom(...PERIODS)), { minLength: 3, maxLength: 3 }),
          async (list, asked) => {
            await playCharges(server, list);
            for (const [window, period] of asked) {
              const query = `period=${period}&from=${iso(window[0])}&to=${iso(window[1])}`;
              const expected = naive(list, period, window);
              expect(await get(`/analytics/sessions?${query}`)).toEqual(expected.sessions);
              expect(await get(`/analytics/revenue?${query}`)).toEqual(expected.revenue);
              expect(await get(`/analytics/energy?${query}`)).toEqual(expected.energy);
              seen.rows += expected.sessions.totalSessions;
              if (expected.revenue.totalRevenue > 0) seen.revenue++;
              if (![0, 100].includes(expected.energy.growthPercentage)) seen.growth++;
            }
          },
        ),
        { numRuns: 40 },
      );
      // what was compared was no heap of zeros
      expect(seen.rows).toBeGreaterThan(30);
      expect(seen.revenue).toBeGreaterThan(3);
      expect(seen.growth).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );

  it('are cut in UTC days, ISO weeks and months, each with its label and none left out', async () => {
    await playCharges(server, []);
    const labels = async (query: string) =>
      (await get(`/analytics/energy?${query}`)).timeline.map(
        ({ date, label, value }: { date: string; label: string; value: number }) => [date, label, value],
      );
    expect(await labels('from=2026-12-31&to=2027-01-01')).toEqual([
      ['2026-12-31T00:00:00Z', 'Dec 31', 0],
      ['2027-01-01T00:00:00Z', 'Jan 1', 0],
    ]);
    expect(await labels('period=week&from=2025-12-28T23:59:59Z&to=2025-12-29')).toEqual([
      ['2025-12-22T00:00:00Z', 'Week 52', 0],
      ['2025-12-29T00:00:00Z', 'Week 1', 0],
    ]);
    expect(await labels('period=week&from=2027-01-03T12:00:00Z&to=2027-01-04')).toEqual([
      ['2026-12-28T00:00:00Z', 'Week 53', 0],
      ['2027-01-04T00:00:00Z', 'Week 1', 0],
    ]);
    expect(await labels('period=month&from=2026-01-31T23:59:59Z&to=2026-03-01')).toEqual([
      ['2026-01-01T00:00:00Z', 'Jan 2026', 0],
      ['2026-02-01T00:00:00Z', 'Feb 2026', 0],
      ['2026-03-01T00:00:00Z', 'Mar 2026', 0],
    ]);
  });

  it('take both bounds in to the millisecond, and grow against as many milliseconds before', async () => {
    const noon = Date.parse('2026-06-18T12:00:00Z');
    await playCharges(
      server,
      [-3, -2, -1, 0, 1, 2].map((offset, number) => madeUp(number, noon + offset)),
    );
    const query = `query ($from: DateTime, $to: DateTime) {
      sessionAnalytics(from: $from, to: $to) { from to totalSessions growthPercent } }`;
    const ask = async (from: string, to: string) =>
      (await server.graphql<{ sessionAnalytics: object }>(query, { from, to })).data.sessionAnalytics;
    expect(await ask(iso(noon), iso(noon + 1))).toMatchObject({ totalSessions: 2, growthPercent: 0 });
    expect(await ask(iso(noon - 1), iso(noon + 1))).toMatchObject({ totalSessions: 3, growthPercent: 50 });
    // between two milliseconds there is nothing
    const [from, to] = ['2026-06-18T12:00:00.0002Z', '2026-06-18T12:00:00.0008Z'];
    expect(await ask(from, to)).toEqual({ from, to, totalSessions: 0, growthPercent: 0 });
  });

  it('are those of the last 30 days where no window is named, from midnight to now', async () => {
    const now = Date.now();
    const since = bucketOf('day', now - 30 * DAY);
    await playCharges(server, [madeUp(0, since - 1), madeUp(1, since), madeUp(2, now - MINUTE)]);
    const data = await get('/analytics/sessions');
    expect(data).toMatchObject({ period: 'day', totalSessions: 2, fromDate: iso(since) });
    expect(data.timeline).toHaveLength(31);
    const until = await get('/analytics/sessions?to=2026-03-31T12:00:00Z');
    expect(until).toMatchObject({ fromDate: '2026-03-01T00:00:00Z', toDate: '2026-03-31T12:00:00Z' });
  });

  it('name the ten places that brought most, with their part of all', async () => {
    const [{ locations }] = market.networks as [Market['networks'][number]];
    const end = Date.parse('2026-06-18T13:00:00Z');
    const sold = locations.slice(0, 12).map((location, number) => {
      const bill = { id: billId(), currency: 'USD', total: (number + 1) * 100, tax: 0, refunded: 0 };
      return { ...madeUp(number, end - HOUR), location, bill };
    });
    await playCharges(server, sold);
    const { revenueByLocation } = await get('/analytics/revenue?from=2026-06-18&to=2026-06-19');
    expect(revenueByLocation).toHaveLength(10);
    expect(revenueByLocation[0]).toEqual({ name: locations[11]!.name, value: 12, percentage: 15.38 });
    expect(revenueByLocation[9]).toEqual({ name: locations[2]!.name, value: 3, percentage: 3.85 });
  });

  it('follow a refund at once', async () => {
    const paid = { id: billId(), currency: 'USD', total: 1_000, tax: 100, refunded: 0 };
    const end = Date.parse('2026-06-18T13:00:00Z');
    await playCharges(server, [{ ...madeUp(0, end - HOUR), end, bill: paid }]);
    const revenue = async () => (await get('/analytics/revenue?from=2026-06-18&to=2026-06-19')).totalRevenue;
    expect(await revenue()).toBe(10);
    await server.sql('update transactions set refunded = 250');
    expect(await revenue()).toBe(7.5);
  });

  it.each(['sessions', 'revenue', 'energy'])('%s has at most 3660 days', async name => {
    const ask = (from: string) =>
      server.rest('GET', `/analytics/${name}?to=2026-06-18&from=${from}`, { apiKey: market.apiKey });
    const widest = iso(Date.parse('2026-06-18T00:00:01Z') - 3660 * DAY);
    expect((await ask(widest)).status).toBe(200);
    for (const from of [iso(Date.parse(widest) - SECOND), '0001-01-01']) {
      const { status, body } = await ask(from);
      expect([status, body.details[0].field]).toEqual([400, 'from']);
    }
    expect((await ask('9999-01-01')).status).toBe(400);
  });
});

/** A charge of an hour and 10 kWh, without a bill. */
const madeUp = (number: number, start: number): Charge => ({
  id: chargeId(number),
  network: market.networks[0]!,
  location: market.networks[0]!.locations[0]!,
  driver: null,
  status: 'completed',
  start,
  end: start + HOUR,
  energy: 10_000_000,
  bill: null,
});
