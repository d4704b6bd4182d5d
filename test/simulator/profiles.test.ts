import { describe, expect, test } from 'vitest';
import type { ChargingProfile } from '../../simulator/ocpp16.ts';
import { type InstalledProfile, profileLimitW, profileSchedule } from '../../simulator/profiles.ts';

describe('charging profiles', () => {
  const noon = Date.parse('2030-06-01T12:00:00Z');
  const profile = (
    given: Partial<ChargingProfile>,
    limits: [number, number][],
    more = {},
  ): InstalledProfile => ({
    connectorId: 1,
    installedAtMs: noon,
    profile: {
      chargingProfileId: 1,
      stackLevel: 0,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Absolute',
      chargingSchedule: {
        startSchedule: '2030-06-01T12:00:00Z',
        chargingRateUnit: 'W',
        chargingSchedulePeriod: limits.map(([startPeriod, limit]) => ({ startPeriod, limit })),
        ...more,
      },
      ...given,
    },
  });
  const query = {
    connectorId: 1,
    atMs: noon,
    startedAtMs: noon,
    voltageV: 230,
    phases: 3,
    maxPowerW: 22_000,
    sharing: 1,
  };

  test('the highest stack level wins, Tx over TxDefault, ChargePointMax caps, the hardware too', () => {
    const low = profile({}, [[0, 5000]]);
    const high = profile({ stackLevel: 3 }, [[0, 9000]]);
    const tx = profile({ chargingProfilePurpose: 'TxProfile' }, [[0, 15_000]]);
    const max = {
      ...profile({ chargingProfilePurpose: 'ChargePointMaxProfile' }, [[0, 12_000]]),
      connectorId: 0,
    };
    expect(profileLimitW([], query)).toBe(22_000);
    expect(profileLimitW([low, high], query)).toBe(9000);
    expect(profileLimitW([high, low], query)).toBe(9000);
    expect(profileLimitW([low, high, tx], query)).toBe(15_000);
    expect(profileLimitW([low, high, tx, max], query)).toBe(12_000);
    expect(profileLimitW([tx, max], { ...query, sharing: 2 })).toBe(6000);
    expect(profileLimitW([low], { ...query, connectorId: 2 })).toBe(22_000);
  });

  test('the schedule shows each change once, from now, and the end of what is limited in time', () => {
    const stepped = profile(
      {},
      [
        [0, 5000],
        [600, 5000],
        [1200, 7000],
      ],
      { duration: 1800 },
    );
    expect(profileSchedule([stepped], { ...query, atMs: noon + 300_000 }, 3600, 'W')).toEqual([
      { startPeriod: 0, limit: 5000 },
      { startPeriod: 900, limit: 7000 },
      { startPeriod: 1500, limit: 22_000 },
    ]);
  });

  test('a daily profile comes back the next day', () => {
    const daily = profile({ chargingProfileKind: 'Recurring', recurrencyKind: 'Daily' }, [[0, 4000]], {
      duration: 3600,
    });
    const day = 86_400_000;
    expect(profileLimitW([daily], { ...query, atMs: noon + day + 3_599_000 })).toBe(4000);
    expect(profileLimitW([daily], { ...query, atMs: noon + day + 3_600_000 })).toBe(22_000);
  });

  test('a limit in ampere counts for each phase', () => {
    const amperes = profile({}, [[0, 16]], { chargingRateUnit: 'A' });
    expect(profileLimitW([amperes], query)).toBe(16 * 230 * 3);
    expect(profileSchedule([amperes], query, 60, 'A')).toEqual([{ startPeriod: 0, limit: 16 }]);
  });
});
