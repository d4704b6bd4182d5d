import { type BatteryOptions, battery } from './battery.ts';
import { configurationFlag } from './configuration.ts';
import { releaseConnector, setStatus } from './connector.ts';
import { advanceCharge, settleStatus } from './flow.ts';
import { wholeWh } from './meter.ts';
import type { IdTagInfo, ReadingContext, StopReason } from './ocpp16.ts';
import {
  after,
  type Connector,
  cancel,
  emit,
  errorText,
  isOnline,
  rememberTag,
  reportError,
  type Session,
  type StationState,
  timestamp,
} from './state.ts';

interface Arrival {
  readonly idTag: string;
  readonly remoteStartId?: number | undefined;
  readonly vehicle?: Partial<BatteryOptions> | undefined;
}

/** A vehicle at the connector: Preparing, then after the cable is in, the transaction and the flow of energy. */
export function prepareCharge(station: StationState, connector: Connector, arrival: Arrival): Session {
  const { batteryOptions, random, now } = station.options;
  const atMs = now().getTime();
  const session: Session = {
    idTag: arrival.idTag,
    remoteStartId: arrival.remoteStartId,
    phase: 'preparing',
    counted: undefined,
    seqNo: 0,
    startedAtMs: atMs,
    advancedAtMs: atMs,
    meterStartWh: wholeWh(connector.registerWh),
    battery: battery({ startSoc: 0.1 + random() * 0.5, ...batteryOptions, ...arrival.vehicle }),
    powerW: 0,
    timer: undefined,
  };
  connector.session = session;
  setStatus(station, connector, 'Preparing');
  return session;
}

/** Queues the start. Energy flows once it is answered, or at once when there is nobody to answer. */
export function openTransaction(station: StationState, connector: Connector, session: Session): void {
  const { options, dialect } = station;
  session.phase = 'starting';
  session.startedAtMs = options.now().getTime();
  session.meterStartWh = wholeWh(connector.registerWh);
  station.totals.transactionsStarted++;
  const at = timestamp(station, session.startedAtMs);
  session.counted = {
    uid: options.uid,
    connectorId: connector.id,
    version: dialect.version,
    idTag: session.idTag,
    transactionId: undefined,
    startedAt: at,
    meterStartWh: session.meterStartWh,
    meterStopWh: undefined,
    reason: undefined,
    isRefused: false,
  };
  station.counted.push(session.counted);
  const reservationId = connector.reservation?.reservationId;
  cancel(station, connector.reservation?.expiry);
  connector.reservation = undefined;
  dialect.queueStart(station, connector, session, { at, reservationId });
  if (!isOnline(station)) beginFlow(station, connector, session);
}

/** The start is acknowledged, and this is the tag's standing. */
export function chargeAnswered(
  station: StationState,
  connector: Connector,
  session: Session,
  transactionId: number | string,
  idTagInfo: IdTagInfo,
): void {
  const { uid } = station.options;
  const { idTag } = session;
  rememberTag(station, idTag, idTagInfo);
  emit(station, { uid, kind: 'started', connectorId: connector.id, transactionId, idTag });
  if (session.phase === 'ended') return;
  if (idTagInfo.status === 'Accepted') beginFlow(station, connector, session);
  else refuseTag(station, connector, session, idTagInfo.status);
}

/** The central system refuses the start for good. */
export function chargeGivenUp(
  station: StationState,
  connector: Connector,
  session: Session,
  error: unknown,
): void {
  if (session.counted) session.counted.isRefused = true;
  reportError(station, `start of a transaction: ${errorText(error)}`);
  if (session.phase !== 'ended') endCharge(station, connector, 'Other');
}

function refuseTag(station: StationState, connector: Connector, session: Session, status: string): void {
  reportError(station, `start of a transaction: ${session.idTag} is ${status}`);
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

/** The station is without power: the vehicle waits. */
export function pauseCharge(station: StationState, connector: Connector, session: Session): void {
  advanceCharge(station, connector);
  session.phase = 'paused';
  session.powerW = 0;
  session.timer = cancel(station, session.timer);
}

/** The power is back, and the transaction goes on. */
export function continueCharge(station: StationState, connector: Connector, session: Session): void {
  if (session.phase !== 'paused') return;
  session.phase = 'charging';
  session.advancedAtMs = station.options.now().getTime();
  settleStatus(station, connector, session);
  station.dialect.queueFlowChange(station, connector, session);
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

/** Queues a reading of the running transaction, behind its start. */
export function sendSample(station: StationState, connector: Connector, context: ReadingContext): void {
  const session = connector.session;
  if (session?.phase !== 'charging') return;
  station.dialect.queueSample(station, connector, session, context, timestamp(station, session.advancedAtMs));
}

/** Ends what is going on at the connector: queues the stop when there is a transaction. */
export function endCharge(station: StationState, connector: Connector, reason: StopReason): void {
  const session = connector.session;
  if (!session || session.phase === 'ended') return;
  advanceCharge(station, connector);
  session.phase = 'ended';
  session.timer = cancel(station, session.timer);
  session.powerW = 0;
  station.profiles = station.profiles.filter(
    each => each.profile.chargingProfilePurpose !== 'TxProfile' || each.connectorId !== connector.id,
  );
  if (session.counted) closeTransaction(station, connector, session, session.counted, reason);
  setStatus(station, connector, 'Finishing');
  connector.finishing = after(station, station.options.finishingMs, () =>
    releaseConnector(station, connector),
  );
}

function closeTransaction(
  station: StationState,
  connector: Connector,
  session: Session,
  counted: NonNullable<Session['counted']>,
  reason: StopReason,
): void {
  const meterStopWh = wholeWh(connector.registerWh);
  counted.meterStopWh = meterStopWh;
  counted.reason = reason;
  const ended = () => {
    station.totals.transactionsEnded++;
    emit(station, {
      uid: station.options.uid,
      kind: 'ended',
      connectorId: connector.id,
      transactionId: counted.transactionId,
      reason,
      energyWh: meterStopWh - session.meterStartWh,
    });
  };
  if (counted.isRefused) {
    ended();
    return;
  }
  station.dialect.queueStop(station, connector, session, {
    at: timestamp(station),
    reason,
    meterStopWh,
    ended,
  });
}
