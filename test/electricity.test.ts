import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ampsWithin,
  drawnAtMostW,
  type Electrics,
  minChargingW,
  wattsPerAmp,
  wattsWithin,
} from '../src/domains/smart-charging/electricity.ts';

const TYPES = ['AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC'] as const;

const electrics: fc.Arbitrary<Electrics> = fc.record({
  powerType: fc.constantFrom(...TYPES),
  maxVoltageV: fc.integer({ min: 100, max: 1_000 }),
});

describe('amperes and watts', () => {
  it.each([
    ['AC_1_PHASE', 230, 16, 3_680],
    ['AC_2_PHASE', 230, 16, 7_360],
    ['AC_2_PHASE', 400, 16, 7_390],
    ['AC_2_PHASE_SPLIT', 240, 32, 7_680],
    ['AC_2_PHASE_SPLIT', 120, 32, 7_680],
    ['AC_3_PHASE', 400, 16, 11_085],
    ['AC_3_PHASE', 400, 32, 22_170],
    ['AC_3_PHASE', 480, 32, 26_604],
    // named by the voltage to neutral, as OCPI does
    ['AC_3_PHASE', 230, 16, 11_040],
    ['DC', 920, 200, 184_000],
  ] as const)('%s at %i V: %i A are %i W', (powerType, maxVoltageV, currentA, powerW) => {
    expect(wattsWithin({ powerType, maxVoltageV }, currentA)).toBe(powerW);
  });

  it.each([
    ['AC_1_PHASE', 230, 3_680, 16],
    ['AC_1_PHASE', 230, 3_679, 15.9],
    ['AC_3_PHASE', 400, 11_086, 16],
    ['AC_3_PHASE', 400, 11_085, 15.9],
    ['AC_3_PHASE', 400, 0, 0],
    ['DC', 920, 50_000, 54.3],
  ] as const)('%s at %i V: %i W are %d A', (powerType, maxVoltageV, powerW, currentA) => {
    expect(ampsWithin({ powerType, maxVoltageV }, powerW)).toBe(currentA);
  });

  it('a limit that is converted lets through no more than the one it came from, and little less', () => {
    fc.assert(
      fc.property(electrics, fc.integer({ min: 0, max: 500_000 }), (connector, powerW) => {
        const limit = ampsWithin(connector, powerW);
        const letsThroughW = limit * wattsPerAmp(connector);
        expect(letsThroughW).toBeLessThanOrEqual(powerW + 1e-3);
        expect(drawnAtMostW(connector, 'A', limit)).toBeLessThanOrEqual(powerW + 1);
        expect(letsThroughW).toBeGreaterThan(powerW - wattsPerAmp(connector) / 10 - 1e-3);
      }),
    );
    fc.assert(
      fc.property(electrics, fc.integer({ min: 0, max: 5_000 }), (connector, tenths) => {
        const powerW = wattsWithin(connector, tenths / 10);
        expect(powerW).toBeLessThanOrEqual((tenths / 10) * wattsPerAmp(connector));
        expect(powerW).toBeGreaterThan((tenths / 10) * wattsPerAmp(connector) - 1);
      }),
    );
  });

  it('what is counted for a limit in amperes is enough for just that limit', () => {
    fc.assert(
      fc.property(electrics, fc.integer({ min: 0, max: 5_000 }), (connector, tenths) => {
        expect(ampsWithin(connector, drawnAtMostW(connector, 'A', tenths / 10))).toBe(tenths / 10);
      }),
    );
  });

  it('the least that a vehicle charges with is 6 A', () => {
    const connector = { powerType: 'AC_3_PHASE', maxVoltageV: 400 } as const;
    expect(minChargingW(connector)).toBe(4_157);
    expect(ampsWithin(connector, minChargingW(connector))).toBe(6);
  });
});
