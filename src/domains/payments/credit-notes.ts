import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { db } from '../db.ts';
import type { CreditNote } from './invoice.entity.ts';
import { nextNumber } from './number-series.ts';
import type { PaymentOperation, SessionPayment } from './payment.entity.ts';

/** Where the refunded transaction stands on an invoice: takes that part of the invoice back. */
export async function issueCreditNote(
  tx: Context,
  { sessionId, networkId, driverId, currency }: SessionPayment,
  operation: Pick<PaymentOperation, 'id' | 'refundId'>,
  amount: bigint,
): Promise<void> {
  const line = await db(tx)
    .selectFrom('invoice_lines as l')
    .innerJoin('transactions as t', 't.id', 'l.transactionId')
    .select(['l.invoiceId', 'l.transactionId', 'l.tax', 'l.total'])
    .where('t.sessionId', '=', sessionId)
    .where('l.isVoid', '=', false)
    .executeTakeFirst();
  if (!line || BigInt(line.total) === 0n) return;
  const reason = operation.refundId
    ? await db(tx)
        .selectFrom('refunds')
        .select('reason')
        .where('id', '=', operation.refundId)
        .executeTakeFirst()
    : undefined;
  const issuedAt = tx.now();
  const year = issuedAt.toZonedDateTimeISO('UTC').year;
  const number = await nextNumber(tx, networkId, 'credit-note', year);
  const total = BigInt(line.total);
  const tax = (2n * amount * BigInt(line.tax) + total) / (2n * total);
  const id = newId();
  await db(tx)
    .insertInto('credit_notes')
    .values({
      id,
      networkId,
      invoiceId: line.invoiceId,
      transactionId: line.transactionId,
      driverId,
      operationId: operation.id,
      number: `CN-${year}-${String(number).padStart(6, '0')}`,
      currency,
      subtotal: String(amount - tax),
      tax: String(tax),
      total: String(amount),
      reason: reason?.reason ?? null,
      issuedAt: issuedAt.toString(),
    })
    .execute();
  await addJob(tx, 'mail-document', { networkId, creditNoteId: id });
}

/** The credit notes of invoices that the caller sees, in the order of their numbers. */
export async function creditNotesOfInvoices(
  ctx: Context,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, CreditNote[]>> {
  authorize(ctx.viewer, 'read', 'either');
  const driver = signedInDriver(ctx.viewer);
  const notes = (await db(ctx)
    .selectFrom('credit_notes')
    .selectAll()
    .where('invoiceId', 'in', [...invoiceIds])
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, q => q.where('driverId', '=', driver!.id))
    .orderBy('number')
    .execute()) as CreditNote[];
  return Map.groupBy(notes, note => note.invoiceId);
}
