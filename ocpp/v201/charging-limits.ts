import {
  stationLimited,
  stationReportedProfiles,
  stationUnlimited,
} from '../../src/domains/smart-charging/station-profiles.ts';
import type { StationHandler } from '../handler.ts';
import { int32 } from '../int32.ts';
import { externalConstraint, fromProfile201 } from './charging-profile.ts';
import type { ClearedChargingLimit, NotifyChargingLimit, ReportChargingProfiles } from './messages.ts';

/** Somebody else limits the station; without an EVSE, all of it. */
export const notifyChargingLimit: StationHandler<NotifyChargingLimit> = async (ctx, station, report) => {
  // from this very second on
  const now = ctx.now().round({ smallestUnit: 'second', roundingMode: 'floor' }).toString();
  await stationLimited(ctx, station, {
    source: report.chargingLimit.chargingLimitSource,
    evse: int32(report.evseId) ?? 0,
    profiles: (report.chargingSchedule ?? []).flatMap(schedule => externalConstraint(schedule, now) ?? []),
  });
  return {};
};

export const clearedChargingLimit: StationHandler<ClearedChargingLimit> = async (ctx, station, report) => {
  await stationUnlimited(ctx, station, {
    source: report.chargingLimitSource,
    evse: int32(report.evseId),
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
    evse: int32(report.evseId) ?? 0,
    profiles: report.chargingProfile.flatMap(profile => fromProfile201(profile) ?? []),
    isContinued: report.tbc ?? false,
  });
  return {};
};
