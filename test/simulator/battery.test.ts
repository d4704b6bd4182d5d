import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { battery, batteryCharge, batteryFull, batteryPowerW } from '../../simulator/battery.ts';

describe('the battery', () => {
  const options = fc.record({
    capacityWh: fc.double({ min: 1, max: 200_000, noNaN: true }),
    startSoc: fc.double({ min: 0, max: 1, noNaN: true }),
    maxPowerW: fc.double({ min: 100, max: 400_000, noNaN: true }),
    taperFromSoc: fc.double({ min: 0, max: 1, noNaN: true }),
    endPowerFraction: fc.double({ min: 0.01, max: 1, noNaN: true }),
  });
  const limit = fc.double({ min: 0, max: 500_000, noNaN: true });
  const seconds = fc.double({ min: 0, max: 200_000, noNaN: true });
  const steps = fc.array(fc.tuple(limit, seconds), { maxLength: 30 });

  test('gains what it was given, never less than nothing, never beyond its capacity, never above the limit', () => {
    fc.assert(
      fc.property(options, steps, (given, taken) => {
        let state = battery(given);
        for (const [limitW, duration] of taken) {
          const powerW = batteryPowerW(state, limitW);
          expect(powerW).toBeGreaterThanOrEqual(0);
          expect(powerW).toBeLessThanOrEqual(Math.min(limitW, given.maxPowerW));
          const { battery: next, energyWh } = batteryCharge(state, limitW, duration);
          expect(energyWh).toBeGreaterThanOrEqual(0);
          expect(energyWh).toBeLessThanOrEqual((Math.min(limitW, given.maxPowerW) * duration) / 3600 + 1e-6);
          expect(next.storedWh).toBeLessThanOrEqual(given.capacityWh);
          expect(next.storedWh - state.storedWh).toBeCloseTo(energyWh, 6);
          state = next;
        }
      }),
    );
  });

  test('reaches the same state in one step as in many', () => {
    fc.assert(
      fc.property(
        options,
        limit,
        fc.array(seconds, { minLength: 1, maxLength: 20 }),
        (given, limitW, parts) => {
          let many = battery(given);
          for (const part of parts) many = batteryCharge(many, limitW, part).battery;
          const whole = parts.reduce((sum, part) => sum + part, 0);
          const one = batteryCharge(battery(given), limitW, whole).battery;
          expect(Math.abs(one.storedWh - many.storedWh)).toBeLessThan(0.02 + given.capacityWh * 1e-9);
        },
      ),
    );
  });

  test('power never rises while it charges under one limit, and it gets full', () => {
    fc.assert(
      fc.property(options, fc.double({ min: 100, max: 500_000, noNaN: true }), (given, limitW) => {
        let state = battery(given);
        let powerW = Number.POSITIVE_INFINITY;
        for (let i = 0; i < 50; i++) {
          const nowW = batteryPowerW(state, limitW);
          expect(nowW).toBeLessThanOrEqual(powerW + 1e-6);
          powerW = nowW;
          state = batteryCharge(state, limitW, 600).battery;
        }
        const weakestW = Math.min(limitW, given.maxPowerW * given.endPowerFraction);
        state = batteryCharge(state, limitW, (given.capacityWh / weakestW) * 3600).battery;
        expect(batteryFull(state)).toBe(true);
      }),
    );
  });
});
