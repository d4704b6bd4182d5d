import type { StationProfile } from '../../src/kernel/charger-commands.ts';

/** OCPP 1.6, section 7.8. */
export const toProfile16 = (profile: StationProfile): object => ({
  chargingProfileId: profile.number,
  ...(profile.transactionId !== null && { transactionId: Number(profile.transactionId) }),
  stackLevel: profile.stackLevel,
  chargingProfilePurpose: `${profile.purpose}Profile`,
  chargingProfileKind: profile.kind,
  ...(profile.recurrency && { recurrencyKind: profile.recurrency }),
  ...(profile.validFrom && { validFrom: profile.validFrom }),
  ...(profile.validTo && { validTo: profile.validTo }),
  chargingSchedule: {
    ...(profile.durationSeconds !== null && { duration: profile.durationSeconds }),
    ...(profile.startsAt && { startSchedule: profile.startsAt }),
    chargingRateUnit: profile.unit,
    chargingSchedulePeriod: profile.periods.map(({ startPeriod, limit, numberPhases }) => ({
      startPeriod,
      limit,
      ...(numberPhases !== null && { numberPhases }),
    })),
    ...(profile.minChargingRate !== null && { minChargingRate: profile.minChargingRate }),
  },
});
