import type { Context } from '../../kernel/context.ts';
import type { EventType } from '../../kernel/event-catalogue.ts';
import { emit } from '../../kernel/events.ts';
import { toMajorNumber } from '../../kernel/money.ts';
import type { Session } from './session.entity.ts';
import { usageOf } from './session-usage.ts';

type SessionEventType = Extract<EventType, `session.${string}`>;

/** Tells of a session as it stands now. */
export async function emitSession(
  tx: Context,
  type: SessionEventType,
  session: Session,
  chargerUid: string,
): Promise<void> {
  // told in the moment in which the station was heard
  const usage = usageOf({ ...session, updatedAt: tx.now().toString() }, tx.now().epochMilliseconds);
  await emit(tx, {
    type,
    networkId: session.networkId,
    chargerId: session.chargerId,
    sessionId: session.id,
    driverId: session.driverId ?? null,
    payload: {
      sessionId: session.id,
      chargerId: session.chargerId,
      chargerUid,
      connectorNumber: session.connectorNumber,
      userId: session.driverId ?? null,
      status: session.status,
      energyKwh: Number(session.energyWh) / 1000,
      currentPowerKw: session.currentPowerW == null ? null : session.currentPowerW / 1000,
      socPercent: session.socPercent ?? null,
      total: usage ? toMajorNumber(usage.bill.total, usage.bill.currency) : 0,
      currency: usage?.bill.currency ?? null,
      reason: session.failureReason ?? session.stopReason ?? null,
    },
  });
}
