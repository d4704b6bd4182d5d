import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { KeyScope } from '../../auth/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { emit } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { toMajorNumber } from '../../kernel/money.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { Invoice } from './invoice.entity.ts';
import { nextNumber } from './number-series.ts';
import { nothingIsOwed } from './pay-invoices.ts';
import type { Transaction } from './transaction.entity.ts';

const MAX_LINES = 500;

/** An operator needs the scope for billing; a driver, through whatever app, asks for their own invoice. */
const scopeOf = (ctx: Context): KeyScope => (signedInDriver(ctx.viewer) ? 'write' : 'billing');

/**
 * Issues an invoice over transactions of one driver and one currency. Throws NotFoundError for a transaction that the
 * caller does not see, ConflictError where they do not go together or one stands on an invoice already.
 */
export async function createInvoice(ctx: Context, transactionIds: readonly string[]): Promise<string> {
  authorize(ctx.viewer, scopeOf(ctx), 'either');
  const ids = [...new Set(transactionIds)];
  if (ids.length === 0) invalid('transactionIds', 'name at least one transaction');
  if (ids.length > MAX_LINES) invalid('transactionIds', `may be at most ${MAX_LINES}`);
  try {
    return await inTransaction(ctx, async tx => {
      const transactions = await lockTransactions(tx, ids);
      const [first, ...others] = transactions as [Transaction, ...Transaction[]];
      for (const member of ['networkId', 'driverId', 'currency'] as const) {
        if (others.some(other => other[member] !== first[member])) {
          throw new ConflictError('An invoice is for one driver and one currency.');
        }
      }
      return issue(tx, transactions);
    });
  } catch (error) {
    if (violatedConstraint(error) === 'invoice_lines_transaction_unique') {
      throw new ConflictError('A transaction stands on an invoice already.');
    }
    throw error;
  }
}

/** In the order of their ids, so that two callers never wait for each other. */
async function lockTransactions(tx: Context, ids: readonly string[]): Promise<Transaction[]> {
  const driver = signedInDriver(tx.viewer);
  const found = (await db(tx)
    .selectFrom('transactions')
    .selectAll()
    .where('id', 'in', [...ids])
    .where('networkId', 'in', [...tx.scope.networkIds])
    .$if(driver !== null, query => query.where('driverId', '=', driver!.id))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()) as Transaction[];
  if (found.length < ids.length) throw new NotFoundError('transaction');
  return found;
}

async function issue(tx: Context, transactions: readonly Transaction[]): Promise<string> {
  const [{ networkId, driverId, currency }] = transactions as [Transaction];
  const issuer = await issuerAndDriver(tx, networkId, driverId ?? null);
  const issuedAt = tx.now();
  const year = issuedAt.toZonedDateTimeISO('UTC').year;
  const number = `INV-${year}-${String(await nextNumber(tx, networkId, 'invoice', year)).padStart(6, '0')}`;
  const sum = (member: 'subtotal' | 'tax' | 'total') =>
    transactions.reduce((total, transaction) => total + BigInt(transaction[member]), 0n);
  const total = sum('total');
  const isPaid = !(await isOwed(tx, transactions));
  const id = newId();
  await db(tx)
    .insertInto('invoices')
    .values({
      id,
      networkId,
      driverId: driverId ?? null,
      number,
      status: isPaid ? 'paid' : 'issued',
      networkName: issuer.networkName,
      driverName: issuer.driverName,
      driverEmail: issuer.email,
      driverAddress: issuer.driverAddress,
      currency,
      subtotal: String(sum('subtotal')),
      tax: String(sum('tax')),
      total: String(total),
      issuedAt: issuedAt.toString(),
      dueAt: issuedAt.add({ hours: 24 * issuer.invoiceDueDays }).toString(),
      paidAt: isPaid ? issuedAt.toString() : null,
      voidedAt: null,
    })
    .execute();
  const byTime = transactions.toSorted((a, b) => Temporal.Instant.compare(a.startTime, b.startTime));
  await db(tx)
    .insertInto('invoice_lines')
    .values(
      byTime.map((transaction, at) => ({
        invoiceId: id,
        position: at + 1,
        networkId,
        transactionId: transaction.id,
        sessionStart: transaction.startTime,
        locationName: transaction.locationName ?? null,
        chargerUid: transaction.chargerUid,
        energyWh: transaction.energyWh,
        subtotal: transaction.subtotal,
        tax: transaction.tax,
        total: transaction.total,
      })),
    )
    .execute();
  await emit(tx, {
    type: 'invoice.created',
    networkId,
    driverId: driverId ?? null,
    payload: {
      invoiceId: id,
      invoiceNumber: number,
      userId: driverId ?? null,
      transactionIds: byTime.map(transaction => transaction.id),
      total: toMajorNumber(total, currency),
      currency,
      status: isPaid ? 'paid' : 'issued',
    },
  });
  if (issuer.email) await addJob(tx, 'mail-document', { networkId, invoiceId: id });
  return id;
}

async function isOwed(tx: Context, transactions: readonly Transaction[]): Promise<boolean> {
  const ids = transactions.map(({ id }) => id);
  const owed = await db(tx)
    .selectFrom('transactions as t')
    .select('t.id')
    .where('t.id', 'in', ids)
    .where(({ not }) => not(nothingIsOwed))
    .limit(1)
    .executeTakeFirst();
  return owed !== undefined;
}

async function issuerAndDriver(tx: Context, networkId: string, driverId: string | null) {
  const network = await db(tx)
    .selectFrom('networks')
    .select(['name as networkName', 'invoiceDueDays'])
    .where('id', '=', networkId)
    .executeTakeFirstOrThrow();
  const driver = driverId
    ? await db(tx)
        .selectFrom('drivers')
        .select(['firstName', 'lastName', 'email', 'address', 'city', 'state', 'postalCode', 'country'])
        .where('id', '=', driverId)
        .executeTakeFirst()
    : undefined;
  const town = driver && [driver.postalCode, driver.city, driver.state].filter(Boolean).join(' ');
  return {
    ...network,
    driverName: driver ? `${driver.firstName} ${driver.lastName}`.trim() : null,
    email: driver?.email ?? null,
    driverAddress: driver ? [driver.address, town, driver.country].filter(Boolean).join('\n') || null : null,
  };
}

/** Says that an invoice was paid, by whatever way. Saying so again changes nothing. */
export async function markInvoicePaid(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'billing');
  return step(ctx, id, async (tx, invoice) => {
    if (invoice.status === 'paid') return;
    if (invoice.status === 'void') throw new ConflictError('A void invoice cannot be paid.');
    await db(tx)
      .updateTable('invoices')
      .set({ status: 'paid', paidAt: tx.now().toString() })
      .where('id', '=', id)
      .execute();
  });
}

/** Makes an invoice void: it keeps its number, its transactions may go on another one. Again: nothing changes. */
export async function voidInvoice(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'billing');
  return step(ctx, id, async (tx, invoice) => {
    if (invoice.status === 'void') return;
    if (invoice.status === 'paid') throw new ConflictError('A paid invoice cannot be void: refund it.');
    await db(tx)
      .updateTable('invoices')
      .set({ status: 'void', voidedAt: tx.now().toString() })
      .where('id', '=', id)
      .execute();
    await db(tx).updateTable('invoice_lines').set({ isVoid: true }).where('invoiceId', '=', id).execute();
  });
}

async function step(
  ctx: Context,
  id: string,
  change: (tx: Context, invoice: Invoice) => Promise<void>,
): Promise<string> {
  return inTransaction(ctx, async tx => {
    const invoice = (await db(tx)
      .selectFrom('invoices')
      .selectAll()
      .where('id', '=', id)
      .where('networkId', 'in', [...tx.scope.networkIds])
      .forNoKeyUpdate()
      .executeTakeFirst()) as Invoice | undefined;
    if (!invoice) throw new NotFoundError('invoice');
    await change(tx, invoice);
    return id;
  });
}
