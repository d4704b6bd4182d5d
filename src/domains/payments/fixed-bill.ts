import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import { lockPayment } from './lock-payment.ts';
import type { Transaction } from './transaction.entity.ts';

/**
 * What forbids to write a session's bill otherwise: money was taken for it or is just being taken, or it stands on an
 * invoice. Null for nothing, and for no bill; then nothing comes between until the transaction ends.
 */
export async function whyBillIsFixed(tx: Context, sessionId: string): Promise<'payment' | 'invoice' | null> {
  const payment = await lockPayment(tx, sessionId);
  const bill = (await db(tx)
    .selectFrom('transactions')
    .select(['id', 'paymentStatus'])
    .where('sessionId', '=', sessionId)
    .forNoKeyUpdate()
    .executeTakeFirst()) as Pick<Transaction, 'id' | 'paymentStatus'> | undefined;
  if (!bill) return null;
  const isPaid = bill.paymentStatus === 'captured' || bill.paymentStatus === 'refunded';
  if (isPaid || (payment && BigInt(payment.captured) > 0n) || (await isBeingTaken(tx, sessionId)))
    return 'payment';
  const line = await db(tx)
    .selectFrom('invoice_lines')
    .select('position')
    .where('transactionId', '=', bill.id)
    .where('isVoid', '=', false)
    .executeTakeFirst();
  return line ? 'invoice' : null;
}

async function isBeingTaken(tx: Context, sessionId: string): Promise<boolean> {
  const operation = await db(tx)
    .selectFrom('payment_operations')
    .select('id')
    .where('sessionId', '=', sessionId)
    .where('kind', 'in', ['capture', 'charge'])
    .where('status', 'in', ['pending', 'unknown'])
    .executeTakeFirst();
  return operation !== undefined;
}
