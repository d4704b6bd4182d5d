import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  endMetering,
  foldHistory,
  type Metering,
  observe,
  startMetering,
} from '../src/domains/sessions/metering.ts';
import type { Observation } from '../src/domains/sessions/observation.ts';
import { chargeableIdleSeconds } from '../src/domains/tariffs/price-session.ts';

const T0 = Date.UTC(2026, 0, 15, 18);
const at = (second: number) => T0 + second * 1000;
const meter = (
  second: number,
  wh: number | null,
  powerW: number | null = null,
  intervalWh: number | null = null,
): Observation => ({
  kind: 'meter',
  at: at(second),
  registerWh: wh === null ? null : String(wh),
  intervalWh: intervalWh === null ? null : String(intervalWh),
  powerW,
  socPercent: null,
});
const status = (second: number, name: string): Observation => ({
  kind: 'status',
  at: at(second),
  status: name,
});
const live = (...observations: Observation[]) => observations.reduce(observe, startMetering(T0, '1000'));
const session = (observations: Observation[], endSecond: number, endWh: number | null) =>
  foldHistory({ at: T0, registerWh: '1000' }, observations, {
    at: at(endSecond),
    registerWh: endWh === null ? null : String(endWh),
  });

const statusName = fc.constantFrom(
  'PREPARING',
  'CHARGING',
  'SUSPENDED_EV',
  'SUSPENDED_EVSE',
  'FINISHING',
  'FAULTED',
);
// Every hundred seconds often, so that times coincide.
const second = fc.oneof(
  fc.nat({ max: 3000 }),
  fc.nat({ max: 30 }).map(n => n * 100),
);
const register = fc.oneof(
  fc.nat({ max: 60 }).map(n => 1000 + n * 50),
  fc.double({ min: 0, max: 5000, noNaN: true }).map(n => Math.round(n * 1000) / 1000),
);
const power = fc.option(fc.constantFrom(0, 0, 3700, 11_000));
const observation = fc.oneof(
  fc.tuple(second, fc.option(register, { freq: 8 }), power).map(([s, wh, w]) => meter(s, wh, w)),
  fc.tuple(second, statusName).map(([s, name]) => status(s, name)),
);
/** Nearly all at the same few times. */
const crowded = fc.array(
  fc.oneof(
    fc
      .record({
        at: fc.nat({ max: 4 }).map(n => at(n * 90)),
        registerWh: fc.constantFrom(null, '1000', '1100', '1200'),
        intervalWh: fc.constantFrom(null, null, '0', '50'),
        powerW: fc.constantFrom(null, 0, 7000),
        socPercent: fc.constantFrom(null, 40, 41),
      })
      .map((sample): Observation => ({ kind: 'meter', ...sample })),
    fc.tuple(fc.nat({ max: 4 }), statusName).map(([n, name]) => status(n * 90, name)),
  ),
  { maxLength: 20 },
);
const histories = fc.array(observation, { maxLength: 40 });
/** A meter that only climbs or stands still, sampled at times of its own. */
const climbing = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.constantFrom(0, 0, 0, 10, 250)), { maxLength: 30 })
  .map(steps => {
    let [time, wh] = [0, 1000];
    return steps.map(([pause, rise]) => {
      time += pause;
      wh += rise;
      return meter(time, wh);
    });
  });
const sorted = (observations: Observation[]) => [...observations].sort((a, b) => a.at - b.at);
const distinctTimes = (observations: Observation[]) => [
  ...new Map(observations.map(o => [o.at, o])).values(),
];

describe('energy', () => {
  test('is the sum of the rises', () => {
    const wholeMeters = fc.uniqueArray(fc.tuple(second, fc.nat({ max: 3000 })), { selector: ([s]) => s });
    fc.assert(
      fc.property(wholeMeters, samples => {
        let [last, energy, resets] = [1000, 0, 0];
        for (const [, wh] of samples.filter(([s]) => s > 0).sort(([a], [b]) => a - b)) {
          energy += Math.max(0, wh - last);
          if (wh < last) resets += 1;
          last = wh;
        }
        const result = session(
          samples.filter(([s]) => s > 0).map(([s, wh]) => meter(s, wh)),
          4000,
          null,
        );
        expect(result).toMatchObject({
          energyWh: String(energy),
          meterResets: resets,
          endRegisterWh: String(last),
        });
      }),
    );
  });

  test('never falls, whatever comes and in whatever order', () => {
    fc.assert(
      fc.property(histories, history => {
        let state = startMetering(T0, '1000');
        for (const next of history) {
          const after = observe(state, next);
          expect(Number(after.energyWh)).toBeGreaterThanOrEqual(Number(state.energyWh));
          expect(after.idleMilliseconds).toBeGreaterThanOrEqual(state.idleMilliseconds);
          state = after;
        }
        expect(Number(endMetering(state, at(3000), '0').energyWh)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('keeps every decimal', () => {
    expect(session([{ ...meter(10, null), registerWh: '1000.1' } as Observation], 20, 1000.3).energyWh).toBe(
      '0.3',
    );
  });

  test('goes on after the meter was reset', () => {
    const result = session([meter(60, 1500), meter(120, 20), meter(180, 300)], 240, 400);
    expect(result).toMatchObject({ energyWh: '880', meterResets: 1, endRegisterWh: '400' });
  });

  test('that may have flowed in a reset keeps the meter from standing still', () => {
    expect(session([meter(60, 1500), meter(100, 20), meter(159, 20)], 159, null).idleSeconds).toBe(0);
    expect(session([meter(60, 1500), meter(100, 20), meter(160, 20)], 160, null).idleSeconds).toBe(60);
  });

  test('of a final register below all others is what had flowed', () => {
    expect(session([meter(60, 1500)], 120, 900).energyWh).toBe('500');
    expect(session([], 120, 900).energyWh).toBe('0');
  });

  test('counts the final register even where the end came behind its time', () => {
    const ended = endMetering(live(meter(60, 1500), status(100, 'FINISHING')), at(90), '1600');
    expect(ended).toMatchObject({
      energyWh: '600',
      durationSeconds: 90,
      chargingSeconds: 90,
      idleSeconds: 0,
    });
  });
});

describe('intervals of energy', () => {
  const interval = (second: number, wh: number) => meter(second, null, null, wh);
  /** Of a station that has no register. */
  const bare = (observations: Observation[], endWh: number | null) =>
    foldHistory({ at: T0, registerWh: '0' }, observations, {
      at: at(3000),
      registerWh: endWh === null ? null : String(endWh),
    });
  const told = fc.array(
    fc.oneof(
      fc.tuple(second, fc.constantFrom(null, '0'), fc.nat({ max: 900 })).map(
        ([s, registerWh, wh]): Observation => ({
          kind: 'meter',
          at: at(s),
          registerWh,
          intervalWh: String(wh),
          powerW: null,
          socPercent: null,
        }),
      ),
      fc.tuple(second, statusName).map(([s, name]) => status(s, name)),
    ),
    { maxLength: 30 },
  );

  test('add up where no register tells anything, once for each time within the charge', () => {
    fc.assert(
      fc.property(told, fc.constantFrom(null, 0), (history, endWh) => {
        const once = distinctTimes(history);
        const sum = once.reduce(
          (total, one) => total + (one.kind === 'meter' && one.at > T0 ? Number(one.intervalWh) : 0),
          0,
        );
        expect(bare(once, endWh).energyWh).toBe(String(sum));
        expect(bare([...history, ...history].reverse(), endWh)).toEqual(bare(history, endWh));
      }),
      { numRuns: 500 },
    );
    expect(bare([interval(60, 500), interval(120, 0.25), interval(120, 0.25)], null)).toMatchObject({
      energyWh: '500.25',
      isByIntervals: true,
    });
  });

  test('change nothing where the register has the say, whatever they tell', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(observation, fc.option(fc.nat({ max: 900 }))), { maxLength: 30 }),
        fc.option(fc.constantFrom(1000, 1700, 4000)),
        (pairs, endWh) => {
          const history = pairs.map(([one]) => one);
          const isByRegister =
            endWh !== null ||
            history.some(one => one.kind === 'meter' && one.at > T0 && one.registerWh !== null);
          fc.pre(isByRegister);
          const both = pairs.map(([one, wh]) =>
            one.kind === 'meter' && wh !== null ? { ...one, intervalWh: String(wh) } : one,
          );
          expect(session(both, 3000, endWh)).toEqual(session(history, 3000, endWh));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('show live, and give way to a register that speaks', () => {
    const state = live(interval(60, 500), interval(120, 300), interval(120, 300), interval(90, 100));
    expect(state).toMatchObject({ energyWh: '800', late: true });
    expect(observe(state, meter(180, 1750))).toMatchObject({ energyWh: '750', intervalAt: null });
    expect(observe(observe(state, meter(180, 1750)), interval(240, 300)).energyWh).toBe('750');
  });

  test('of nothing are a meter that stands still', () => {
    expect(bare([interval(60, 500), interval(120, 0), interval(180, 0)], null).idleSeconds).toBe(2940);
  });
});

describe('a late observation', () => {
  test('is marked and changes nothing else', () => {
    fc.assert(
      fc.property(histories, observation, (history, straggler) => {
        const state = sorted(history).reduce(observe, startMetering(T0, '1000'));
        const before = JSON.stringify(state);
        fc.pre(straggler.at < state.lastObservedAt);
        expect(observe(state, straggler)).toEqual({ ...state, late: true });
        expect(JSON.stringify(state)).toBe(before);
      }),
    );
  });

  test('on time is not late', () => {
    expect(live(meter(60, 1500), meter(60, 1500), status(60, 'CHARGING')).late).toBe(false);
    expect(live(meter(60, 1500), meter(59, 1400)).late).toBe(true);
  });
});

describe('history', () => {
  test('gives the same in any order of arrival', () => {
    const shuffled = fc
      .oneof(histories, crowded)
      .chain(history =>
        fc.tuple(fc.constant(history), fc.shuffledSubarray(history, { minLength: history.length })),
      );
    fc.assert(
      fc.property(shuffled, ([history, other]) => {
        expect(session(other, 3000, 4000)).toEqual(session(history, 3000, 4000));
      }),
      { numRuns: 1000 },
    );
  });

  test('gives what was followed live, through JSON at every step', () => {
    fc.assert(
      fc.property(histories, history => {
        const inTime = sorted(distinctTimes(history));
        const state = inTime.reduce<Metering>(
          (before, next) => JSON.parse(JSON.stringify(observe(before, next))),
          startMetering(T0, '1000'),
        );
        expect(session(inTime, 3000, 4000)).toEqual(endMetering(state, at(3000), '4000'));
      }),
    );
  });

  test('takes a repeated observation once', () => {
    fc.assert(
      fc.property(fc.oneof(histories, crowded), fc.infiniteStream(fc.boolean()), (history, coin) => {
        const repeated = history.flatMap(o => (coin.next().value ? [o, o] : [o]));
        expect(session(repeated, 3000, 4000)).toEqual(session(history, 3000, 4000));
      }),
      { numRuns: 1000 },
    );
  });

  test('puts the samples of one moment before its statuses, and decides a contradiction for the driver', () => {
    const energy = meter(60, 1500);
    const idleOf = (...observations: Observation[]) =>
      session([energy, ...observations], 1000, 1500).idleSeconds;
    expect(idleOf(status(200, 'FINISHING'), meter(200, 1600, 7000))).toBe(800);
    expect(idleOf(status(960, 'CHARGING'), status(960, 'SUSPENDED_EV'))).toBe(0);
    expect(idleOf(status(960, 'SUSPENDED_EVSE'), status(960, 'SUSPENDED_EV'))).toBe(0);
    expect(idleOf(status(960, 'SUSPENDED_EVSE'), status(960, 'CHARGING'))).toBe(0);
    expect(idleOf(meter(960, 1500), meter(960, 1500, 7000))).toBe(0);
  });

  test('leaves out what lies outside of the transaction', () => {
    const within = [meter(60, 1500), status(100, 'SUSPENDED_EV')];
    const outside = [status(-5, 'PREPARING'), meter(-1, 9000), meter(301, 9999), status(400, 'AVAILABLE')];
    expect(session([...outside, ...within], 300, 1500)).toEqual(session(within, 300, 1500));
  });
});

describe('time', () => {
  test('charging and idle make up the duration', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 3_500_000 }), (history, milliseconds) => {
        const end = { at: T0 + milliseconds, registerWh: null };
        const result = foldHistory({ at: T0, registerWh: '1000' }, history, end);
        const unsorted = endMetering(history.reduce(observe, startMetering(T0, '1000')), end.at, null);
        for (const { chargingSeconds, idleSeconds, durationSeconds } of [result, unsorted]) {
          expect(chargingSeconds + idleSeconds).toBe(durationSeconds);
          expect(durationSeconds).toBe(Math.floor(milliseconds / 1000));
          expect(Math.min(chargingSeconds, idleSeconds)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test('is never more than the duration where the end comes behind its time', () => {
    const state = live(meter(10, 1500), status(100, 'SUSPENDED_EV'), status(500, 'CHARGING'));
    expect(endMetering(state, at(90), '1500')).toMatchObject({ chargingSeconds: 0, idleSeconds: 90 });
    const again = observe(state, status(600, 'SUSPENDED_EV'));
    expect(endMetering(again, at(550), '1500')).toMatchObject({ chargingSeconds: 150, idleSeconds: 400 });
  });

  test('is none where the end lies before the start', () => {
    expect(session([], -10, 1000)).toMatchObject({ durationSeconds: 0, chargingSeconds: 0, idleSeconds: 0 });
  });
});

describe('idle', () => {
  test('never lies before the first energy or within a suspension by the station', () => {
    fc.assert(
      fc.property(histories, history => {
        const unique = sorted(distinctTimes(history)).filter(o => o.at > T0);
        let [firstRise, last] = [at(3000), 1000];
        for (const o of unique) {
          if (o.kind !== 'meter' || o.registerWh === null) continue;
          if (Number(o.registerWh) > last) firstRise = Math.min(firstRise, o.at);
          last = Number(o.registerWh);
        }
        let [blocked, blockedSince] = [0, null as number | null];
        for (const o of [...unique, status(3000, 'CHARGING')]) {
          if (o.kind !== 'status') continue;
          const isBlocking = o.status === 'SUSPENDED_EVSE' || o.status === 'FAULTED';
          if (blockedSince !== null) blocked += o.at - Math.max(blockedSince, Math.min(firstRise, o.at));
          blockedSince = isBlocking ? o.at : null;
        }
        const { idleSeconds } = session(unique, 3000, null);
        expect(idleSeconds * 1000).toBeLessThanOrEqual(at(3000) - firstRise - blocked);
      }),
      { numRuns: 2000 },
    );
  });

  test('is none in a session without energy', () => {
    const statuses = fc.array(fc.tuple(second, statusName).map(([s, name]) => status(s, name)));
    const flat = fc.array(second.map(s => meter(s, 1000)));
    fc.assert(
      fc.property(statuses, flat, (a, b) => {
        expect(session([...a, ...b], 3000, 1000).idleSeconds).toBe(0);
      }),
    );
  });

  test('is none where the station suspends after the last energy and never resumes', () => {
    fc.assert(
      fc.property(
        climbing,
        fc.constantFrom('SUSPENDED_EVSE', 'FAULTED', 'UNAVAILABLE', 'AVAILABLE'),
        (samples, name) => {
          expect(session([status(0, name), ...samples], 7000, null).idleSeconds).toBe(0);
        },
      ),
    );
  });

  test('by a flat meter is what a second look at the samples finds', () => {
    fc.assert(
      fc.property(climbing, samples => {
        // Each stretch of one register, after the first rise, from its first sample to its last.
        const stretches = new Map<string, [number, number]>();
        for (const o of samples as { at: number; registerWh: string }[]) {
          stretches.set(o.registerWh, [stretches.get(o.registerWh)?.[0] ?? o.at, o.at]);
        }
        stretches.delete('1000');
        const last = samples.at(-1);
        const idle = [...stretches].reduce((sum, [wh, [from, to]]) => {
          if (to - from < 60_000) return sum;
          // The last stretch is still open at the end.
          return sum + (last?.kind === 'meter' && last.registerWh === wh ? at(7000) : to) - from;
        }, 0);
        expect(session(samples, 7000, null).idleSeconds).toBe(idle / 1000);
      }),
      { numRuns: 1000 },
    );
  });

  test('begins when the car suspends and ends when it charges again', () => {
    const result = session(
      [
        status(5, 'CHARGING'),
        meter(60, 1500),
        status(100, 'SUSPENDED_EV'),
        status(400, 'CHARGING'),
        meter(420, 1600),
      ],
      430,
      1650,
    );
    expect(result).toMatchObject({ durationSeconds: 430, idleSeconds: 300, chargingSeconds: 130 });
  });

  test('begins at FINISHING and runs to the end', () => {
    expect(session([meter(60, 1500), status(100, 'FINISHING')], 1000, 1500).idleSeconds).toBe(900);
  });

  test('is never counted twice', () => {
    const result = session(
      [
        meter(60, 1500),
        status(100, 'SUSPENDED_EV'),
        meter(200, 1500),
        status(300, 'CHARGING'),
        meter(359, 1500),
      ],
      360,
      1500,
    );
    // From 300 on the meter stands still again, and at the end it has done so for 60 s.
    expect(result.idleSeconds).toBe(260);
  });

  test('is not begun by a car that waits for its turn before any energy', () => {
    const result = session([status(10, 'SUSPENDED_EV'), meter(3000, 1000), meter(3600, 1500)], 3600, 1500);
    expect(result).toMatchObject({ energyWh: '500', idleSeconds: 0 });
  });

  test.each([
    [59, 0],
    [60, 60],
    [61, 61],
  ])('by a flat meter takes 60 s: %i s are %i s', (flat, idle) => {
    expect(
      session([status(1, 'CHARGING'), meter(60, 1500), meter(60 + flat, 1500)], 60 + flat, null).idleSeconds,
    ).toBe(idle);
  });

  test('by a flat meter is dated back to the last rise and shown live', () => {
    const state = live(status(1, 'CHARGING'), meter(60, 1500), meter(90, 1500));
    expect(state.idleSince).toBe(null);
    expect(observe(state, meter(120, 1500, 0)).idleSince).toBe(at(60));
  });

  test('is not begun while power flows at a coarse register', () => {
    const samples = [60, 120, 180, 240, 300].map(s => meter(s, 1100, 1400));
    expect(session(samples, 310, 1200).idleSeconds).toBe(0);
  });

  test('ends at the last flat sample before the meter rose', () => {
    const result = session(
      [meter(60, 1500), meter(200, 1500), meter(300, 1500), meter(360, 1700)],
      370,
      1750,
    );
    expect(result.idleSeconds).toBe(240);
  });

  test('is not ended by a repeated CHARGING, nor by another word for standing still', () => {
    const repeated = [1, 60, 120, 180].flatMap(s => [meter(s, 1500), status(s, 'CHARGING')]);
    expect(session(repeated, 240, 1500).idleSeconds).toBe(239);
    expect(
      session([meter(60, 1500), status(100, 'SUSPENDED_EV'), status(200, 'FINISHING')], 300, 1500)
        .idleSeconds,
    ).toBe(200);
  });

  describe('begun by a status', () => {
    const suspended = [meter(60, 1500), status(100, 'SUSPENDED_EV')];

    test('is not ended by energy from before it', () => {
      expect(session([...suspended, meter(120, 1600), meter(180, 1600)], 300, 1600).idleSeconds).toBe(200);
      expect(session(suspended, 300, 1600).idleSeconds).toBe(200);
    });

    test('is left out wholly if the meter goes on rising', () => {
      const result = session([...suspended, meter(120, 1600), meter(160, 1700)], 180, 1800);
      expect(result.idleSeconds).toBe(0);
    });

    test('is cut at the last sample that showed no flow', () => {
      const result = session([...suspended, meter(120, 1600), meter(200, 1600), meter(230, 1650)], 240, 1700);
      expect(result.idleSeconds).toBe(100);
    });

    test('is ended by a rise when the register was known at its beginning', () => {
      expect(session([...suspended, meter(100, 1550), meter(150, 1600)], 160, 1600).idleSeconds).toBe(0);
    });

    test('counts as seen where a sample of no power comes with the energy from before it', () => {
      const result = session([...suspended, meter(120, 1600, 0), meter(200, 1700)], 210, 1800);
      expect(result.idleSeconds).toBe(20);
      expect(
        session([...suspended, meter(150, null, 0), meter(200, 1700, 7000)], 210, 1800).idleSeconds,
      ).toBe(50);
    });

    test('is ended by power', () => {
      expect(
        session([...suspended, meter(200, 1500, 0), meter(250, 1501, 7000)], 260, 1600).idleSeconds,
      ).toBe(100);
      expect(session([...suspended, meter(250, null, 7000)], 260, 1600).idleSeconds).toBe(0);
    });
  });

  test('ends where the station suspends, and begins anew after it', () => {
    const result = session(
      [
        meter(60, 1500),
        status(100, 'SUSPENDED_EV'),
        status(200, 'SUSPENDED_EVSE'),
        meter(500, 1500),
        status(600, 'FINISHING'),
      ],
      650,
      1500,
    );
    expect(result.idleSeconds).toBe(150);
  });

  test('by a flat meter does not reach back into a suspension by the station', () => {
    const result = session(
      [
        meter(60, 1500),
        status(70, 'SUSPENDED_EVSE'),
        status(600, 'CHARGING'),
        meter(630, 1500),
        meter(700, 1500),
      ],
      700,
      1500,
    );
    expect(result.idleSeconds).toBe(100);
  });

  test.each([
    [699, 599, 0],
    [700, 600, 0],
    [701, 601, 1],
  ])(
    'with ten minutes of grace, an end at %i s leaves %i s of idle and charges %i s',
    (end, idle, charged) => {
      const { idleSeconds } = session([meter(60, 1500), status(100, 'SUSPENDED_EV')], end, 1500);
      expect(idleSeconds).toBe(idle);
      expect(chargeableIdleSeconds(idleSeconds, 600)).toBe(charged);
    },
  );

  test('has one grace for all of its intervals', () => {
    const { idleSeconds } = session(
      [
        meter(60, 1500),
        status(100, 'SUSPENDED_EV'),
        status(500, 'CHARGING'),
        meter(510, 1600),
        status(520, 'SUSPENDED_EV'),
      ],
      920,
      1600,
    );
    expect(chargeableIdleSeconds(idleSeconds, 600)).toBe(200);
  });
});

describe('readings', () => {
  test('the highest power is kept, the latest power and charge are shown', () => {
    const state = live(
      meter(10, 1100, 11_000),
      { ...meter(20, 1200, 3700), socPercent: 55 } as Observation,
      meter(30, 1210),
    );
    expect(state).toMatchObject({ maxPowerW: 11_000, currentPowerW: 3700, socPercent: 55, energyWh: '210' });
  });
});
