import type { Context } from '../../kernel/context.ts';
import type { EventType } from '../../kernel/event-catalogue.ts';
import { emit } from '../../kernel/events.ts';
import { toMajorNumber } from '../../kernel/money.ts';
import { db } from '../db.ts';
import type { SessionPayment } from './payment.entity.ts';
import { publicStatus } from './payment-states.ts';

/** Tells of what has happened to a session's money. `amount` is what it was about, in minor units. */
export async function emitPayment(
  tx: Context,
  type: Extract<EventType, `payment.${string}`>,
  payment: SessionPayment,
  { amount, reason = null }: { readonly amount: bigint; readonly reason?: string | null },
): Promise<void> {
  const { currency, sessionId, driverId, networkId } = payment;
  const place = await db(tx)
    .selectFrom('sessions as s')
    .leftJoin('transactions as t', 't.sessionId', 's.id')
    .select(['s.chargerId', 't.id as transactionId'])
    .where('s.id', '=', sessionId)
    .executeTakeFirstOrThrow();
  await emit(tx, {
    type,
    networkId,
    chargerId: place.chargerId,
    sessionId,
    driverId,
    payload: {
      sessionId,
      transactionId: place.transactionId,
      userId: driverId,
      amount: toMajorNumber(amount, currency),
      captured: toMajorNumber(BigInt(payment.captured), currency),
      refunded: toMajorNumber(BigInt(payment.refunded), currency),
      currency,
      paymentStatus: publicStatus(payment.state),
      reason,
    },
  });
}
