import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';

/** Whether of a transaction `t` nothing is owed any more: it was paid for, or free, or waived. */
export const nothingIsOwed = sql<boolean>`(t.total = 0 or coalesce(t.payment_status, '') in ('captured', 'refunded')
  or exists (select from session_payments p where p.session_id = t.session_id and p.state = 'released'))`;

/**
 * Invoices with the session's transaction of which nothing is owed any more are paid. They are locked before they are
 * looked at: of two payments that settle the last two transactions, the second one sees the first.
 */
export async function payInvoices(tx: Context, sessionId: string): Promise<void> {
  const issued = await db(tx)
    .selectFrom('invoices as i')
    .innerJoin('invoice_lines as l', 'l.invoiceId', 'i.id')
    .innerJoin('transactions as t', 't.id', 'l.transactionId')
    .select('i.id')
    .where('t.sessionId', '=', sessionId)
    .where('i.status', '=', 'issued')
    .forNoKeyUpdate('i')
    .execute();
  for (const { id } of issued) {
    const owed = await db(tx)
      .selectFrom('invoice_lines as l')
      .innerJoin('transactions as t', 't.id', 'l.transactionId')
      .select('l.position')
      .where('l.invoiceId', '=', id)
      .where(({ not }) => not(nothingIsOwed))
      .limit(1)
      .executeTakeFirst();
    if (owed) continue;
    await db(tx)
      .updateTable('invoices')
      .set({ status: 'paid', paidAt: tx.now().toString() })
      .where('id', '=', id)
      .execute();
  }
}
