import type { ProfilePeriod, ProfilePurpose, StationProfile } from '../../src/kernel/charger-commands.ts';
import { int32 } from '../int32.ts';
import { stationTime } from '../time.ts';
import type { ChargingProfileType, ChargingScheduleType } from './messages.ts';

const PURPOSES = {
  ChargePointMax: 'ChargingStationMaxProfile',
  TxDefault: 'TxDefaultProfile',
  Tx: 'TxProfile',
  ExternalConstraints: 'ChargingStationExternalConstraints',
} as const satisfies Record<ProfilePurpose, ChargingProfileType['chargingProfilePurpose']>;

/** OCPP 2.0.1, section 2.10. */
export const toProfile201 = (profile: StationProfile): ChargingProfileType => ({
  id: profile.number,
  ...(profile.transactionId !== null && { transactionId: profile.transactionId }),
  stackLevel: profile.stackLevel,
  chargingProfilePurpose: PURPOSES[profile.purpose],
  chargingProfileKind: profile.kind,
  ...(profile.recurrency && { recurrencyKind: profile.recurrency }),
  ...(profile.validFrom && { validFrom: profile.validFrom }),
  ...(profile.validTo && { validTo: profile.validTo }),
  chargingSchedule: [
    {
      id: profile.number,
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
  ],
});

/** A profile that a station reports; of several schedules, which only a vehicle chooses from, the first. */
export function fromProfile201(profile: ChargingProfileType): StationProfile | null {
  const number = int32(profile.id);
  const schedule = profile.chargingSchedule[0];
  if (number === null || !schedule) return null;
  const purpose = (Object.keys(PURPOSES) as ProfilePurpose[]).find(
    key => PURPOSES[key] === profile.chargingProfilePurpose,
  )!;
  return {
    number,
    purpose,
    stackLevel: int32(profile.stackLevel) ?? 0,
    kind: profile.chargingProfileKind,
    recurrency: profile.recurrencyKind ?? null,
    validFrom: stationTime(profile.validFrom),
    validTo: stationTime(profile.validTo),
    transactionId: profile.transactionId ?? null,
    ...scheduleFields(schedule),
  };
}

/** What somebody else limits the station to; a schedule without a start holds from now on. */
export function externalConstraint(schedule: ChargingScheduleType, now: string): StationProfile | null {
  const number = int32(schedule.id);
  if (number === null) return null;
  const fields = scheduleFields(schedule);
  return {
    number,
    purpose: 'ExternalConstraints',
    stackLevel: 0,
    kind: 'Absolute',
    recurrency: null,
    validFrom: null,
    validTo: null,
    transactionId: null,
    ...fields,
    startsAt: fields.startsAt ?? now,
  };
}

const scheduleFields = (schedule: ChargingScheduleType) => ({
  unit: schedule.chargingRateUnit,
  startsAt: stationTime(schedule.startSchedule),
  durationSeconds: int32(schedule.duration),
  // what is beyond reason would not fit a column
  minChargingRate: Math.abs(schedule.minChargingRate ?? Infinity) < 1e9 ? schedule.minChargingRate! : null,
  periods: schedule.chargingSchedulePeriod.map(
    ({ startPeriod, limit, numberPhases }): ProfilePeriod => ({
      startPeriod,
      limit,
      numberPhases: numberPhases ?? null,
    }),
  ),
});
