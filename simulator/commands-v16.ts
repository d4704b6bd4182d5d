import { createRPCError } from 'ocpp-rpc';
import { rescheduleSamples, sendSample } from './charging-v16.ts';
import {
  changeConfiguration,
  configurationNumber,
  configurationValue,
  readConfiguration,
} from './configuration.ts';
import { findConnector, sendStatus } from './connector-v16.ts';
import { readingOf } from './flow-v16.ts';
import { meterValue } from './meter.ts';
import type { CentralCalls } from './ocpp16.ts';
import { boot, heartbeat, scheduleHeartbeat } from './registration-v16.ts';
import { changeAvailability, remoteStart, remoteStop, unlockConnector } from './remote-v16.ts';
import { cancelReservation, reserveNow } from './reservations-v16.ts';
import { resetStation } from './reset-v16.ts';
import { clearChargingProfile, getCompositeSchedule, setChargingProfile } from './smart-charging-v16.ts';
import { afterAnswer, emit, type StationState, tell, timestamp } from './state-v16.ts';

type Commands = {
  readonly [Action in keyof CentralCalls]: (
    station: StationState,
    request: CentralCalls[Action]['request'],
  ) => CentralCalls[Action]['response'];
};

/** What this station understands; the library answers NotImplemented to all else. */
const commands: Commands = {
  CancelReservation: cancelReservation,
  ChangeAvailability: changeAvailability,
  ChangeConfiguration: setConfiguration,
  ClearCache: station => {
    station.authorizationCache.clear();
    return { status: 'Accepted' };
  },
  ClearChargingProfile: clearChargingProfile,
  DataTransfer: (_station, { vendorId }) => ({
    status: vendorId === 'Chargegraph' ? 'Accepted' : 'UnknownVendorId',
  }),
  GetCompositeSchedule: getCompositeSchedule,
  GetConfiguration: (station, { key }) => readConfiguration(station.configuration, key),
  RemoteStartTransaction: remoteStart,
  RemoteStopTransaction: remoteStop,
  ReserveNow: reserveNow,
  Reset: (station, { type }) => {
    afterAnswer(station, () => resetStation(station, type));
    return { status: 'Accepted' };
  },
  SetChargingProfile: setChargingProfile,
  TriggerMessage: triggerMessage,
  UnlockConnector: unlockConnector,
};

export const commandNames: readonly string[] = Object.keys(commands);

/** Strict mode has checked the request against the action's schema, hence the assertions. */
export function handleCommand(station: StationState, action: string, request: unknown): object {
  if (!Object.hasOwn(commands, action)) throw createRPCError('NotImplemented', `${action} is not known here`);
  const command = commands[action as keyof Commands] as (station: StationState, request: unknown) => object;
  const answer = command(station, request);
  const outcome = 'status' in answer ? String(answer.status) : 'answered';
  emit(station, { uid: station.options.uid, kind: 'command', action, outcome });
  return answer;
}

function setConfiguration(
  station: StationState,
  { key, value }: CentralCalls['ChangeConfiguration']['request'],
): CentralCalls['ChangeConfiguration']['response'] {
  const status = changeConfiguration(station.configuration, key, value);
  if (status === 'Accepted' && key === 'MeterValueSampleInterval') {
    station.meterIntervalMs = Number(value) * 1000;
    rescheduleSamples(station);
  }
  if (status === 'Accepted' && key === 'HeartbeatInterval') scheduleHeartbeat(station);
  if (status === 'Accepted' && key === 'WebSocketPingInterval') {
    station.link.setPingInterval(configurationNumber(station.configuration, key) * 1000);
  }
  return { status };
}

function triggerMessage(
  station: StationState,
  { requestedMessage, connectorId }: CentralCalls['TriggerMessage']['request'],
): CentralCalls['TriggerMessage']['response'] {
  if (connectorId !== undefined && connectorId !== 0 && !findConnector(station, connectorId)) {
    return { status: 'Rejected' };
  }
  const concerned = connectorId === undefined ? station.connectors.map(({ id }) => id) : [connectorId];
  const triggers: Readonly<Record<string, () => void>> = {
    BootNotification: () => boot(station),
    DiagnosticsStatusNotification: () => tell(station, 'DiagnosticsStatusNotification', { status: 'Idle' }),
    FirmwareStatusNotification: () => tell(station, 'FirmwareStatusNotification', { status: 'Idle' }),
    Heartbeat: () => heartbeat(station),
    MeterValues: () => {
      for (const id of concerned) sendTriggeredReading(station, id);
    },
    StatusNotification: () => {
      for (const id of connectorId === undefined ? [0, ...concerned] : concerned) sendStatus(station, id);
    },
  };
  const trigger = triggers[requestedMessage];
  if (!trigger) return { status: 'NotImplemented' };
  afterAnswer(station, trigger);
  return { status: 'Accepted' };
}

/** In its order among the transaction's messages when there is one, else at once. */
function sendTriggeredReading(station: StationState, connectorId: number): void {
  const connector = findConnector(station, connectorId);
  if (!connector) return;
  if (connector.session?.phase === 'charging') {
    sendSample(station, connector, 'Trigger');
    return;
  }
  const wanted = configurationValue(station.configuration, 'MeterValuesSampledData');
  const sample = meterValue(readingOf(station, connector), wanted, 'Trigger', timestamp(station));
  if (sample) tell(station, 'MeterValues', { connectorId, meterValue: [sample] });
}
