import { runCommand } from './command.ts';
import { messages201 } from './messages-v201.ts';
import type { ChargingProfile } from './ocpp16.ts';
import type { CentralCalls201, ChargingProfile201 } from './ocpp201.ts';
import { changeAvailability, remoteStart, remoteStop, unlockConnector } from './remote.ts';
import { cancelReservation, reserveNow } from './reservations.ts';
import { resetStation } from './reset.ts';
import { clearChargingProfile, compositeSchedule, setChargingProfile } from './smart-charging.ts';
import { afterAnswer, type Dialect, type StationState, tell } from './state.ts';
import { isTrigger, trigger } from './trigger.ts';
import { getVariables, setVariables } from './variables-v201.ts';

type Commands = {
  readonly [Action in keyof CentralCalls201]: (
    station: StationState,
    request: CentralCalls201[Action]['request'],
  ) => CentralCalls201[Action]['response'];
};

const purposes: Readonly<Record<string, ChargingProfile['chargingProfilePurpose']>> = {
  ChargingStationMaxProfile: 'ChargePointMaxProfile',
  TxDefaultProfile: 'TxDefaultProfile',
  TxProfile: 'TxProfile',
};

/** In the words of 1.6; undefined for what has no place there. Of several schedules (ISO 15118) the first counts. */
function profile16({ id, chargingSchedule, ...profile }: ChargingProfile201): ChargingProfile | undefined {
  const [schedule] = chargingSchedule;
  const chargingProfilePurpose = purposes[profile.chargingProfilePurpose];
  if (!schedule || !chargingProfilePurpose) return undefined;
  return { ...profile, chargingProfileId: id, chargingProfilePurpose, chargingSchedule: schedule };
}

/** The library answers NotImplemented to all else. */
const commands: Commands = {
  CancelReservation: (station, { reservationId }) => cancelReservation(station, reservationId),
  ChangeAvailability: (station, { operationalStatus, evse }) =>
    changeAvailability(station, evse?.id ?? 0, operationalStatus === 'Operative'),
  ClearCache: station => {
    station.authorizationCache.clear();
    return { status: 'Accepted' };
  },
  ClearChargingProfile: (station, { chargingProfileId, chargingProfileCriteria: criteria = {} }) =>
    clearChargingProfile(station, {
      id: chargingProfileId,
      connectorId: criteria.evseId,
      chargingProfilePurpose:
        criteria.chargingProfilePurpose &&
        (purposes[criteria.chargingProfilePurpose] ?? criteria.chargingProfilePurpose),
      stackLevel: criteria.stackLevel,
    }),
  DataTransfer: (_station, { vendorId }) => ({
    status: vendorId === 'Chargegraph' ? 'Accepted' : 'UnknownVendorId',
  }),
  GetCompositeSchedule: (station, { evseId, duration, chargingRateUnit = 'W' }) => {
    const schedule = compositeSchedule(station, evseId, duration, chargingRateUnit);
    if (!schedule) return { status: 'Rejected' };
    return {
      status: 'Accepted',
      schedule: {
        evseId,
        duration,
        scheduleStart: schedule.startsAt,
        chargingRateUnit,
        chargingSchedulePeriod: schedule.periods,
      },
    };
  },
  GetTransactionStatus: (station, { transactionId }) => ({
    ...(transactionId !== undefined && {
      ongoingIndicator: station.connectors.some(
        ({ session }) => session?.phase !== 'ended' && session?.counted?.transactionId === transactionId,
      ),
    }),
    messagesInQueue: station.outbox.size > 0,
  }),
  GetVariables: getVariables,
  RequestStartTransaction: (station, { evseId, remoteStartId, idToken, chargingProfile }) => {
    const profile = chargingProfile && profile16(chargingProfile);
    if (chargingProfile && !profile) return { status: 'Rejected' };
    return remoteStart(station, {
      idTag: idToken.idToken,
      connectorId: evseId,
      remoteStartId,
      chargingProfile: profile,
    });
  },
  RequestStopTransaction: (station, { transactionId }) => remoteStop(station, transactionId),
  // without an EVSE it is for any, which this station does not offer
  ReserveNow: (station, { id, expiryDateTime, idToken, groupIdToken, evseId = 0 }) =>
    reserveNow(station, {
      reservationId: id,
      connectorId: evseId,
      expiryDate: expiryDateTime,
      idTag: idToken.idToken,
      parentIdTag: groupIdToken?.idToken,
    }),
  Reset: (station, { type }) => {
    afterAnswer(station, () => resetStation(station, type === 'Immediate' ? 'Hard' : 'Soft'));
    return { status: 'Accepted' };
  },
  SetChargingProfile: (station, { evseId, chargingProfile }) => {
    const profile = profile16(chargingProfile);
    return profile ? setChargingProfile(station, evseId, profile) : { status: 'Rejected' };
  },
  SetVariables: setVariables,
  TriggerMessage: (station, { requestedMessage, evse }) => {
    if (requestedMessage === 'LogStatusNotification') {
      afterAnswer(station, () => tell(station, requestedMessage, { status: 'Idle' }));
      return { status: 'Accepted' };
    }
    const message = requestedMessage === 'TransactionEvent' ? 'MeterValues' : requestedMessage;
    if (!isTrigger(message)) return { status: 'NotImplemented' };
    return { status: trigger(station, message, evse?.id) ? 'Accepted' : 'Rejected' };
  },
  UnlockConnector: (station, { evseId }) => ({
    status: unlockConnector(station, evseId) ? 'Unlocked' : 'UnknownConnector',
  }),
};

/** How a station says no to each of them; those that are not here it never refuses. */
const refusals = {
  CancelReservation: 'Rejected',
  ChangeAvailability: 'Rejected',
  ClearChargingProfile: 'Unknown',
  RequestStartTransaction: 'Rejected',
  RequestStopTransaction: 'Rejected',
  ReserveNow: 'Rejected',
  Reset: 'Rejected',
  SetChargingProfile: 'Rejected',
  TriggerMessage: 'Rejected',
  UnlockConnector: 'UnlockFailed',
} as const satisfies Partial<Record<keyof Commands, string>>;

export const dialect201: Dialect = {
  ...messages201,
  commandNames: Object.keys(commands),
  command: (station, action, request) => runCommand(station, commands, refusals, action, request),
};
