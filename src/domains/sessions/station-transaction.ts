import { createHash } from 'node:crypto';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { lockConnector } from '../chargers/connectors.ts';
import type { Station } from '../chargers/station.ts';
import { isPlausibleTime } from '../chargers/station-clock.ts';
import { connectorCharges } from '../chargers/station-status.ts';
import { db } from '../db.ts';
import { authorizeToken, type TokenAuthorization } from '../drivers/authorize-token.ts';
import { lockByStationTransaction, lockTransaction } from './lock-session.ts';
import { inOrder, type Observation } from './observation.ts';
import { rebuildSession, shownStatus } from './rebuild-session.ts';
import type { Session } from './session.entity.ts';
import { foldIntoSession } from './session-metering.ts';
import { isRunning } from './session-states.ts';
import { usageOf } from './session-usage.ts';
import { type MeterReading, observationOf, storeMeterValues } from './store-meter-values.ts';
import {
  type IdToken,
  NO_AUTHORIZATION,
  type TransactionEvent,
  type TransactionEventContent,
  type TransactionEventType,
} from './transaction-event.entity.ts';

/** One message of a transaction. */
export interface TransactionReport extends Omit<TransactionEventContent, 'firstRegister' | 'lastRegisterWh'> {
  /** The station's own. */
  readonly transactionId: string;
  readonly seqNo: number;
  readonly type: TransactionEventType;
  /** ISO 8601, by the station's clock. */
  readonly at: string;
  /** It happened while the station had no connection. */
  readonly isOffline: boolean;
  readonly readings: readonly MeterReading[];
}

export interface TransactionAnswer {
  /** Of the token that the message named; null where it named none. */
  readonly authorization: TokenAuthorization | null;
  /** The token was read to charge, and charges elsewhere already. */
  readonly isConcurrent: boolean;
  /** Minor units, tax included; null until the charge has ended. */
  readonly total: { readonly amount: bigint; readonly currency: string } | null;
}

/**
 * What a TransactionEvent says. It is kept, and the session is what all of its transaction's messages say together:
 * they may come late, again, and in any order (OCPP lines 35 and 36).
 */
export async function stationTransaction(
  ctx: Context,
  station: Station,
  report: TransactionReport,
): Promise<TransactionAnswer> {
  return inTransaction(ctx, async tx => {
    await lockTransaction(tx, station.id, report.transactionId);
    const event = await keep(tx, station, report);
    const session = event
      ? await takeIn(tx, station, report, event)
      : await lockByStationTransaction(tx, station.id, report.transactionId);
    return {
      authorization: await standingOf(tx, station, report),
      isConcurrent:
        !report.isStopToken && report.type !== 'Ended' && !!session?.flags.includes('token_concurrent'),
      total: session?.metered ? totalOf(tx, session) : null,
    };
  });
}

/** Null where the message had come before. */
async function keep(
  tx: Context,
  station: Station,
  report: TransactionReport,
): Promise<TransactionEvent | null> {
  const now = tx.now();
  const { transactionId, seqNo, type, isOffline, readings, at, ...content } = report;
  const event = await db(tx)
    .insertInto('transaction_events')
    .values({
      id: newId(),
      networkId: station.networkId,
      chargerId: station.id,
      transactionId,
      seqNo,
      type,
      reportedAt: at,
      at: isPlausibleTime(epochMs(at), now.epochMilliseconds) ? at : now.toString(),
      isOffline,
      digest: createHash('sha256')
        .update(JSON.stringify([type, at, content, readings]))
        .digest('base64url'),
      content: jsonb({ ...content, ...registersOf(readings) }),
      receivedAt: now.toString(),
    })
    .onConflict(conflict => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return (event as TransactionEvent | undefined) ?? null;
}

function registersOf(
  readings: readonly MeterReading[],
): Pick<TransactionEventContent, 'firstRegister' | 'lastRegisterWh'> {
  const registers = readings
    .map(observationOf)
    .flatMap(({ at, registerWh }) => (registerWh === null ? [] : [{ at, wh: registerWh }]))
    .sort((a, b) => a.at - b.at);
  return { firstRegister: registers[0] ?? null, lastRegisterWh: registers.at(-1)?.wh ?? null };
}

/** Most messages continue what is known, and are added to it; any other makes the session be put together anew. */
async function takeIn(
  tx: Context,
  station: Station,
  report: TransactionReport,
  event: TransactionEvent,
): Promise<Session> {
  const continued = await continueSession(tx, station, report, event);
  return continued ?? rebuildSession(tx, station, event, report.readings);
}

async function continueSession(
  tx: Context,
  station: Station,
  report: TransactionReport,
  event: TransactionEvent,
): Promise<Session | null> {
  const known = await db(tx)
    .selectFrom('sessions as s')
    .leftJoin('connectors as k', 'k.id', 's.connectorId')
    .select([
      's.idTag',
      's.remoteStartNumber',
      's.reservationNumber',
      'k.evseNumber',
      'k.evseConnectorNumber',
    ])
    .where('s.chargerId', '=', station.id)
    .where('s.stationTransactionId', '=', event.transactionId)
    .executeTakeFirst();
  const { place, idToken, remoteStartNumber, reservationNumber, chargingStatus } = report;
  const isNews =
    !known ||
    event.type !== 'Updated' ||
    event.at !== event.reportedAt ||
    (place !== null &&
      (place.evse !== known.evseNumber ||
        (place.connector ?? known.evseConnectorNumber) !== known.evseConnectorNumber)) ||
    (idToken !== null &&
      (report.isStopToken ||
        idToken.uid.toLowerCase() !== known.idTag.toLowerCase() ||
        idToken.uid === '')) ||
    (remoteStartNumber !== null && remoteStartNumber !== known.remoteStartNumber) ||
    (reservationNumber !== null && reservationNumber !== known.reservationNumber);
  if (isNews) return null;
  const connector =
    known.evseNumber != null
      ? await lockConnector(tx, station, { evse: known.evseNumber, connector: known.evseConnectorNumber })
      : null;
  const session = (await lockByStationTransaction(tx, station.id, event.transactionId))!;
  const observations: Observation[] = [
    ...report.readings.map(observationOf),
    ...(chargingStatus ? [{ kind: 'status' as const, at: epochMs(event.at), status: chargingStatus }] : []),
  ].sort(inOrder);
  const follows =
    session.metering != null &&
    isRunning(session.status) &&
    (session.startMeterWh !== null || !observations.some(hasRegister)) &&
    epochMs(event.at) >= session.metering.lastObservedAt &&
    observations.every(({ at }) => at >= session.metering!.lastObservedAt);
  if (!follows) return null;
  await storeMeterValues(
    tx,
    station,
    session.connectorNumber,
    session.id,
    report.readings,
    event.transactionId,
  );
  await foldIntoSession(tx, session, observations, station.uid);
  if (connector && chargingStatus && !event.isOffline) {
    await connectorCharges(tx, station, connector, {
      status: shownStatus(chargingStatus, session),
      at: event.at,
      isEnd: false,
    });
  }
  return session;
}

async function standingOf(
  tx: Context,
  station: Station,
  { idToken, at }: { readonly idToken: IdToken | null; readonly at: string },
): Promise<TokenAuthorization | null> {
  if (!idToken) return null;
  if (idToken.type === NO_AUTHORIZATION) return { status: 'Accepted', token: null };
  return authorizeToken(tx, station.networkId, idToken.uid, at);
}

/** The first register of a charge by intervals is where that began: all is put together anew. */
const hasRegister = (one: Observation): boolean => one.kind === 'meter' && one.registerWh !== null;

function totalOf(tx: Context, session: Session): TransactionAnswer['total'] {
  const usage = usageOf(session, tx.now().epochMilliseconds);
  return usage && { amount: usage.bill.total, currency: usage.bill.currency };
}
