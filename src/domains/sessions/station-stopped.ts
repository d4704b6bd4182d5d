import Big from 'big.js';
import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { setAside } from '../chargers/set-aside.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import { authorizeToken, type TokenAuthorization } from '../drivers/authorize-token.ts';
import { billSession } from '../payments/bill-session.ts';
import { settleLater } from '../payments/session-payment.ts';
import { limitsAtStop } from '../smart-charging/balance-later.ts';
import { lockByTransactionNumber } from './lock-session.ts';
import { foldHistory, type MeteredTransaction } from './metering.ts';
import { isPlausibleMeter } from './plausible-meter.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { historyOf } from './session-metering.ts';
import { advance, isRunning } from './session-states.ts';
import { priceUsage } from './session-usage.ts';
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
      await endSession(tx, station, session, report, authorization);
    }
    return authorization;
  });
}

async function endSession(
  tx: Context,
  station: Station,
  session: Session,
  report: StopReport,
  authorization: TokenAuthorization | null,
): Promise<void> {
  await storeMeterValues(tx, station, session.connectorNumber, session.id, report.readings);
  const doubts = doubtsAbout(session, report, tx.now().epochMilliseconds);
  for (const reason of doubts) {
    await setAside(tx, station, { action: 'StopTransaction', reason, payload: report.payload });
  }
  const endTime = doubts.includes('implausible_stop_time')
    ? new Date(session.metering!.lastObservedAt).toISOString()
    : report.at;
  const meterStopWh = doubts.includes('implausible_stop_meter') ? null : report.meterStopWh;
  const metered = await finalMetering(tx, session, endTime, meterStopWh);
  const usage = priceUsage(metered, session.tariff!);
  const hasEnergy = Number(metered.energyWh) > 0;
  const awaitsUnplug = hasEnergy && Number(session.tariff!.idleRate) > 0 && !session.tariff!.isFree;
  advance(session, hasEnergy ? 'completed' : 'failed');
  Object.assign(session, {
    endTime,
    endMeterWh: meterStopWh ?? metered.endRegisterWh,
    currentMeterWh: meterStopWh ?? metered.endRegisterWh,
    energyWh: metered.energyWh,
    metered,
    idleSeconds: metered.idleSeconds,
    isIdle: false,
    awaitsUnplug,
    currentPowerW: 0,
    maxPowerW: metered.maxPowerW,
    socPercent: metered.socPercent,
    stopReason: report.reason,
    failureReason: hasEnergy ? null : 'No energy was delivered.',
    flags: [
      ...new Set([
        ...session.flags,
        ...doubts,
        ...(metered.meterResets > 0 ? ['meter_reset'] : []),
        ...(await stoppedByAnother(tx, session, report, authorization)),
      ]),
    ],
  } satisfies Partial<Session>);
  await db(tx)
    .updateTable('sessions')
    .set({
      status: session.status,
      endTime,
      endMeterWh: session.endMeterWh,
      currentMeterWh: session.currentMeterWh,
      energyWh: session.energyWh,
      idleSeconds: session.idleSeconds,
      isIdle: false,
      awaitsUnplug,
      currentPowerW: 0,
      maxPowerW: session.maxPowerW,
      socPercent: session.socPercent,
      stopReason: session.stopReason,
      failureReason: session.failureReason,
      flags: session.flags,
      metered: jsonb(metered),
      updatedAt: tx.now().toString(),
    })
    .where('id', '=', session.id)
    .execute();
  if (hasEnergy) await billSession(tx, { ...session, endTime, tariff: session.tariff! }, usage);
  await settleLater(tx, session);
  await limitsAtStop(tx, station.id, session.connectorId ?? null);
  await emitSession(tx, hasEnergy ? 'session.completed' : 'session.failed', session, station.uid);
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

/**
 * The final figures from all that was reported. Where the registers at start and stop agree with each other, no
 * sample between them (a stray reading looks like a reset) can make more of it than their difference.
 */
async function finalMetering(
  tx: Context,
  session: Session,
  endTime: string,
  meterStopWh: string | null,
): Promise<MeteredTransaction> {
  const history = await historyOf(tx, session, endTime);
  const metered = foldHistory(
    { at: epochMs(session.startTime), registerWh: session.startMeterWh! },
    history,
    { at: epochMs(endTime), registerWh: meterStopWh },
  );
  if (meterStopWh === null) return metered;
  const difference = new Big(meterStopWh).minus(session.startMeterWh!);
  return difference.lt(metered.energyWh) ? { ...metered, energyWh: difference.toFixed() } : metered;
}

/** Another token may stop a charge if both are of one group; else a person should know. */
async function stoppedByAnother(
  tx: Context,
  session: Session,
  report: StopReport,
  authorization: TokenAuthorization | null,
): Promise<string[]> {
  if (!report.idTag || report.idTag.toLowerCase() === session.idTag.toLowerCase()) return [];
  const starter = session.tokenId
    ? await db(tx)
        .selectFrom('tokens')
        .select('groupUid')
        .where('id', '=', session.tokenId)
        .executeTakeFirst()
    : undefined;
  const group = authorization?.token?.groupUid ?? null;
  return group !== null && group === (starter?.groupUid ?? null) ? [] : ['stopped_by_other_token'];
}
