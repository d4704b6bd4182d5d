import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import { isRunning } from '../sessions/session-states.ts';
import { usageOf } from '../sessions/session-usage.ts';
import { payInvoices } from './pay-invoices.ts';
import type { SessionPayment } from './payment.entity.ts';
import { type PaymentState, payable, publicStatus } from './payment-states.ts';
import { chargeable } from './stripe-amount.ts';

/** A session's payment, locked until the transaction ends: whatever is decided of it is decided one at a time. */
export async function lockPayment(tx: Context, sessionId: string): Promise<SessionPayment | undefined> {
  return (await db(tx)
    .selectFrom('session_payments')
    .selectAll()
    .where('sessionId', '=', sessionId)
    .where('networkId', 'in', [...tx.scope.networkIds])
    .forNoKeyUpdate()
    .executeTakeFirst()) as SessionPayment | undefined;
}

/** In these nothing is owed. */
const SETTLED = new Set<PaymentState>(['captured', 'refunded', 'released']);

/** Writes a payment that is locked, and what its transaction and the invoices with that say of it. */
export async function savePayment(tx: Context, payment: SessionPayment): Promise<void> {
  const { sessionId, networkId: _, driverId: __, createdAt: ___, ...columns } = payment;
  await db(tx)
    .updateTable('session_payments')
    .set({ ...columns, updatedAt: tx.now().toString() })
    .where('sessionId', '=', sessionId)
    .execute();
  await db(tx)
    .updateTable('transactions')
    .set({ paymentStatus: publicStatus(payment.state), refunded: payment.refunded })
    .where('sessionId', '=', sessionId)
    .execute();
  if (SETTLED.has(payment.state)) await payInvoices(tx, sessionId);
}

/** What a session owes: finally (null while it runs or may begin), and by now. Minor units that Stripe can take. */
export async function owedFor(
  tx: Context,
  payment: SessionPayment,
): Promise<{ owed: bigint | null; owedByNow: bigint }> {
  const session = await db(tx)
    .selectFrom('sessions as s')
    .leftJoin('transactions as t', 't.sessionId', 's.id')
    .select(['s.status', 's.metering', 's.metered', 's.tariff', 's.updatedAt', 't.total', 't.currency'])
    .where('s.id', '=', payment.sessionId)
    .executeTakeFirstOrThrow();
  const bounded = (total: bigint) =>
    payable(chargeable(total, payment.currency), minor(payment.minimumAmount), minor(payment.maximumAmount));
  if (session.status !== 'pending' && !isRunning(session.status)) {
    const owed = session.total === null ? 0n : bounded(BigInt(session.total));
    return { owed, owedByNow: owed };
  }
  const usage = usageOf(session as never, tx.now().epochMilliseconds);
  return { owed: null, owedByNow: bounded(usage?.bill.total ?? 0n) };
}

export const minor = (text: string | null | undefined): bigint | null => (text == null ? null : BigInt(text));
