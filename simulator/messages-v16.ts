import { chargeAnswered, chargeGivenUp } from './charging.ts';
import { configurationValue } from './configuration.ts';
import { readingOf } from './flow.ts';
import { meterValue } from './meter.ts';
import type { MeterValue, ReadingContext, StationCalls } from './ocpp16.ts';
import {
  type Connector,
  type Dialect,
  errorText,
  reportError,
  type StationState,
  tell,
  timestamp,
} from './state.ts';

/** Rejects as `Link.call` does. Strict mode has checked the answer against its schema, hence the assertion. */
async function call<Action extends keyof StationCalls>(
  station: StationState,
  action: Action,
  request: StationCalls[Action]['request'],
): Promise<StationCalls[Action]['response']> {
  return (await station.link.call(action, request)) as StationCalls[Action]['response'];
}

function statusRequest(
  connectorId: number,
  status: StationCalls['StatusNotification']['request']['status'],
  timestamp: string,
): StationCalls['StatusNotification']['request'] {
  return { connectorId, errorCode: 'NoError', status, timestamp };
}

function sample(
  station: StationState,
  connector: Connector,
  key: 'MeterValuesSampledData' | 'StopTxnSampledData',
  context: ReadingContext,
  at: string,
): MeterValue | undefined {
  const { tellsPhases } = station.options.faults;
  const wanted = configurationValue(station.configuration, key);
  return meterValue(readingOf(station, connector), wanted, context, at, tellsPhases);
}

/** What a station says in OCPP 1.6J. */
export const messages16: Omit<Dialect, 'command' | 'commandNames'> = {
  version: '1.6',
  protocol: 'ocpp1.6',

  boot(station) {
    const { uid } = station.options;
    return call(station, 'BootNotification', {
      chargePointVendor: 'Chargegraph',
      chargePointModel: 'Simulator',
      chargePointSerialNumber: uid.slice(0, 25),
      firmwareVersion: 'simulator-1.6',
      meterType: 'Simulated AC meter',
      meterSerialNumber: `M-${uid}`.slice(0, 25),
    });
  },

  heartbeat: station => call(station, 'Heartbeat', {}),

  greet(station) {
    const own = station.operative ? 'Available' : 'Unavailable';
    const at = timestamp(station);
    return call(station, 'StatusNotification', statusRequest(0, own, at));
  },

  async authorize(station, idTag) {
    return (await call(station, 'Authorize', { idTag })).idTagInfo;
  },

  statusWord: status => status,

  tellStatus(station, connectorId, status, changedAt) {
    tell(station, 'StatusNotification', statusRequest(connectorId, status, changedAt));
  },

  queueStart(station, connector, session, { at, reservationId }) {
    const request = {
      connectorId: connector.id,
      idTag: session.idTag,
      meterStart: session.meterStartWh,
      timestamp: at,
      ...(reservationId !== undefined && { reservationId }),
    };
    station.outbox.push({
      essential: true,
      send: () => call(station, 'StartTransaction', request),
      answered({ transactionId, idTagInfo }) {
        if (session.counted) session.counted.transactionId = transactionId;
        chargeAnswered(station, connector, session, transactionId, idTagInfo);
      },
      givenUp: error => chargeGivenUp(station, connector, session, error),
    });
  },

  /** 1.6 tells it by StatusNotification alone. */
  queueFlowChange() {},

  queueSample(station, connector, { counted }, context, at) {
    const value = sample(station, connector, 'MeterValuesSampledData', context, at);
    if (!value || !counted) return;
    station.outbox.push({
      essential: false,
      async send() {
        if (counted.isRefused) return undefined;
        const transactionId = counted.transactionId as number;
        return call(station, 'MeterValues', {
          connectorId: connector.id,
          transactionId,
          meterValue: [value],
        });
      },
      givenUp: error => reportError(station, `MeterValues: ${errorText(error)}`),
    });
  },

  tellReading(station, connector) {
    const at = timestamp(station);
    const value = sample(station, connector, 'MeterValuesSampledData', 'Trigger', at);
    if (value) tell(station, 'MeterValues', { connectorId: connector.id, meterValue: [value] });
  },

  queueStop(station, connector, { counted }, { at, reason, meterStopWh, ended }) {
    const last = sample(station, connector, 'StopTxnSampledData', 'Transaction.End', at);
    station.outbox.push({
      essential: true,
      async send() {
        if (counted?.isRefused) {
          ended();
          return undefined;
        }
        return call(station, 'StopTransaction', {
          transactionId: counted?.transactionId as number,
          meterStop: meterStopWh,
          timestamp: at,
          reason,
          ...(last && { transactionData: [last] }),
        });
      },
      answered: ended,
      givenUp: error => reportError(station, `StopTransaction: ${errorText(error)}`),
    });
  },
};
