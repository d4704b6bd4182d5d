import { randomUUID } from 'node:crypto';
import { chargeAnswered, chargeGivenUp } from './charging.ts';
import { configurationValue } from './configuration.ts';
import { readingOf } from './flow.ts';
import { meterValue } from './meter.ts';
import type {
  AuthorizationStatus,
  ConnectorStatus,
  IdTagInfo,
  ReadingContext,
  StopReason,
} from './ocpp16.ts';
import type {
  ChargingState,
  IdToken,
  IdTokenInfo,
  MeterValue201,
  StationCalls201,
  TransactionEvent,
} from './ocpp201.ts';
import {
  type Connector,
  type Dialect,
  errorText,
  isOnline,
  reportError,
  type Session,
  type StationState,
  tell,
  timestamp,
} from './state.ts';

/** Each connector is the only one of its EVSE. */
const evseOf = (connector: Connector) => ({ id: connector.id, connectorId: 1 });

/** Why a transaction ended, and what made the station say so, in the words of 2.0.1. */
const stops: Readonly<Record<StopReason, readonly [stoppedReason: string, triggerReason: string]>> = {
  DeAuthorized: ['DeAuthorized', 'Deauthorized'],
  EVDisconnected: ['EVDisconnected', 'EVCommunicationLost'],
  HardReset: ['ImmediateReset', 'ResetCommand'],
  Local: ['Local', 'StopAuthorized'],
  Other: ['Other', 'AbnormalCondition'],
  PowerLoss: ['PowerLoss', 'AbnormalCondition'],
  Remote: ['Remote', 'RemoteStop'],
  SoftReset: ['Reboot', 'ResetCommand'],
  UnlockCommand: ['Other', 'UnlockCommand'],
};

const sameWords = new Set<ConnectorStatus>(['Available', 'Reserved', 'Unavailable', 'Faulted']);
const chargingStates = new Set<ConnectorStatus>(['Charging', 'SuspendedEV', 'SuspendedEVSE']);
const standings = new Set<string>(['Accepted', 'Blocked', 'Expired', 'ConcurrentTx']);

/** Rejects as `Link.call` does. Strict mode has checked the answer against its schema, hence the assertion. */
async function call<Action extends keyof StationCalls201>(
  station: StationState,
  action: Action,
  request: StationCalls201[Action]['request'],
): Promise<StationCalls201[Action]['response']> {
  return (await station.link.call(action, request)) as StationCalls201[Action]['response'];
}

const statusWord = (status: ConnectorStatus): string => (sameWords.has(status) ? status : 'Occupied');

const stateOf = ({ status }: Connector): ChargingState =>
  chargingStates.has(status) ? (status as ChargingState) : 'EVConnected';

const idTokenOf = (idTag: string): IdToken => ({ idToken: idTag, type: 'ISO14443' });

const standingOf = (info: IdTokenInfo): IdTagInfo => ({
  status: (standings.has(info.status) ? info.status : 'Invalid') as AuthorizationStatus,
  ...(info.cacheExpiryDateTime !== undefined && { expiryDate: info.cacheExpiryDateTime }),
  ...(info.groupIdToken && { parentIdTag: info.groupIdToken.idToken }),
});

function reading(
  station: StationState,
  connector: Connector,
  key: 'MeterValuesSampledData' | 'StopTxnSampledData',
  context: ReadingContext,
  at: string,
): { meterValue?: MeterValue201[] } {
  const wanted = configurationValue(station.configuration, key);
  const { tellsPhases } = station.options.faults;
  const value = meterValue(readingOf(station, connector), wanted, context, at, tellsPhases);
  if (!value) return {};
  const sampledValue = value.sampledValue.map(({ value: text, unit, ...rest }) => ({
    ...rest,
    value: Number(text),
    unitOfMeasure: { unit },
  }));
  return { meterValue: [{ timestamp: value.timestamp, sampledValue }] };
}

type Said = Omit<TransactionEvent, 'seqNo' | 'transactionInfo' | 'offline'> & {
  readonly info?: Partial<TransactionEvent['transactionInfo']>;
};

/** Makes the event now, with its number, and queues it. `answered` gets the standing of the token, if it named one. */
function queueEvent(
  station: StationState,
  session: Session,
  { info, ...said }: Said,
  then: { answered?: (info: IdTokenInfo | undefined) => void; givenUp?: (error: unknown) => void } = {},
): void {
  const { counted } = session;
  if (!counted) return;
  const event: TransactionEvent = {
    ...said,
    seqNo: station.options.faults.isUnnumbered ? 0 : session.seqNo++,
    transactionInfo: { transactionId: String(counted.transactionId), ...info },
    ...(!isOnline(station) && { offline: true as const }),
  };
  station.outbox.push({
    essential: event.eventType !== 'Updated' || event.idToken !== undefined,
    send: async () => (counted.isRefused ? undefined : call(station, 'TransactionEvent', event)),
    answered: ({ idTokenInfo }) => then.answered?.(idTokenInfo),
    givenUp: then.givenUp ?? (error => reportError(station, `TransactionEvent: ${errorText(error)}`)),
  });
}

/** What a station says in OCPP 2.0.1. */
export const messages201: Omit<Dialect, 'command' | 'commandNames'> = {
  version: '2.0.1',
  protocol: 'ocpp2.0.1',

  boot: station =>
    call(station, 'BootNotification', {
      reason: station.bootCause,
      chargingStation: {
        vendorName: 'Chargegraph',
        model: 'Simulator',
        serialNumber: station.options.uid.slice(0, 25),
        firmwareVersion: 'simulator-2.0.1',
      },
    }),

  heartbeat: station => call(station, 'Heartbeat', {}),

  greet: station => call(station, 'Heartbeat', {}),

  async authorize(station, idTag) {
    return standingOf((await call(station, 'Authorize', { idToken: idTokenOf(idTag) })).idTokenInfo);
  },

  statusWord,

  tellStatus(station, connectorId, status, changedAt) {
    // the station as a whole has no status of its own here
    if (connectorId === 0) return;
    const connectorStatus = statusWord(status);
    tell(station, 'StatusNotification', {
      evseId: connectorId,
      connectorId: 1,
      connectorStatus,
      timestamp: changedAt,
    });
  },

  /** Some stations begin when the cable is in, and tell the token afterwards. */
  queueStart(station, connector, session, { at, reservationId }) {
    const { counted, remoteStartId } = session;
    if (!counted) return;
    const transactionId = randomUUID();
    counted.transactionId = transactionId;
    const fromCable = remoteStartId === undefined && station.options.random() < 0.5;
    const token = { idToken: idTokenOf(session.idTag) };
    const then = {
      answered: (info: IdTokenInfo | undefined) =>
        chargeAnswered(
          station,
          connector,
          session,
          transactionId,
          standingOf(info ?? { status: 'Accepted' }),
        ),
      givenUp: (error: unknown) => chargeGivenUp(station, connector, session, error),
    };
    const started: Said = {
      eventType: 'Started',
      timestamp: at,
      triggerReason: fromCable
        ? 'CablePluggedIn'
        : remoteStartId === undefined
          ? 'Authorized'
          : 'RemoteStart',
      evse: evseOf(connector),
      ...reading(station, connector, 'StopTxnSampledData', 'Transaction.Begin', at),
      ...(reservationId !== undefined && { reservationId }),
      info: { chargingState: 'EVConnected', ...(remoteStartId !== undefined && { remoteStartId }) },
    };
    if (!fromCable) {
      queueEvent(station, session, { ...started, ...token }, then);
      return;
    }
    queueEvent(station, session, started, { givenUp: then.givenUp });
    queueEvent(
      station,
      session,
      {
        eventType: 'Updated',
        timestamp: at,
        triggerReason: 'Authorized',
        ...token,
        info: { chargingState: 'EVConnected' },
      },
      then,
    );
  },

  queueFlowChange(station, connector, session) {
    queueEvent(station, session, {
      eventType: 'Updated',
      timestamp: timestamp(station),
      triggerReason: 'ChargingStateChanged',
      info: { chargingState: stateOf(connector) },
    });
  },

  queueSample(station, connector, session, context, at) {
    queueEvent(station, session, {
      eventType: 'Updated',
      timestamp: at,
      triggerReason: context === 'Trigger' ? 'Trigger' : 'MeterValuePeriodic',
      ...reading(station, connector, 'MeterValuesSampledData', context, at),
      info: { chargingState: stateOf(connector) },
    });
  },

  tellReading(station, connector) {
    const read = reading(station, connector, 'MeterValuesSampledData', 'Trigger', timestamp(station));
    if (read.meterValue) tell(station, 'MeterValues', { evseId: connector.id, ...read });
  },

  queueStop(station, connector, session, { at, reason, ended }) {
    const [stoppedReason, triggerReason] = stops[reason];
    // without power nobody can tell that the flow has stopped
    if (reason !== 'PowerLoss') {
      queueEvent(station, session, {
        eventType: 'Updated',
        timestamp: at,
        triggerReason: 'ChargingStateChanged',
        ...reading(station, connector, 'MeterValuesSampledData', 'Sample.Periodic', at),
        info: { chargingState: 'EVConnected' },
      });
    }
    queueEvent(
      station,
      session,
      {
        eventType: 'Ended',
        timestamp: at,
        triggerReason,
        ...reading(station, connector, 'StopTxnSampledData', 'Transaction.End', at),
        info: { stoppedReason },
      },
      { answered: ended },
    );
  },
};
