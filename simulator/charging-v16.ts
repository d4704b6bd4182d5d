import { battery } from './battery.ts';
import { configurationFlag, configurationValue } from './configuration.ts';
import { releaseConnector, setStatus } from './connector-v16.ts';
import { advanceCharge, readingOf, settleStatus } from './flow-v16.ts';
import { meterValue, wholeWh } from './meter.ts';
import type { ReadingContext, StationCalls, StopReason } from './ocpp16.ts';
import {
  after,
  type Connector,
  call,
  cancel,
  emit,
  errorText,
  isOnline,
  rememberTag,
  reportError,
  type Session,
  type StationState,
  timestamp,
} from './state-v16.ts';

/** A vehicle at the connector: Preparing, then after the cable is in, StartTransaction and the flow of energy. */
export function prepareCharge(station: StationState, connector: Connector, idTag: string): Session {
  const { batteryOptions, random, now } = station.options;
  const atMs = now().getTime();
  const session: Session = {
    idTag,
    phase: 'preparing',
    transactionId: undefined,
    refused: false,
    startedAtMs: atMs,
    advancedAtMs: atMs,
    meterStartWh: wholeWh(connector.registerWh),
    battery: battery({ startSoc: 0.1 + random() * 0.5, ...batteryOptions }),
    powerW: 0,
    timer: undefined,
  };
  connector.session = session;
  setStatus(station, connector, 'Preparing');
  return session;
}

/** Queues StartTransaction. Energy flows once it is answered, or at once when there is nobody to answer. */
export function openTransaction(station: StationState, connector: Connector, session: Session): void {
  session.phase = 'starting';
  session.startedAtMs = station.options.now().getTime();
  session.meterStartWh = wholeWh(connector.registerWh);
  station.totals.transactionsStarted++;
  const request: StationCalls['StartTransaction']['request'] = {
    connectorId: connector.id,
    idTag: session.idTag,
    meterStart: session.meterStartWh,
    timestamp: timestamp(station, session.startedAtMs),
  };
  if (connector.reservation) {
    request.reservationId = connector.reservation.reservationId;
    cancel(station, connector.reservation.expiry);
    connector.reservation = undefined;
  }
  station.outbox.push({
    essential: true,
    async send() {
      const { transactionId, idTagInfo } = await call(station, 'StartTransaction', request);
      session.transactionId = transactionId;
      rememberTag(station, session.idTag, idTagInfo);
      const { uid } = station.options;
      emit(station, { uid, kind: 'started', connectorId: connector.id, transactionId, idTag: session.idTag });
      if (session.phase === 'ended') return;
      if (idTagInfo.status === 'Accepted') beginFlow(station, connector, session);
      else refuseTag(station, connector, session, idTagInfo.status);
    },
    givenUp(error) {
      session.refused = true;
      reportError(station, `StartTransaction: ${errorText(error)}`);
      if (session.phase !== 'ended') endCharge(station, connector, 'Other');
    },
  });
  if (!isOnline(station)) beginFlow(station, connector, session);
}

function refuseTag(station: StationState, connector: Connector, session: Session, status: string): void {
  reportError(station, `StartTransaction: ${session.idTag} is ${status}`);
  if (configurationFlag(station.configuration, 'StopTransactionOnInvalidId')) {
    endCharge(station, connector, 'DeAuthorized');
  } else {
    beginFlow(station, connector, session);
  }
}

/** Does nothing for a session which is charging already. */
export function beginFlow(station: StationState, connector: Connector, session: Session): void {
  if (session.phase !== 'starting') return;
  session.phase = 'charging';
  session.advancedAtMs = station.options.now().getTime();
  settleStatus(station, connector, session);
  scheduleSample(station, connector, session);
}

export function scheduleSample(station: StationState, connector: Connector, session: Session): void {
  session.timer = cancel(station, session.timer);
  const intervalMs = station.meterIntervalMs;
  // 0 stops the samples (MeterValueSampleInterval), yet the vehicle still has to be followed until it is full
  session.timer = after(station, intervalMs || 10_000, () => {
    if (session.phase !== 'charging') return;
    advanceCharge(station, connector);
    settleStatus(station, connector, session);
    if (intervalMs) sendSample(station, connector, 'Sample.Periodic');
    scheduleSample(station, connector, session);
  });
}

export function rescheduleSamples(station: StationState): void {
  for (const connector of station.connectors) {
    if (connector.session?.phase === 'charging') scheduleSample(station, connector, connector.session);
  }
}

/** Queues MeterValues of the running transaction, behind its StartTransaction. */
export function sendSample(station: StationState, connector: Connector, context: ReadingContext): void {
  const session = connector.session;
  if (session?.phase !== 'charging') return;
  const wanted = configurationValue(station.configuration, 'MeterValuesSampledData');
  const sample = meterValue(
    readingOf(station, connector),
    wanted,
    context,
    timestamp(station, session.advancedAtMs),
  );
  if (!sample) return;
  station.outbox.push({
    essential: false,
    async send() {
      if (session.refused) return;
      const { transactionId } = session;
      await call(station, 'MeterValues', { connectorId: connector.id, transactionId, meterValue: [sample] });
    },
    givenUp: error => reportError(station, `MeterValues: ${errorText(error)}`),
  });
}

/** Ends what is going on at the connector: queues StopTransaction when there is a transaction. */
export function endCharge(station: StationState, connector: Connector, reason: StopReason): void {
  const session = connector.session;
  if (!session || session.phase === 'ended') return;
  advanceCharge(station, connector);
  const opened = session.phase !== 'preparing';
  session.phase = 'ended';
  session.timer = cancel(station, session.timer);
  session.powerW = 0;
  station.profiles = station.profiles.filter(
    each => each.profile.chargingProfilePurpose !== 'TxProfile' || each.connectorId !== connector.id,
  );
  if (opened) closeTransaction(station, connector, session, reason);
  setStatus(station, connector, 'Finishing');
  connector.finishing = after(station, station.options.finishingMs, () =>
    releaseConnector(station, connector),
  );
}

function closeTransaction(
  station: StationState,
  connector: Connector,
  session: Session,
  reason: StopReason,
): void {
  const stoppedAt = timestamp(station);
  const meterStop = wholeWh(connector.registerWh);
  const wanted = configurationValue(station.configuration, 'StopTxnSampledData');
  const last = meterValue(readingOf(station, connector), wanted, 'Transaction.End', stoppedAt);
  const finish = () => {
    station.totals.transactionsEnded++;
    emit(station, {
      uid: station.options.uid,
      kind: 'ended',
      connectorId: connector.id,
      transactionId: session.transactionId,
      reason,
      energyWh: meterStop - session.meterStartWh,
    });
  };
  if (session.refused) {
    finish();
    return;
  }
  station.outbox.push({
    essential: true,
    async send() {
      if (session.refused || session.transactionId === undefined) return finish();
      const { transactionId } = session;
      const transactionData = last && [last];
      await call(station, 'StopTransaction', {
        transactionId,
        meterStop,
        timestamp: stoppedAt,
        reason,
        ...(transactionData && { transactionData }),
      });
      finish();
    },
    givenUp: error => reportError(station, `StopTransaction: ${errorText(error)}`),
  });
}
