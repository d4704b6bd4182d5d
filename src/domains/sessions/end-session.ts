import type { Context } from '../../kernel/context.ts';
import { jsonb } from '../../kernel/json.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import type { TokenAuthorization } from '../drivers/authorize-token.ts';
import { amendBill, billSession } from '../payments/bill-session.ts';
import { settleLater } from '../payments/session-payment.ts';
import { limitsAtStop } from '../smart-charging/balance-later.ts';
import { runsOn } from './lock-session.ts';
import type { MeteredTransaction } from './metering.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { advance } from './session-states.ts';
import { priceUsage } from './session-usage.ts';

export interface Ending {
  /** ISO 8601, by the station's clock. */
  readonly endTime: string;
  /** Exact decimal; null where the station gave none that can be. */
  readonly endRegisterWh: string | null;
  readonly metered: MeteredTransaction;
  /** OCPP's word. */
  readonly reason: string;
  /** The vehicle's stay after the charge is told by the connector's status alone (OCPP 1.6). */
  readonly mayStayPluggedIn: boolean;
  readonly flags: readonly string[];
}

/**
 * Ends a session that is locked, and bills it, in the caller's transaction. One that has ended already and is now known
 * better is ended anew: its bill is amended, or written if it had none.
 */
export async function endSession(
  tx: Context,
  station: Pick<Station, 'id' | 'uid'>,
  session: Session,
  ending: Ending,
): Promise<void> {
  const { endTime, endRegisterWh, metered } = ending;
  const wasEnded = session.metered != null && session.status;
  const wasBilled = session.status === 'completed';
  const usage = priceUsage(metered, session.tariff!);
  const hasEnergy = Number(metered.energyWh) > 0;
  const awaitsUnplug =
    ending.mayStayPluggedIn && hasEnergy && Number(session.tariff!.idleRate) > 0 && !session.tariff!.isFree;
  if (!wasBilled) advance(session, hasEnergy ? 'completed' : 'failed');
  const ended = {
    status: session.status,
    endTime,
    endMeterWh: endRegisterWh ?? metered.endRegisterWh,
    currentMeterWh: endRegisterWh ?? metered.endRegisterWh,
    energyWh: metered.energyWh,
    idleSeconds: metered.idleSeconds,
    isIdle: false,
    awaitsUnplug,
    currentPowerW: 0,
    maxPowerW: metered.maxPowerW,
    socPercent: metered.socPercent,
    stopReason: ending.reason,
    failureReason: hasEnergy ? null : 'No energy was delivered.',
    flags: [
      ...new Set([
        ...ending.flags,
        ...(metered.meterResets > 0 ? ['meter_reset'] : []),
        ...(metered.isByIntervals ? ['metered_by_intervals'] : []),
      ]),
    ],
  } satisfies Partial<Session>;
  Object.assign(session, ended, { metered });
  const billable = { ...session, endTime, tariff: session.tariff! };
  if (wasBilled) {
    if (!(await amendBill(tx, session.id, usage, billable))) ended.flags.push('paid_before_amended');
  } else if (hasEnergy) {
    await billSession(tx, billable, usage);
  }
  await db(tx)
    .updateTable('sessions')
    .set({ ...ended, metered: jsonb(metered), updatedAt: tx.now().toString() })
    .where('id', '=', session.id)
    .execute();
  await settleLater(tx, session);
  if (wasEnded === session.status) return emitSession(tx, 'session.updated', session, station.uid);
  // what was charged while the station was offline has no say in the charge that runs there now
  const isFree = !(await runsOn(tx, station.id, session.connectorNumber));
  if (isFree) await limitsAtStop(tx, station.id, session.connectorId ?? null);
  await emitSession(tx, hasEnergy ? 'session.completed' : 'session.failed', session, station.uid);
}

/** Another token may stop a charge if both are of one group; else a person should know. */
export async function stoppedByAnother(
  tx: Context,
  session: Pick<Session, 'idTag' | 'tokenId'>,
  idTag: string | null,
  authorization: TokenAuthorization | null,
): Promise<string[]> {
  if (!idTag || idTag.toLowerCase() === session.idTag.toLowerCase()) return [];
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
