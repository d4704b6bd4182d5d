import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import { db } from '../db.ts';
import { amendBill } from '../payments/bill-session.ts';
import { settleLater } from '../payments/session-payment.ts';
import type { Session } from './session.entity.ts';
import { priceUsage } from './session-usage.ts';
import { tellUpdated } from './tell-session.ts';

/** A vehicle that stays longer than this after its charge is a case for a person, not for a bill. */
const LONGEST_HOURS = 24;
/** How near to ours a station's clock was at the stop for the time of receipt to stand in for its own. */
const LIVE_MS = 120_000;

/**
 * In OCPP 1.6 a charge may end while the vehicle stays plugged in: the time until the connector is available counts
 * as idle too (OCPP line 37). The bill, which was written at the stop, is written anew, with the one grace that the
 * session has. `reportedAt` is the station's own time, null where it gave none.
 */
export async function countIdleAfterStop(
  tx: Context,
  connectorId: string,
  reportedAt: string | null,
  chargerUid: string,
): Promise<void> {
  const session = (await db(tx)
    .selectFrom('sessions')
    .selectAll()
    .where('connectorId', '=', connectorId)
    .where('awaitsUnplug', '=', true)
    .forNoKeyUpdate()
    .executeTakeFirst()) as Session | undefined;
  if (!session?.metered || !session.endTime || !session.tariff) return;
  const unpluggedMs = reportedAt ? epochMs(reportedAt) : receiptMs(tx, session);
  const idleMs = unpluggedMs === null ? 0 : unpluggedMs - epochMs(session.endTime);
  const isPlausible = idleMs >= 0 && idleMs <= LONGEST_HOURS * 3600_000;
  const idleSeconds = session.metered.idleSeconds + (isPlausible ? Math.floor(idleMs / 1000) : 0);
  const metered = { ...session.metered, idleSeconds };
  const flags = isPlausible ? session.flags : [...session.flags, 'implausible_unplug_time'];
  await db(tx)
    .updateTable('sessions')
    .set({
      awaitsUnplug: false,
      metered: jsonb(metered),
      idleSeconds,
      flags,
      updatedAt: tx.now().toString(),
    })
    .where('id', '=', session.id)
    .execute();
  if (idleSeconds === session.metered.idleSeconds) return;
  await amendBill(tx, session.id, priceUsage(metered, session.tariff));
  await settleLater(tx, session);
  await tellUpdated(tx, { ...session, metered, idleSeconds }, chargerUid);
}

/** The time of receipt, by the station's clock: known only where the stop came as it happened. */
function receiptMs(tx: Context, session: Session): number | null {
  const lagMs = epochMs(session.updatedAt) - epochMs(session.endTime!);
  return Math.abs(lagMs) <= LIVE_MS ? tx.now().epochMilliseconds - lagMs : null;
}

/** A new charge on the connector: whatever stood there before has gone, unseen. */
export async function stopAwaitingUnplug(tx: Context, connectorId: string): Promise<void> {
  await db(tx)
    .updateTable('sessions')
    .set({ awaitsUnplug: false })
    .where('connectorId', '=', connectorId)
    .where('awaitsUnplug', '=', true)
    .execute();
}
