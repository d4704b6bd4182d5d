import Big from 'big.js';
import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { setAside } from '../chargers/set-aside.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import { authorizeToken, type TokenAuthorization } from '../drivers/authorize-token.ts';
import { whyBillIsFixed } from '../payments/fixed-bill.ts';
import { awaitsLateStop } from './close-stale-sessions.ts';
import { endSession, stoppedByAnother } from './end-session.ts';
import { lockByTransactionNumber } from './lock-session.ts';
import { meterFinally } from './metering.ts';
import { isPlausibleMeter } from './plausible-meter.ts';
import type { Session } from './session.entity.ts';
import { historyOf } from './session-metering.ts';
import { isRunning } from './session-states.ts';
import { type MeterReading, storeMeterValues } from './store-meter-values.ts';

export interface StopReport {
  /** Null where the station named none that can be one. */
  readonly transactionNumber: number | null;
  readonly idTag: string | null;
  /** Exact decimal, Wh. */
  readonly meterStopWh: string;
  /** ISO 8601, by the station's clock. */
  readonly at: string;
  /** OCPP's word; `Local` where the station gave none. */
  readonly reason: string;
  readonly readings: readonly MeterReading[];
  /** The message as it came, kept where it makes no sense. */
  readonly payload: unknown;
}

/** How far ahead of ours a station's clock may be before its time is not believed. */
const FUTURE_TOLERANCE_MS = 10 * 60_000;
/** How near to ours a station's clock was at its last word for that to have come as it happened. */
const LIVE_MS = 120_000;

/**
 * What a StopTransaction says: the session ends and is billed, in one transaction. A stop is never refused; one that
 * fits no transaction, or makes no sense, is kept for a person (OCPP lines 27 and 28). Again, it changes nothing.
 * Answers the token's standing where the message named one.
 */
export async function stationStopped(
  ctx: Context,
  station: Station,
  report: StopReport,
): Promise<TokenAuthorization | null> {
  return inTransaction(ctx, async tx => {
    const authorization = report.idTag
      ? await authorizeToken(tx, station.networkId, report.idTag, report.at)
      : null;
    const session =
      report.transactionNumber === null
        ? undefined
        : await lockByTransactionNumber(tx, station.id, report.transactionNumber);
    if (!session) {
      await setAside(tx, station, {
        action: 'StopTransaction',
        reason: 'unknown_transaction',
        payload: report.payload,
      });
    } else if (isRunning(session.status)) {
      await storeMeterValues(tx, station, session.connectorNumber, session.id, report.readings);
      await endByStop(tx, station, session, report, authorization);
    } else if (awaitsLateStop(session)) {
      await storeMeterValues(tx, station, session.connectorNumber, session.id, report.readings);
      await reconcile(tx, station, session, report, authorization);
    }
    return authorization;
  });
}

async function endByStop(
  tx: Context,
  station: Station,
  session: Session,
  report: StopReport,
  authorization: TokenAuthorization | null,
): Promise<void> {
  const doubts = doubtsAbout(session, report, tx.now().epochMilliseconds);
  for (const reason of doubts) {
    await setAside(tx, station, { action: 'StopTransaction', reason, payload: report.payload });
  }
  const isLate = !isRunning(session.status);
  const endTime = doubts.includes('implausible_stop_time') ? await believedEnd(tx, session) : report.at;
  const endRegisterWh = doubts.includes('implausible_stop_meter') ? null : report.meterStopWh;
  const metered = meterFinally(
    { at: epochMs(session.startTime), registerWh: session.startMeterWh! },
    await historyOf(tx, session, endTime),
    { at: epochMs(endTime), registerWh: endRegisterWh },
  );
  await endSession(tx, station, session, {
    endTime,
    endRegisterWh,
    metered,
    reason: report.reason,
    mayStayPluggedIn: !isLate,
    flags: [
      ...session.flags,
      ...doubts,
      ...(isLate ? ['late_stop'] : []),
      ...(await stoppedByAnother(tx, session, report.idTag, authorization)),
    ],
  });
}

/**
 * When a charge ended whose stop has a time that cannot be: as it was received, if the socket that brought the last
 * word of the charge, as it happened, has brought the stop too; else the last word.
 */
async function believedEnd(tx: Context, session: Session): Promise<string> {
  const lastWordMs = session.metering!.lastObservedAt;
  const heardMs = epochMs(session.updatedAt);
  const connection = await db(tx)
    .selectFrom('charger_connections')
    .select('connectedAt')
    .where('chargerId', '=', session.chargerId)
    .executeTakeFirst();
  const isLive =
    isRunning(session.status) &&
    Math.abs(heardMs - lastWordMs) <= LIVE_MS &&
    connection !== undefined &&
    epochMs(connection.connectedAt) <= heardMs;
  return isLive ? tx.now().toString() : new Date(lastWordMs).toISOString();
}

/**
 * A stop of a session that was closed without its station's word: its bill becomes what it should be, unless money was
 * taken for it, or it stands on an invoice.
 */
async function reconcile(
  tx: Context,
  station: Station,
  session: Session,
  report: StopReport,
  authorization: TokenAuthorization | null,
): Promise<void> {
  const fixed = await whyBillIsFixed(tx, session.id);
  if (!fixed) return endByStop(tx, station, session, report, authorization);
  const reason = `late_stop_after_${fixed}`;
  await setAside(tx, station, { action: 'StopTransaction', reason, payload: report.payload });
  await db(tx)
    .updateTable('sessions')
    .set({ flags: [...session.flags, reason], updatedAt: tx.now().toString() })
    .where('id', '=', session.id)
    .execute();
}

/** What in the stop cannot be so. */
function doubtsAbout(session: Session, report: StopReport, nowMs: number): string[] {
  const at = epochMs(report.at);
  return [
    ...(!isPlausibleMeter(report.meterStopWh) || new Big(report.meterStopWh).lt(session.startMeterWh!)
      ? ['implausible_stop_meter']
      : []),
    ...(at < epochMs(session.startTime) || at > nowMs + FUTURE_TOLERANCE_MS ? ['implausible_stop_time'] : []),
  ];
}
