import { configurationApplied } from './apply-configuration.ts';
import { runCommand } from './command.ts';
import { changeConfiguration, readConfiguration } from './configuration.ts';
import { messages16 } from './messages-v16.ts';
import type { CentralCalls } from './ocpp16.ts';
import { changeAvailability, remoteStart, remoteStop, unlockConnector } from './remote.ts';
import { cancelReservation, reserveNow } from './reservations.ts';
import { resetStation } from './reset.ts';
import { clearChargingProfile, compositeSchedule, setChargingProfile } from './smart-charging.ts';
import { afterAnswer, type Dialect, type StationState, tell } from './state.ts';
import { isTrigger, trigger } from './trigger.ts';

type Commands = {
  readonly [Action in keyof CentralCalls]: (
    station: StationState,
    request: CentralCalls[Action]['request'],
  ) => CentralCalls[Action]['response'];
};

/** The library answers NotImplemented to all else. */
const commands: Commands = {
  CancelReservation: (station, { reservationId }) => cancelReservation(station, reservationId),
  ChangeAvailability: (station, { connectorId, type }) =>
    changeAvailability(station, connectorId, type === 'Operative'),
  ChangeConfiguration: (station, { key, value }) => {
    const status = changeConfiguration(station.configuration, key, value);
    if (status === 'Accepted') configurationApplied(station, key);
    return { status };
  },
  ClearCache: station => {
    station.authorizationCache.clear();
    return { status: 'Accepted' };
  },
  ClearChargingProfile: clearChargingProfile,
  DataTransfer: (_station, { vendorId }) => ({
    status: vendorId === 'Chargegraph' ? 'Accepted' : 'UnknownVendorId',
  }),
  GetCompositeSchedule: (station, { connectorId, duration, chargingRateUnit = 'W' }) => {
    const schedule = compositeSchedule(station, connectorId, duration, chargingRateUnit);
    if (!schedule) return { status: 'Rejected' };
    return {
      status: 'Accepted',
      connectorId,
      scheduleStart: schedule.startsAt,
      chargingSchedule: {
        duration,
        startSchedule: schedule.startsAt,
        chargingRateUnit,
        chargingSchedulePeriod: schedule.periods,
      },
    };
  },
  GetConfiguration: (station, { key }) => readConfiguration(station.configuration, key),
  RemoteStartTransaction: remoteStart,
  RemoteStopTransaction: (station, { transactionId }) => remoteStop(station, transactionId),
  ReserveNow: reserveNow,
  Reset: (station, { type }) => {
    afterAnswer(station, () => resetStation(station, type));
    return { status: 'Accepted' };
  },
  SetChargingProfile: (station, { connectorId, csChargingProfiles }) =>
    setChargingProfile(station, connectorId, csChargingProfiles),
  TriggerMessage: (station, { requestedMessage, connectorId }) => {
    if (requestedMessage === 'DiagnosticsStatusNotification') {
      afterAnswer(station, () => tell(station, requestedMessage, { status: 'Idle' }));
      return { status: 'Accepted' };
    }
    if (!isTrigger(requestedMessage)) return { status: 'NotImplemented' };
    return { status: trigger(station, requestedMessage, connectorId) ? 'Accepted' : 'Rejected' };
  },
  UnlockConnector: (station, { connectorId }) => ({
    status: unlockConnector(station, connectorId) ? 'Unlocked' : 'NotSupported',
  }),
};

/** How a station says no to each of them; those that are not here it never refuses. */
const refusals = {
  CancelReservation: 'Rejected',
  ChangeAvailability: 'Rejected',
  ChangeConfiguration: 'Rejected',
  ClearChargingProfile: 'Unknown',
  RemoteStartTransaction: 'Rejected',
  RemoteStopTransaction: 'Rejected',
  ReserveNow: 'Rejected',
  Reset: 'Rejected',
  SetChargingProfile: 'Rejected',
  TriggerMessage: 'Rejected',
  UnlockConnector: 'UnlockFailed',
} as const satisfies Partial<Record<keyof Commands, string>>;

export const dialect16: Dialect = {
  ...messages16,
  commandNames: Object.keys(commands),
  command: (station, action, request) => runCommand(station, commands, refusals, action, request),
};
