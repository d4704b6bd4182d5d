import {
  stationLimited,
  stationReportedProfiles,
  stationUnlimited,
} from '../../src/domains/smart-charging/station-profiles.ts';
import type { StationHandler } from '../handler.ts';
import { int32 } from '../int32.ts';
import { externalConstraint, fromProfile201 } from './charging-profile.ts';
import type { ClearedChargingLimit, NotifyChargingLimit, ReportChargingProfiles } from './messages.ts';

/** An EVSE that cannot be one is none of the station's, rather than all of it. */
const NO_EVSE = -1;

/** Somebody else limits the station; without an EVSE, all of it. */
export const notifyChargingLimit: StationHandler<NotifyChargingLimit> = async (ctx, station, report) => {
  // from this very second on
  const now = ctx.now().round({ smallestUnit: 'second', roundingMode: 'floor' }).toString();
  await stationLimited(ctx, station, {
    source: report.chargingLimit.chargingLimitSource,
    evse: report.evseId === undefined ? 0 : (int32(report.evseId) ?? NO_EVSE),
    profiles: (report.chargingSchedule ?? []).flatMap(schedule => externalConstraint(schedule, now) ?? []),
  });
  return {};
};

export const clearedChargingLimit: StationHandler<ClearedChargingLimit> = async (ctx, station, report) => {
  await stationUnlimited(ctx, station, {
    source: report.chargingLimitSource,
    evse: report.evseId === undefined ? null : (int32(report.evseId) ?? NO_EVSE),
  });
  return {};
};

export const reportChargingProfiles: StationHandler<ReportChargingProfiles> = async (
  ctx,
  station,
  report,
) => {
  await stationReportedProfiles(ctx, station, {
    reportNumber: int32(report.requestId) ?? 0,
    source: report.chargingLimitSource,
    evse: int32(report.evseId) ?? NO_EVSE,
    profiles: report.chargingProfile.flatMap(profile => fromProfile201(profile) ?? []),
    isContinued: report.tbc ?? false,
  });
  return {};
};
