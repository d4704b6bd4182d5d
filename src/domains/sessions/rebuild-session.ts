import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import type { Connector } from '../chargers/connector.entity.ts';
import { lockConnector } from '../chargers/connectors.ts';
import { setAside } from '../chargers/set-aside.ts';
import type { Station } from '../chargers/station.ts';
import { connectorCharges } from '../chargers/station-status.ts';
import { db } from '../db.ts';
import { authorizeToken, type TokenAuthorization } from '../drivers/authorize-token.ts';
import { hasPayment, holdLater } from '../payments/session-payment.ts';
import { useReservation, useReservationNumber } from '../reservations/use-reservation.ts';
import { limitsAtStart } from '../smart-charging/balance-later.ts';
import { chargesElsewhere, termsAt, tokenWasUsed } from './begin-session.ts';
import { endSession, stoppedByAnother } from './end-session.ts';
import { stopAwaitingUnplug } from './idle-after-stop.ts';
import { runsOn } from './lock-session.ts';
import { foldSoFar, meterFinally, startMetering } from './metering.ts';
import { inOrder, type MeterObservation, type Observation } from './observation.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { figures, samplesOf } from './session-metering.ts';
import { connectorAskedFor, sessionOfTransaction } from './session-of-transaction.ts';
import { advance } from './session-states.ts';
import { STARTED_AFTER_CANCEL, stopIfCancelled } from './started-after-cancel.ts';
import { type MeterReading, storeMeterValues } from './store-meter-values.ts';
import { type ChargingStatus, NO_AUTHORIZATION, type TransactionEvent } from './transaction-event.entity.ts';
import { factsOf, type TransactionFacts } from './transaction-facts.ts';

/** The station has said that the transaction is over, and never told how it ended. */
export const END_NOT_SEEN = 'end_not_seen';
/** Flags that say what was the case when the session began, or came from elsewhere; the others are found anew. */
const LASTING_FLAGS = new Set(['token_concurrent', 'paid_before_amended', STARTED_AFTER_CANCEL]);

/**
 * Puts an OCPP 2.0.1 session together from all that its station told of the transaction, the event that has just come
 * included: begins, corrects or ends it, and bills it. The caller holds the transaction's lock.
 */
export async function rebuildSession(
  tx: Context,
  station: Station,
  event: Pick<TransactionEvent, 'transactionId' | 'type' | 'isOffline'>,
  readings: readonly MeterReading[],
  isOver = false,
): Promise<Session> {
  const events = (await db(tx)
    .selectFrom('transaction_events')
    .selectAll()
    .where('chargerId', '=', station.id)
    .where('transactionId', '=', event.transactionId)
    .execute()) as TransactionEvent[];
  const told = factsOf(events, isOver);
  const place =
    told.place ?? (await connectorAskedFor(tx, station, event.transactionId, told.remoteStartNumber));
  const connector = place === null ? null : await lockConnector(tx, station, place);
  const { session, begins } = await sessionOfTransaction(tx, station, event.transactionId, told);
  await storeMeterValues(
    tx,
    station,
    connector?.number ?? session.connectorNumber,
    session.id,
    readings,
    event.transactionId,
  );
  const samples = await samplesOf(tx, session.id);
  const hasEnded = isOver || session.flags.includes(END_NOT_SEEN);
  const facts = factsOf(events, hasEnded, firstRegisterIn(samples, told.startedAt));
  await settle(tx, station, session, facts, { connector, begins, isOffline: event.isOffline });
  await stopIfCancelled(tx, session, facts.remoteStartNumber, facts.end !== null);
  if (begins) await emitSession(tx, 'session.started', session, station.uid);
  const observations = [...samples, ...facts.statuses];
  if (facts.end) await end(tx, station, session, facts, observations);
  else await goOn(tx, station, session, facts, observations);
  if (connector && !event.isOffline) await show(tx, station, connector, session, facts, event.type);
  return session;
}

/** Stations may tell registers in MeterValues too, or there alone. */
const firstRegisterIn = (samples: readonly MeterObservation[], startedAt: string): string | null =>
  samples.filter(({ at, registerWh }) => registerWh !== null && at >= epochMs(startedAt)).sort(inOrder)[0]
    ?.registerWh ?? null;

interface Circumstances {
  readonly connector: Connector | null;
  readonly begins: boolean;
  readonly isOffline: boolean;
}

/** Who charges where, since when, and by which terms. */
async function settle(
  tx: Context,
  station: Station,
  session: Session,
  facts: TransactionFacts,
  { connector, begins, isOffline }: Circumstances,
): Promise<void> {
  const { idToken, startedAt } = facts;
  const isMoved = connector !== null && connector.id !== session.connectorId;
  const isArriving = connector !== null && (begins || isMoved);
  if (isArriving) await moveSamples(tx, session.id, connector.number);
  const owner =
    idToken && idToken.type !== NO_AUTHORIZATION
      ? await authorizeToken(tx, station.networkId, idToken.uid, startedAt)
      : null;
  const isNewToken = owner?.token != null && (begins || owner.token.id !== session.tokenId);
  const isConcurrent = isNewToken && (await chargesElsewhere(tx, owner!, session.id));
  if (isNewToken) await tokenWasUsed(tx, owner!);
  const reservationNumber =
    session.reservationNumber ??
    (await reservationFor(tx, station, facts, connector, isOffline ? null : owner));
  const isSameTerms = session.tariff != null && !isMoved && epochMs(session.startTime) === epochMs(startedAt);
  const tariff = isSameTerms
    ? session.tariff!
    : await termsAt(tx, station, connector?.id ?? session.connectorId ?? null, startedAt);
  const lasting = session.flags.filter(flag => LASTING_FLAGS.has(flag));
  const settled = {
    startTime: startedAt,
    startMeterWh: facts.startRegisterWh,
    startReason: facts.startReason,
    ...(connector && { connectorId: connector.id, connectorNumber: connector.number }),
    ...(idToken && {
      idTag: idToken.uid,
      idTokenType: idToken.type,
      tokenId: owner?.token?.id ?? null,
      driverId: owner?.token?.driverId ?? null,
    }),
    ...(session.remoteStartNumber == null && { authMethod: methodOf(owner, reservationNumber) }),
    reservationNumber,
    tariffId: tariff.tariffId,
    tariff,
    flags: [
      ...new Set([
        ...lasting,
        ...(isConcurrent ? ['token_concurrent'] : []),
        ...(owner && owner.status !== 'Accepted' ? [`token_${owner.status.toLowerCase()}`] : []),
        ...(idToken?.type === NO_AUTHORIZATION ? ['no_authorization'] : []),
        ...facts.doubts,
        ...(tariff.tariffId ? [] : ['no_tariff']),
        ...(connector || session.connectorId ? [] : ['unknown_connector']),
        ...(facts.isStartSeen ? [] : ['start_not_seen']),
        ...(facts.end && !facts.isEndSeen ? [END_NOT_SEEN] : []),
        ...(facts.end && facts.missing.length > 0 ? ['missing_events'] : []),
      ]),
    ],
  } satisfies Partial<Session>;
  for (const reason of facts.doubts) {
    if (session.flags.includes(reason)) continue;
    const payload = { transactionId: session.stationTransactionId };
    await setAside(tx, station, { action: 'TransactionEvent', reason, payload });
  }
  Object.assign(session, settled);
  await db(tx)
    .updateTable('sessions')
    .set({ ...settled, tariff: jsonb(tariff), updatedAt: tx.now().toString() })
    .where('id', '=', session.id)
    .execute();
  // before its Started has come it may be a remote start's, whose money is held already
  const isItself = facts.isStartSeen || facts.end !== null;
  if (isItself && !(await hasPayment(tx, session.id))) await holdLater(tx, session, tariff);
  if (!isArriving) return;
  await stopAwaitingUnplug(tx, connector.id);
  if (!facts.end) await limitsAtStart(tx, station.id, connector.id, session.driverId ?? null);
}

const methodOf = (owner: TokenAuthorization | null, reservationNumber: number | null) => {
  if (reservationNumber) return 'RESERVATION';
  return owner?.token?.type === 'APP_USER' ? 'APP' : 'RFID';
};

async function reservationFor(
  tx: Context,
  station: Station,
  facts: TransactionFacts,
  connector: Connector | null,
  owner: TokenAuthorization | null,
): Promise<number | null> {
  if (facts.reservationNumber !== null) return useReservationNumber(tx, station, facts.reservationNumber);
  return connector && owner?.token ? useReservation(tx, connector.id, owner.token) : null;
}

/** Where the EVSE came after some of the samples. */
async function moveSamples(tx: Context, sessionId: string, connectorNumber: number): Promise<void> {
  await db(tx)
    .updateTable('meter_values')
    .set({ connectorNumber })
    .where('sessionId', '=', sessionId)
    .execute();
}

async function goOn(
  tx: Context,
  station: Station,
  session: Session,
  facts: TransactionFacts,
  observations: readonly Observation[],
): Promise<void> {
  const hasIntervals = observations.some(one => one.kind === 'meter' && one.intervalWh !== null);
  if (facts.startRegisterWh === null && !hasIntervals) return;
  const metering = foldSoFar(
    { at: epochMs(facts.startedAt), registerWh: facts.startRegisterWh ?? '0' },
    observations,
  );
  const becameIdle = metering.idleSince !== null && !session.isIdle;
  if (session.status !== 'stopping') advance(session, metering.idleSince === null ? 'active' : 'idle');
  const shown = { status: session.status, ...figures(metering) };
  Object.assign(session, shown, { metering });
  await db(tx)
    .updateTable('sessions')
    .set({ ...shown, metering: jsonb(metering) })
    .where('id', '=', session.id)
    .execute();
  await emitSession(tx, becameIdle ? 'session.idle' : 'session.updated', session, station.uid);
}

async function end(
  tx: Context,
  station: Station,
  session: Session,
  facts: TransactionFacts,
  observations: readonly Observation[],
): Promise<void> {
  const { at, registerWh, reason } = facts.end!;
  const start = { at: epochMs(facts.startedAt), registerWh: facts.startRegisterWh ?? '0' };
  const metered = meterFinally(start, observations, { at: epochMs(at), registerWh });
  session.metering = startMetering(start.at, start.registerWh);
  await db(tx)
    .updateTable('sessions')
    .set({ metering: jsonb(session.metering) })
    .where('id', '=', session.id)
    .execute();
  const stopper = facts.stopToken && (await authorizeToken(tx, station.networkId, facts.stopToken.uid, at));
  await endSession(tx, station, session, {
    endTime: at,
    endRegisterWh: registerWh,
    metered,
    reason,
    mayStayPluggedIn: false,
    flags: [
      ...session.flags,
      ...(await stoppedByAnother(tx, session, facts.stopToken?.uid ?? null, stopper)),
    ],
  });
}

/** What the transaction says of its connector now, where it has the say: not where another one runs there since. */
async function show(
  tx: Context,
  station: Station,
  connector: Connector,
  session: Session,
  facts: TransactionFacts,
  type: TransactionEvent['type'],
): Promise<void> {
  if (facts.end) {
    const isLast = type === 'Ended' && !(await runsOn(tx, station.id, connector.number));
    if (isLast) {
      await connectorCharges(tx, station, connector, { status: 'FINISHING', at: facts.end.at, isEnd: true });
    }
    return;
  }
  const latest = [...facts.statuses].sort((a, b) => a.at - b.at).at(-1);
  if (!latest) return;
  await connectorCharges(tx, station, connector, {
    status: shownStatus(latest.status as ChargingStatus, session),
    at: new Date(latest.at).toISOString(),
    isEnd: false,
  });
}

/** A vehicle that is plugged in and gets no energy is before its charge, or after it. */
export const shownStatus = (status: ChargingStatus, session: Pick<Session, 'energyWh'>) => {
  if (status !== 'AVAILABLE' && status !== 'FINISHING') return status;
  return Number(session.energyWh) > 0 ? 'FINISHING' : 'PREPARING';
};
