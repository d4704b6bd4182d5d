import { scheduleSample } from './charging.ts';
import { findConnector } from './connector.ts';
import { advanceCharge, limitQuery, settleStatus } from './flow.ts';
import type { ChargingProfile, RateUnit, SchedulePeriod } from './ocpp16.ts';
import { profileSchedule } from './profiles.ts';
import type { Connector, StationState } from './state.ts';

const maxInstalled = 20;

export function setChargingProfile(
  station: StationState,
  connectorId: number,
  profile: ChargingProfile,
): { status: 'Accepted' | 'Rejected' } {
  const connector = findConnector(station, connectorId);
  if (connectorId !== 0 && !connector) return { status: 'Rejected' };
  if (profile.chargingProfilePurpose === 'ChargePointMaxProfile' && connectorId !== 0)
    return { status: 'Rejected' };
  if (profile.chargingProfilePurpose === 'TxProfile' && !fitsTransaction(connector, profile)) {
    return { status: 'Rejected' };
  }
  return { status: installProfile(station, connectorId, profile) ? 'Accepted' : 'Rejected' };
}

/** Takes the place of the one with its id, or its purpose and stack level. False when there is no room. */
export function installProfile(
  station: StationState,
  connectorId: number,
  profile: ChargingProfile,
): boolean {
  const others = station.profiles.filter(
    each =>
      each.profile.chargingProfileId !== profile.chargingProfileId &&
      (each.connectorId !== connectorId ||
        each.profile.chargingProfilePurpose !== profile.chargingProfilePurpose ||
        each.profile.stackLevel !== profile.stackLevel),
  );
  if (others.length >= maxInstalled) return false;
  const installedAtMs = station.options.now().getTime() + station.clockOffsetMs;
  changeProfiles(station, [...others, { connectorId, profile, installedAtMs }]);
  return true;
}

interface ProfileCriteria {
  readonly id?: number | undefined;
  readonly connectorId?: number | undefined;
  readonly chargingProfilePurpose?: string | undefined;
  readonly stackLevel?: number | undefined;
}

export function clearChargingProfile(
  station: StationState,
  { id, connectorId, chargingProfilePurpose, stackLevel }: ProfileCriteria,
): { status: 'Accepted' | 'Unknown' } {
  const kept = station.profiles.filter(each => {
    const { profile } = each;
    if (id !== undefined) return profile.chargingProfileId !== id;
    return !(
      (connectorId === undefined || each.connectorId === connectorId) &&
      (chargingProfilePurpose === undefined || profile.chargingProfilePurpose === chargingProfilePurpose) &&
      (stackLevel === undefined || profile.stackLevel === stackLevel)
    );
  });
  const found = kept.length < station.profiles.length;
  changeProfiles(station, kept);
  return { status: found ? 'Accepted' : 'Unknown' };
}

/** What all profiles together allow from now on; undefined where there is no such connector, or nothing to tell. */
export function compositeSchedule(
  station: StationState,
  connectorId: number,
  durationSeconds: number,
  unit: RateUnit,
): { startsAt: string; periods: SchedulePeriod[] } | undefined {
  const connector = findConnector(station, connectorId);
  if ((connectorId !== 0 && !connector) || durationSeconds <= 0) return undefined;
  const query = limitQuery(station, connector);
  return {
    startsAt: new Date(query.atMs).toISOString(),
    periods: profileSchedule(station.profiles, query, durationSeconds, unit),
  };
}

/** Counts what flowed under the old limits before the new ones hold. */
function changeProfiles(station: StationState, profiles: StationState['profiles']): void {
  for (const connector of station.connectors) advanceCharge(station, connector);
  station.profiles = profiles;
  for (const connector of station.connectors) {
    if (connector.session?.phase !== 'charging') continue;
    settleStatus(station, connector, connector.session);
    scheduleSample(station, connector, connector.session);
  }
}

function fitsTransaction(connector: Connector | undefined, profile: ChargingProfile): boolean {
  const session = connector?.session;
  if (!session || session.phase === 'ended' || session.phase === 'preparing') return false;
  return profile.transactionId === undefined || profile.transactionId === session.counted?.transactionId;
}
