import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSchedules } from '../src/domains/smart-charging/compare-schedules.ts';
import {
  type CompositeOptions,
  compositeSchedule,
  type StackedProfile,
} from '../src/domains/smart-charging/composite-schedule.ts';

const T0 = Date.parse('2026-06-19T12:00:00Z');
const iso = (second: number) => new Date(T0 + second * 1000).toISOString();

const profile = (fields: Partial<StackedProfile> = {}): StackedProfile => ({
  number: 1,
  connectorNumber: 1,
  purpose: 'TxDefault',
  stackLevel: 0,
  kind: 'Absolute',
  recurrency: null,
  validFrom: null,
  validTo: null,
  unit: 'A',
  startsAt: iso(0),
  durationSeconds: null,
  minChargingRate: null,
  periods: [{ startPeriod: 0, limit: 16, numberPhases: null }],
  ...fields,
});
const amps = (limit: number, startPeriod = 0, numberPhases: number | null = null) => ({
  startPeriod,
  limit,
  numberPhases,
});
const composite = (profiles: readonly StackedProfile[], options: Partial<CompositeOptions> = {}) =>
  compositeSchedule(profiles, {
    connector: 1,
    at: iso(0),
    durationSeconds: 3600,
    unit: 'A',
    phases: 3,
    voltage: 230,
    ...options,
  });
/** `second: limit`, the phases behind a slash where told. */
const told = (...args: Parameters<typeof composite>) =>
  composite(...args).map(
    ({ startPeriod, limit, numberPhases }) =>
      `${startPeriod}: ${limit}${numberPhases === null ? '' : ` /${numberPhases}`}`,
  );

describe('39: a composite schedule', () => {
  it('is whatever the station can do where no profile says anything', () => {
    expect(told([])).toEqual(['0: null']);
    expect(told([profile({ connectorNumber: 2 })])).toEqual(['0: null']);
  });

  it('goes by the highest stack level within a purpose, and by the next where that has nothing to say', () => {
    const low = profile({ stackLevel: 1, periods: [amps(20)] });
    const high = profile({
      number: 2,
      stackLevel: 5,
      startsAt: iso(600),
      durationSeconds: 600,
      periods: [amps(10), amps(32, 300)],
    });
    // the higher level wins though it lets more through
    expect(told([high, low])).toEqual(['0: 20', '600: 10', '900: 32', '1200: 20']);
  });

  it('goes by the connector’s own profile where the whole station’s has the same stack level', () => {
    const own = profile({ periods: [amps(20)] });
    const all = profile({ number: 9, connectorNumber: 0, periods: [amps(8)] });
    expect(told([all, own])).toEqual(['0: 20']);
    expect(told([{ ...all, stackLevel: 1 }, own])).toEqual(['0: 8']);
  });

  it('has Tx over TxDefault whatever the levels, and TxDefault again where Tx has ended', () => {
    const tx = profile({ purpose: 'Tx', number: 2, durationSeconds: 60, periods: [amps(32)] });
    expect(told([profile({ stackLevel: 9 }), tx])).toEqual(['0: 32', '60: 16']);
  });

  it('is capped by ChargePointMax and by every external constraint', () => {
    const cap = profile({ purpose: 'ChargePointMax', connectorNumber: 0, number: 2, periods: [amps(12)] });
    const grid = (limit: number, number: number) =>
      profile({
        purpose: 'ExternalConstraints',
        connectorNumber: 0,
        number,
        startsAt: iso(100),
        durationSeconds: 100,
        periods: [amps(limit)],
      });
    expect(told([profile(), cap, grid(7, 3), grid(6, 4)])).toEqual(['0: 12', '100: 6', '200: 12']);
    expect(told([cap, profile({ periods: [amps(6)] })])).toEqual(['0: 6']);
    expect(told([cap])).toEqual(['0: 12']);
  });

  it('of the whole station knows only what holds for all of it', () => {
    const cap = profile({ purpose: 'ChargePointMax', connectorNumber: 0, periods: [amps(40)] });
    const all = profile({ number: 2, connectorNumber: 0, periods: [amps(10)] });
    expect(told([cap, all, profile({ number: 3 })], { connector: 0 })).toEqual(['0: 40']);
  });

  it('takes in the first moment of a validity and leaves out its last', () => {
    const valid = profile({ validFrom: iso(10), validTo: iso(20) });
    expect(told([valid])).toEqual(['0: null', '10: 16', '20: null']);
    expect(told([valid], { at: iso(10), durationSeconds: 10 })).toEqual(['0: 16']);
    expect(told([valid], { at: iso(20) })).toEqual(['0: null']);
    expect(told([profile({ validFrom: iso(10), validTo: iso(10) })])).toEqual(['0: null']);
  });

  it('has a duration that ends within the window, and one that ended with it', () => {
    const hour = profile({ startsAt: iso(-1800), durationSeconds: 3600 });
    expect(told([hour])).toEqual(['0: 16', '1800: null']);
    expect(told([hour], { at: iso(1800) })).toEqual(['0: null']);
    // a period behind the end is never reached
    expect(told([{ ...hour, periods: [amps(16), amps(32, 3600)] }])).toEqual(['0: 16', '1800: null']);
  });

  it('begins a relative schedule with the transaction, or at once where none runs', () => {
    const relative = profile({ kind: 'Relative', startsAt: null, periods: [amps(32), amps(8, 1200)] });
    expect(told([relative], { transactionStart: iso(-900) })).toEqual(['0: 32', '300: 8']);
    expect(told([relative])).toEqual(['0: 32', '1200: 8']);
  });

  it('says the same each day, over midnight, in UTC whatever the clocks of a country do', () => {
    // 22:00 to 06:00; the night of 25 October 2026 has 25 hours in Berlin
    const night = profile({
      kind: 'Recurring',
      recurrency: 'Daily',
      startsAt: '2026-10-01T22:00:00Z',
      durationSeconds: 8 * 3600,
      periods: [amps(32), amps(10, 4 * 3600)],
    });
    const hours = composite([night], { at: '2026-10-24T00:00:00Z', durationSeconds: 2 * 86_400 }).map(
      ({ startPeriod, limit }) => `${startPeriod / 3600}: ${limit}`,
    );
    expect(hours).toEqual(['0: 32', '2: 10', '6: null', '22: 32', '26: 10', '30: null', '46: 32']);
    expect(told([night], { at: '2026-09-30T23:00:00Z' })).toEqual(['0: null']);
  });

  it('says the same each week, and never longer than its week', () => {
    const week = profile({
      kind: 'Recurring',
      recurrency: 'Weekly',
      startsAt: iso(0),
      durationSeconds: 30 * 86_400,
      periods: [amps(16), amps(8, 6 * 86_400)],
    });
    const days = composite([week], { durationSeconds: 15 * 86_400 }).map(
      ({ startPeriod, limit }) => `${startPeriod / 86_400}: ${limit}`,
    );
    expect(days).toEqual(['0: 16', '6: 8', '7: 16', '13: 8', '14: 16']);
  });

  it('turns amperes into watts and back by the phases', () => {
    const watts = profile({ unit: 'W', periods: [amps(11_040)] });
    expect(told([watts])).toEqual(['0: 16']);
    expect(told([{ ...watts, periods: [amps(3680, 0, 1)] }])).toEqual(['0: 16 /1']);
    expect(told([profile()], { unit: 'W' })).toEqual(['0: 11040']);
    expect(told([profile({ periods: [amps(16, 0, 1)] })], { unit: 'W' })).toEqual(['0: 3680 /1']);
    expect(told([profile()], { unit: 'W', phases: 1, voltage: 400 })).toEqual(['0: 6400']);
    // on one phase, nine amperes of the station’s three are nine of this one
    const cap = profile({ purpose: 'ChargePointMax', connectorNumber: 0, number: 2, periods: [amps(9)] });
    expect(told([profile({ periods: [amps(16, 0, 1)] }), cap], { unit: 'W' })).toEqual(['0: 2070 /1']);
    // never above: tenths are rounded down
    expect(told([profile({ unit: 'W', periods: [amps(10_000)] })])).toEqual(['0: 14.4']);
  });

  it('is at each second what the rules say of that second', () => {
    let gaps = 0;
    let changes = 0;
    fc.assert(
      fc.property(fc.array(anyProfile, { maxLength: 6 }), anyOptions, (profiles, options) => {
        const periods = compositeSchedule(profiles, options);
        expect(periods[0]!.startPeriod).toBe(0);
        changes += periods.length - 1;
        for (let second = 0; second < options.durationSeconds; second++) {
          const period = periods.findLast(({ startPeriod }) => startPeriod <= second)!;
          const expected = naive(profiles, options, Date.parse(options.at) / 1000 + second);
          if (expected === null) gaps += 1;
          expect(period.limit === null ? null : period.limit.toFixed(1)).toBe(expected);
        }
        for (const [index, { limit, numberPhases }] of periods.entries()) {
          const next = periods[index + 1];
          expect(next && next.limit === limit && next.numberPhases === numberPhases).not.toBe(true);
        }
      }),
      { numRuns: 400 },
    );
    expect(gaps).toBeGreaterThan(100);
    expect(changes).toBeGreaterThan(100);
  });
});

// Few values, close together: so that edges meet.
const second = fc.integer({ min: -40, max: 100 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const DAY = 86_400;

const anyProfile: fc.Arbitrary<StackedProfile> = fc
  .record({
    number: fc.integer({ min: 1, max: 1000 }),
    connectorNumber: fc.constantFrom(0, 1, 1, 2),
    purpose: fc.constantFrom('ChargePointMax', 'TxDefault', 'TxDefault', 'Tx', 'ExternalConstraints'),
    stackLevel: fc.nat(2),
    kind: fc.constantFrom('Absolute', 'Recurring', 'Relative'),
    recurrency: fc.constantFrom('Daily', 'Weekly'),
    validFrom: maybe(second),
    validTo: maybe(second),
    unit: fc.constantFrom('A', 'W'),
    startsAt: second,
    cycles: fc.nat(3),
    durationSeconds: maybe(fc.integer({ min: 1, max: 90 })),
    periods: fc.uniqueArray(
      fc.record({
        startPeriod: fc.nat(60),
        limit: fc.integer({ min: 0, max: 320 }).map(tenths => tenths / 10),
        numberPhases: maybe(fc.constantFrom(1, 3)),
      }),
      { minLength: 1, maxLength: 3, selector: ({ startPeriod }) => startPeriod },
    ),
  })
  .map(({ cycles, ...fields }) => {
    const cycle = fields.recurrency === 'Daily' ? DAY : 7 * DAY;
    const isRecurring = fields.kind === 'Recurring';
    return profile({
      ...(fields as unknown as StackedProfile),
      recurrency: isRecurring ? (fields.recurrency as 'Daily') : null,
      validFrom: fields.validFrom === null ? null : iso(fields.validFrom),
      validTo: fields.validTo === null ? null : iso(fields.validTo),
      startsAt: fields.kind === 'Relative' ? null : iso(fields.startsAt - (isRecurring ? cycles * cycle : 0)),
    });
  });

const anyOptions: fc.Arbitrary<CompositeOptions> = fc.record({
  connector: fc.constantFrom(0, 1, 1, 1),
  at: fc.integer({ min: -30, max: 30 }).map(iso),
  durationSeconds: fc.integer({ min: 1, max: 100 }),
  unit: fc.constantFrom('A' as const, 'W' as const),
  phases: fc.constantFrom(1, 3),
  voltage: fc.constant(230),
  transactionStart: maybe(fc.integer({ min: -60, max: 0 }).map(iso)),
});

/** The rules of OCPP read out for one second: the limit with one decimal, or null. */
function naive(profiles: readonly StackedProfile[], options: CompositeOptions, now: number): string | null {
  const seconds = (text: string) => Date.parse(text) / 1000;
  const speaking = profiles.flatMap(it => {
    const isStationWide = it.purpose === 'ChargePointMax' || it.purpose === 'ExternalConstraints';
    if (it.connectorNumber !== options.connector && it.connectorNumber !== 0) return [];
    if (it.connectorNumber === 0 && options.connector === 0 && !isStationWide) return [];
    if (it.connectorNumber === 0 && it.purpose === 'Tx') return [];
    if (it.validFrom !== null && now < seconds(it.validFrom)) return [];
    if (it.validTo !== null && now >= seconds(it.validTo)) return [];
    let begin =
      it.kind === 'Relative' ? seconds(options.transactionStart ?? options.at) : seconds(it.startsAt!);
    const cycle = it.recurrency === 'Daily' ? DAY : 7 * DAY;
    while (it.kind === 'Recurring' && begin + cycle <= now) begin += cycle;
    if (now < begin || (it.durationSeconds !== null && now >= begin + it.durationSeconds)) return [];
    let current: StackedProfile['periods'][number] | null = null;
    for (const period of it.periods) {
      const isReached = begin + period.startPeriod <= now;
      if (isReached && (!current || period.startPeriod > current.startPeriod)) current = period;
    }
    return current ? [{ ...it, current }] : [];
  });
  const best = (purpose: string) => {
    let winner: (typeof speaking)[number] | null = null;
    for (const one of speaking) {
      if (one.purpose !== purpose) continue;
      const rank = [one.stackLevel, one.connectorNumber, one.number];
      const against = winner && [winner.stackLevel, winner.connectorNumber, winner.number];
      const at = rank.findIndex((value, index) => !against || value !== against[index]);
      if (!against || (at >= 0 && rank[at]! > against[at]!)) winner = one;
    }
    return winner ? [winner] : [];
  };
  const tx = best('Tx');
  const counted = [
    ...(tx.length > 0 ? tx : best('TxDefault')),
    ...best('ChargePointMax'),
    ...speaking.filter(({ purpose }) => purpose === 'ExternalConstraints'),
  ];
  if (counted.length === 0) return null;
  let phases = options.phases;
  for (const { current } of counted) phases = Math.min(phases, current.numberPhases ?? phases);
  let least = Infinity;
  for (const { unit, current } of counted) {
    const watts = unit === 'W' ? current.limit : current.limit * options.voltage * phases;
    least = Math.min(least, watts);
  }
  const limit = options.unit === 'W' ? least : least / (options.voltage * phases);
  return (Math.floor(limit * 10 + 1e-5) / 10).toFixed(1);
}

describe('39: our schedule beside the station’s', () => {
  const compare = (
    ours: [number, number | null][],
    stations: [number, number | null][],
    clockToleranceSeconds = 5,
  ) =>
    compareSchedules(
      ours.map(([startPeriod, limit]) => ({ startPeriod, limit })),
      stations.map(([startPeriod, limit]) => ({ startPeriod, limit })),
      { durationSeconds: 1000, maximum: 32, tolerance: 0.1, clockToleranceSeconds },
    ).map(it => `${it.fromSecond}-${it.toSecond}: ${it.ours}, ${it.station}, ${it.difference}`);

  it('differs nowhere where it is the same, up to a tenth, up to what the connector can do', () => {
    expect(compare([[0, 16]], [[0, 16.1]])).toEqual([]);
    expect(compare([[0, null]], [[0, 32]])).toEqual([]);
    expect(compare([[0, 40]], [])).toEqual([]);
  });

  it('differs where and as much as it does', () => {
    expect(
      compare(
        [
          [0, 16],
          [100, 8],
        ],
        [
          [0, 16],
          [300, 10],
          [600, 8],
        ],
      ),
    ).toEqual(['100-300: 8, 16, 8', '300-600: 8, 10, 2']);
    expect(compare([[0, 16]], [])).toEqual(['0-1000: 16, null, 16']);
    expect(compare([[0, null]], [[500, 6]])).toEqual(['500-1000: null, 6, -26']);
  });

  it('does not take a clock for a difference', () => {
    const [ours, late] = [
      [
        [0, 16],
        [100, 8],
      ],
      [
        [0, 16],
        [103, 8],
      ],
    ] as [number, number][][];
    expect(compare(ours!, late!)).toEqual([]);
    expect(compare(ours!, late!, 2)).toEqual(['100-103: 8, 16, 8']);
  });
});
