import { scheduleSample } from './charging-v16.ts';
import { findConnector } from './connector-v16.ts';
import { advanceCharge, limitQuery, settleStatus } from './flow-v16.ts';
import type { CentralCalls, ChargingProfile } from './ocpp16.ts';
import { profileSchedule } from './profiles.ts';
import type { Connector, StationState } from './state-v16.ts';

const maxInstalled = 20;

export function setChargingProfile(
  station: StationState,
  { connectorId, csChargingProfiles: profile }: CentralCalls['SetChargingProfile']['request'],
): CentralCalls['SetChargingProfile']['response'] {
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

export function clearChargingProfile(
  station: StationState,
  { id, connectorId, chargingProfilePurpose, stackLevel }: CentralCalls['ClearChargingProfile']['request'],
): CentralCalls['ClearChargingProfile']['response'] {
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

export function getCompositeSchedule(
  station: StationState,
  { connectorId, duration, chargingRateUnit = 'W' }: CentralCalls['GetCompositeSchedule']['request'],
): CentralCalls['GetCompositeSchedule']['response'] {
  const connector = findConnector(station, connectorId);
  if ((connectorId !== 0 && !connector) || duration <= 0) return { status: 'Rejected' };
  const query = limitQuery(station, connector);
  const scheduleStart = new Date(query.atMs).toISOString();
  return {
    status: 'Accepted',
    connectorId,
    scheduleStart,
    chargingSchedule: {
      duration,
      startSchedule: scheduleStart,
      chargingRateUnit,
      chargingSchedulePeriod: profileSchedule(station.profiles, query, duration, chargingRateUnit),
    },
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
  return profile.transactionId === undefined || profile.transactionId === session.transactionId;
}
