import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJob } from '../../kernel/jobs.ts';
import { toDecimalString } from '../../kernel/money.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { raiseAlert } from '../notifications/raise-alert.ts';
import { issueCreditNote } from './credit-notes.ts';
import { lockPayment, owedFor, savePayment } from './lock-payment.ts';
import type { PaymentOperation, Refund, SessionPayment } from './payment.entity.ts';
import { emitPayment } from './payment-events.ts';
import { advancePayment } from './payment-states.ts';
import type { Outcome } from './perform-operation.ts';

/** How long before it runs out a hold is renewed; a short one halfway through. */
const RENEW_BEFORE_MS = 3_600_000;
/** What nobody knows is looked up after this long, and ever less often. */
const LOOK_UP_SECONDS = 1;
const MAX_LOOK_UP_SECONDS = 3600;

/** Writes down what came of an operation, once: whoever comes second with it changes nothing. */
export async function recordOutcome(ctx: Context, operationId: string, outcome: Outcome): Promise<void> {
  await inTransaction(ctx, async tx => {
    const found = await db(tx)
      .selectFrom('payment_operations')
      .select('sessionId')
      .where('id', '=', operationId)
      .executeTakeFirstOrThrow();
    const payment = await lockPayment(tx, found.sessionId);
    if (!payment) return;
    const operation = (await db(tx)
      .selectFrom('payment_operations')
      .selectAll()
      .where('id', '=', operationId)
      .where('status', 'in', ['pending', 'unknown'])
      .executeTakeFirst()) as PaymentOperation | undefined;
    if (!operation) return;
    if (outcome.status === 'unknown') return lookUpLater(tx, operation);
    await settle(tx, operation, outcome);
    if (outcome.status === 'succeeded') await succeeded(tx, payment, operation, outcome);
    else await failed(tx, payment, operation, outcome);
    await savePayment(tx, payment);
  });
}

async function lookUpLater(tx: Context, operation: PaymentOperation): Promise<void> {
  await db(tx)
    .updateTable('payment_operations')
    .set({ status: 'unknown' })
    .where('id', '=', operation.id)
    .execute();
  const { networkId, sessionId, createdAt } = operation;
  // as long again as it has been open: the pauses double
  const openSeconds = Math.round((tx.now().epochMilliseconds - epochMs(createdAt)) / 1000);
  const seconds = Math.min(Math.max(openSeconds, LOOK_UP_SECONDS), MAX_LOOK_UP_SECONDS);
  await addJob(
    tx,
    'settle-payment',
    { networkId, sessionId },
    { key: `settle-payment:${sessionId}`, runAt: tx.now().add({ seconds }) },
  );
}

async function settle(
  tx: Context,
  operation: PaymentOperation,
  outcome: Exclude<Outcome, { status: 'unknown' }>,
): Promise<void> {
  const isDone = outcome.status === 'succeeded';
  await db(tx)
    .updateTable('payment_operations')
    .set({
      status: outcome.status,
      settledAt: tx.now().toString(),
      ...(isDone
        ? {
            amount: String(outcome.amount),
            ...(outcome.isCapture && { kind: 'capture' as const }),
            paymentIntentId: outcome.paymentIntentId,
            stripeRefundId: outcome.stripeRefundId ?? null,
          }
        : { errorCode: outcome.code, declineCode: outcome.declineCode }),
    })
    .where('id', '=', operation.id)
    .execute();
}

type Succeeded = Extract<Outcome, { status: 'succeeded' }>;
type Failed = Extract<Outcome, { status: 'failed' }>;

async function succeeded(
  tx: Context,
  payment: SessionPayment,
  operation: PaymentOperation,
  outcome: Succeeded,
): Promise<void> {
  switch (outcome.isCapture ? 'capture' : operation.kind) {
    case 'hold':
      return held(tx, payment, outcome);
    case 'capture':
    case 'charge': {
      if (operation.kind !== 'charge') forgetHold(payment);
      payment.captured = String(BigInt(payment.captured) + outcome.amount);
      payment.reason = null;
      await settleState(tx, payment);
      await emitPayment(tx, 'payment.captured', payment, { amount: outcome.amount });
      return payInvoices(tx, payment);
    }
    case 'cancel':
      if (operation.paymentIntentId === payment.staleIntentId) payment.staleIntentId = null;
      else forgetHold(payment);
      return settleState(tx, payment);
    case 'refund':
      return refunded(tx, payment, operation, outcome);
  }
}

async function held(tx: Context, payment: SessionPayment, outcome: Succeeded): Promise<void> {
  // one that is in place already was renewed: it goes
  if (payment.holdIntentId) payment.staleIntentId = payment.holdIntentId;
  payment.holdIntentId = outcome.paymentIntentId;
  payment.held = String(outcome.amount);
  payment.captureBefore = outcome.captureBefore ?? null;
  payment.reason = null;
  if (payment.state !== 'captured') advancePayment(payment, 'authorized');
  await renewLater(tx, payment);
  await emitPayment(tx, 'payment.authorized', payment, { amount: outcome.amount });
}

/** The job names the hold: it is for no other. */
async function renewLater(tx: Context, payment: SessionPayment): Promise<void> {
  const { networkId, sessionId, captureBefore, holdIntentId } = payment;
  if (!captureBefore || !holdIntentId) return;
  const leftMs = epochMs(captureBefore) - tx.now().epochMilliseconds;
  const aheadMs = Math.min(RENEW_BEFORE_MS, leftMs / 2);
  await addJob(
    tx,
    'renew-hold',
    { networkId, sessionId, holdIntentId },
    {
      key: `renew-hold:${sessionId}`,
      runAt: Temporal.Instant.fromEpochMilliseconds(Math.round(epochMs(captureBefore) - aheadMs)),
    },
  );
}

export function forgetHold(payment: SessionPayment): void {
  payment.holdIntentId = null;
  payment.held = '0';
  payment.captureBefore = null;
}

/** What has become of a payment, by what is owed and what came in. */
export async function settleState(tx: Context, payment: SessionPayment): Promise<void> {
  const { owed } = await owedFor(tx, payment);
  const captured = BigInt(payment.captured);
  if (owed === null) {
    // the session runs on without a hold: the rest is charged at its end
    if (!payment.holdIntentId && payment.state === 'authorized') advancePayment(payment, 'open');
    return;
  }
  const isPaid = captured + BigInt(payment.waived) >= owed;
  if (!isPaid) return;
  if (captured > 0n) advancePayment(payment, captured === BigInt(payment.refunded) ? 'refunded' : 'captured');
  else if (!payment.holdIntentId) advancePayment(payment, 'released');
}

/** Invoices all of whose transactions are paid for are paid. */
async function payInvoices(tx: Context, { sessionId, state }: SessionPayment): Promise<void> {
  if (state !== 'captured') return;
  await db(tx)
    .updateTable('invoices')
    .set({ status: 'paid', paidAt: tx.now().toString() })
    .where('status', '=', 'issued')
    .where('id', 'in', qb =>
      qb
        .selectFrom('invoice_lines as l')
        .innerJoin('transactions as t', 't.id', 'l.transactionId')
        .select('l.invoiceId')
        .where('t.sessionId', '=', sessionId),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('invoice_lines as l')
            .innerJoin('transactions as t', 't.id', 'l.transactionId')
            .select('l.position')
            .whereRef('l.invoiceId', '=', 'invoices.id')
            .where('t.sessionId', '!=', sessionId)
            .where('t.total', '!=', '0')
            .where(({ eb, or }) =>
              or([
                eb('t.paymentStatus', 'is', null),
                eb('t.paymentStatus', 'not in', ['captured', 'refunded']),
              ]),
            ),
        ),
      ),
    )
    .execute();
}

async function refunded(
  tx: Context,
  payment: SessionPayment,
  operation: PaymentOperation,
  { amount }: Succeeded,
): Promise<void> {
  addRefunded(payment, amount);
  if (operation.refundId) {
    const refund = (await db(tx)
      .selectFrom('refunds')
      .selectAll()
      .where('id', '=', operation.refundId)
      .executeTakeFirstOrThrow()) as Refund;
    const done = BigInt(refund.done) + amount;
    const isDone = done >= BigInt(refund.amount);
    await db(tx)
      .updateTable('refunds')
      .set({
        done: String(done),
        ...(isDone && { status: 'succeeded', settledAt: tx.now().toString() }),
      })
      .where('id', '=', refund.id)
      .execute();
  }
  await emitPayment(tx, 'payment.refunded', payment, { amount });
  await issueCreditNote(tx, payment, operation, amount);
}

export function addRefunded(payment: SessionPayment, amount: bigint): void {
  payment.refunded = String(BigInt(payment.refunded) + amount);
  if (BigInt(payment.refunded) >= BigInt(payment.captured)) advancePayment(payment, 'refunded');
}

async function failed(
  tx: Context,
  payment: SessionPayment,
  operation: PaymentOperation,
  { code, isHoldGone }: Failed,
): Promise<void> {
  const amount = BigInt(operation.amount);
  switch (operation.kind) {
    case 'hold':
      // what never arrived is asked for again; a renewal that is refused leaves the hold as it is
      if (code === 'never_arrived') return;
      payment.reason = code;
      if (payment.holdIntentId) return;
      advancePayment(payment, 'refused');
      return emitPayment(tx, 'payment.failed', payment, { amount, reason: code });
    case 'capture':
    case 'cancel':
      if (operation.paymentIntentId === payment.staleIntentId) {
        payment.staleIntentId = null;
        return;
      }
      if (isHoldGone) {
        forgetHold(payment);
        // what is owed is charged now, without a hold
        advancePayment(payment, 'open');
        return settleState(tx, payment);
      }
      if (code === 'never_arrived') return;
      if (code === 'amount_too_small') return waive(tx, payment, amount);
      forgetHold(payment);
      return giveUp(tx, payment, amount, code);
    case 'charge':
      if (code === 'never_arrived') return;
      if (code === 'amount_too_small') return waive(tx, payment, amount);
      return giveUp(tx, payment, amount, code);
    case 'refund':
      if (code === 'never_arrived') return;
      return refundFailed(tx, payment, operation, code);
  }
}

/** Too little for Stripe to take: nothing is owed any more. */
async function waive(tx: Context, payment: SessionPayment, amount: bigint): Promise<void> {
  payment.waived = String(BigInt(payment.waived) + amount);
  await settleState(tx, payment);
}

async function giveUp(tx: Context, payment: SessionPayment, amount: bigint, code: string): Promise<void> {
  payment.reason = code;
  advancePayment(payment, 'failed');
  await emitPayment(tx, 'payment.failed', payment, { amount, reason: code });
  await alert(tx, payment, amount, code);
}

async function alert(tx: Context, payment: SessionPayment, amount: bigint, code: string): Promise<void> {
  const { currency, sessionId, networkId } = payment;
  const session = await db(tx)
    .selectFrom('sessions')
    .select(['chargerId', 'locationId'])
    .where('id', '=', sessionId)
    .executeTakeFirstOrThrow();
  await raiseAlert(tx, {
    id: newId(),
    networkId,
    type: 'payment_failed',
    subject: sessionId,
    message: `${toDecimalString(amount, currency)} ${currency} of session ${sessionId}: ${code}`,
    locationId: session.locationId ?? null,
    chargerId: session.chargerId,
  });
}

async function refundFailed(
  tx: Context,
  payment: SessionPayment,
  operation: PaymentOperation,
  code: string,
): Promise<void> {
  if (operation.refundId) {
    await db(tx)
      .updateTable('refunds')
      .set({ status: 'failed', errorCode: code, settledAt: tx.now().toString() })
      .where('id', '=', operation.refundId)
      .execute();
  }
  await alert(tx, payment, BigInt(operation.amount), `refund: ${code}`);
}
