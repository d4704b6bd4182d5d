import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { lockConnector } from '../chargers/connectors.ts';
import { setAside } from '../chargers/set-aside.ts';
import type { Station } from '../chargers/station.ts';
import { isPlausibleTime } from '../chargers/station-clock.ts';
import { db } from '../db.ts';
import { authorizeToken, type TokenAuthorization } from '../drivers/authorize-token.ts';
import { holdLater } from '../payments/session-payment.ts';
import { useReservation } from '../reservations/use-reservation.ts';
import { limitsAtStart } from '../smart-charging/balance-later.ts';
import { chargesElsewhere, nextStationNumber, termsAt, tokenWasUsed } from './begin-session.ts';
import { stopAwaitingUnplug } from './idle-after-stop.ts';
import { startMetering } from './metering.ts';
import { isPlausibleMeter, METER_LIMIT_WH } from './plausible-meter.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { advance, RUNNING_STATUSES } from './session-states.ts';
import { CANCELLED, startedAfterCancel } from './started-after-cancel.ts';

export interface StartReport {
  readonly connectorNumber: number;
  readonly idTag: string;
  /** Exact decimal, Wh. */
  readonly meterStartWh: string;
  /** ISO 8601, by the station's clock. */
  readonly at: string;
  /** The message as it came, kept where it makes no sense. */
  readonly payload: unknown;
}

export interface StartAnswer {
  /** Positive, 32 bits, unique in the installation. */
  readonly transactionNumber: number;
  readonly authorization: TokenAuthorization;
  /** The token charges elsewhere already. */
  readonly isConcurrent: boolean;
}

/** How far behind ours a station's clock may be when it answers a remote start. */
const REMOTE_START_SKEW_MS = 5 * 60_000;
/** By then the station knows the transaction that it is asked to stop: the answer to its start has come. */
const STOP_CANCELLED_SECONDS = 2;

/**
 * What a StartTransaction says. Whatever the token, it is stored and gets an answer: the station charges already.
 * The same message again gets the first answer (OCPP lines 23 to 26, 30).
 */
export async function stationStarted(
  ctx: Context,
  station: Station,
  report: StartReport,
): Promise<StartAnswer> {
  // a register that no meter shows begins at the limit: the stop's cannot be above it, so no bill rests on it
  const believed = isPlausibleMeter(report.meterStartWh)
    ? report
    : { ...report, meterStartWh: METER_LIMIT_WH };
  try {
    return await recordStart(ctx, station, believed);
  } catch (error) {
    // the same start, over another socket in the same moment, on a connector that has no row to hold
    if (violatedConstraint(error) !== 'sessions_start_unique') throw error;
    return recordStart(ctx, station, believed);
  }
}

async function recordStart(ctx: Context, station: Station, report: StartReport): Promise<StartAnswer> {
  return inTransaction(ctx, async tx => {
    const nowMs = tx.now().epochMilliseconds;
    const reportedMs = epochMs(report.at);
    const isClockSane = isPlausibleTime(reportedMs, nowMs);
    const at = isClockSane ? report.at : tx.now().toString();
    const doubts = [
      ...(isClockSane ? [] : ['implausible_time']),
      ...(report.meterStartWh === METER_LIMIT_WH ? ['implausible_start_meter'] : []),
    ];
    const authorization = await authorizeToken(tx, station.networkId, report.idTag, at);

    // holding the connector's row keeps two starts on it from being told apart wrongly
    const connector = await lockConnector(tx, station, report.connectorNumber);
    const known = await sameStart(tx, station, report, isClockSane ? at : null);
    if (known) {
      return { transactionNumber: known.transactionNumber!, authorization, isConcurrent: known.isConcurrent };
    }

    if (connector) await stopAwaitingUnplug(tx, connector.id);
    for (const reason of doubts) {
      await setAside(tx, station, { action: 'StartTransaction', reason, payload: report.payload });
    }
    const isConcurrent = await chargesElsewhere(tx, authorization);
    const terms = await termsAt(tx, station, connector?.id ?? null, at);
    const reservationNumber =
      connector && authorization.token ? await useReservation(tx, connector.id, authorization.token) : null;
    const transactionNumber = await nextStationNumber(tx);
    const begun = {
      startTime: at,
      startMeterWh: report.meterStartWh,
      currentMeterWh: report.meterStartWh,
      transactionNumber,
      metering: jsonb(startMetering(epochMs(at), report.meterStartWh)),
      tariffId: terms.tariffId,
      tariff: jsonb(terms),
      reservationNumber,
      updatedAt: tx.now().toString(),
      flags: [
        ...(authorization.status === 'Accepted' ? [] : [`token_${authorization.status.toLowerCase()}`]),
        ...(isConcurrent ? ['token_concurrent'] : []),
        ...doubts,
        ...(terms.tariffId ? [] : ['no_tariff']),
        ...(connector ? [] : ['unknown_connector']),
      ],
    };
    const pending = await lockRemoteStart(tx, station, report, isClockSane ? reportedMs : nowMs);
    const session = pending
      ? await begin(tx, pending, begun)
      : await insertLocalStart(tx, station, report, authorization, connector?.id ?? null, begun);
    if (!pending) {
      const startedMs = isClockSane ? reportedMs : nowMs;
      await stopWhatWasCancelled(tx, station, report, startedMs, session, authorization);
    }
    await tokenWasUsed(tx, authorization);
    if (connector) await limitsAtStart(tx, station.id, connector.id, session.driverId ?? null);
    await holdLater(tx, session, terms);
    await emitSession(tx, 'session.started', session, station.uid);
    return { transactionNumber, authorization, isConcurrent };
  });
}

/** A session that this very message has begun before; with an insane clock, the open one of connector and tag. */
async function sameStart(tx: Context, station: Station, report: StartReport, saneAt: string | null) {
  const session = await db(tx)
    .selectFrom('sessions')
    .select(['transactionNumber', 'flags'])
    .where('chargerId', '=', station.id)
    .where('connectorNumber', '=', report.connectorNumber)
    .where(sql`lower(id_tag)`, '=', report.idTag.toLowerCase())
    .where('transactionNumber', 'is not', null)
    .$if(saneAt !== null, query =>
      query.where('startTime', '=', saneAt!).where('startMeterWh', '=', report.meterStartWh),
    )
    .$if(saneAt === null, query => query.where('status', 'in', [...RUNNING_STATUSES]))
    .executeTakeFirst();
  return session && { ...session, isConcurrent: session.flags.includes('token_concurrent') };
}

/**
 * The remote start that this start answers: same connector and tag, asked before it began, and waited for either then
 * or still. One whose time is over by now is revived where the station began within it.
 */
async function lockRemoteStart(
  tx: Context,
  station: Station,
  report: StartReport,
  startedMs: number,
): Promise<Session | undefined> {
  return (await remoteStarts(tx, station, report, startedMs)
    .where('status', 'in', ['pending', 'expired'])
    .executeTakeFirst()) as Session | undefined;
}

/** The remote starts that the station may have answered by this start, locked; the one asked for first. */
const remoteStarts = (tx: Context, station: Station, report: StartReport, startedMs: number) =>
  db(tx)
    .selectFrom('sessions')
    .selectAll()
    .where('chargerId', '=', station.id)
    .where('connectorNumber', '=', report.connectorNumber)
    .where(sql`lower(id_tag)`, '=', report.idTag.toLowerCase())
    .where('expiresAt', '>', new Date(Math.min(startedMs, tx.now().epochMilliseconds)).toISOString())
    .where('startTime', '<=', new Date(startedMs + REMOTE_START_SKEW_MS).toISOString())
    .orderBy('startTime')
    .limit(1)
    .forNoKeyUpdate();

/**
 * The station begins what was taken back while it waited for the plug (OCPP 1.6 has no message for that): the charge is
 * recorded and flagged, and the station is asked to end it, once. A card may have been held to the reader since, which
 * looks the same: such a charge goes on. The next start with the same token is one of its own.
 */
async function stopWhatWasCancelled(
  tx: Context,
  station: Station,
  report: StartReport,
  startedMs: number,
  session: Session,
  { token }: TokenAuthorization,
): Promise<void> {
  const cancelled = await remoteStarts(tx, station, report, startedMs)
    .where('status', '=', 'failed')
    .where('failureReason', '=', CANCELLED)
    .executeTakeFirst();
  if (!cancelled) return;
  await db(tx).updateTable('sessions').set({ expiresAt: null }).where('id', '=', cancelled.id).execute();
  const isNobodysCard = token?.type === 'APP_USER' || token?.type === 'AD_HOC_USER';
  await startedAfterCancel(tx, session, isNobodysCard ? STOP_CANCELLED_SECONDS : null);
}

async function begin(tx: Context, pending: Session, begun: object): Promise<Session> {
  advance(pending, 'active');
  return (await db(tx)
    .updateTable('sessions')
    .set({
      ...begun,
      status: pending.status,
      expiresAt: null,
      endTime: null,
      failureReason: null,
      startReason: 'RemoteStart',
    })
    .where('id', '=', pending.id)
    .returningAll()
    .executeTakeFirstOrThrow()) as Session;
}

async function insertLocalStart(
  tx: Context,
  station: Station,
  report: StartReport,
  { token }: TokenAuthorization,
  connectorId: string | null,
  begun: Pick<Session, 'startTime' | 'startMeterWh' | 'transactionNumber' | 'reservationNumber'>,
): Promise<Session> {
  return (await db(tx)
    .insertInto('sessions')
    .values({
      ...begun,
      id: newId(),
      networkId: station.networkId,
      chargerId: station.id,
      connectorId,
      connectorNumber: report.connectorNumber,
      locationId: station.locationId,
      driverId: token?.driverId ?? null,
      tokenId: token?.id ?? null,
      idTag: report.idTag,
      status: 'active',
      authMethod: begun.reservationNumber ? 'RESERVATION' : token?.type === 'APP_USER' ? 'APP' : 'RFID',
      correlationId: randomUUID(),
      startReason: 'Authorized',
    } as never)
    .returningAll()
    .executeTakeFirstOrThrow()) as Session;
}
