import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { issueCreditNote } from './credit-notes.ts';
import { lockPayment, savePayment } from './lock-payment.ts';
import type { PaymentOperation, Refund, SessionPayment } from './payment.entity.ts';
import { alertOfPayment, shown } from './payment-alert.ts';
import { emitPayment } from './payment-events.ts';
import { advancePayment } from './payment-states.ts';
import type { Outcome } from './perform-operation.ts';
import { addCaptured, addRefunded, forgetHold, settleState } from './settle-state.ts';

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
  const { networkId, sessionId } = operation;
  // as long again as it has been unknown: the pauses double
  const unknownMs = tx.now().epochMilliseconds - epochMs(await unknownSince(tx, operation));
  const openSeconds = Math.round(unknownMs / 1000);
  const seconds = Math.min(Math.max(openSeconds, LOOK_UP_SECONDS), MAX_LOOK_UP_SECONDS);
  await addJob(
    tx,
    'settle-payment',
    { networkId, sessionId },
    { key: `settle-payment:${sessionId}`, runAt: tx.now().add({ seconds }) },
  );
}

/** Since when nothing has come of what is asked, under whichever keys it was asked. */
async function unknownSince(tx: Context, { sessionId, createdAt }: PaymentOperation): Promise<string> {
  const settled = await db(tx)
    .selectFrom('payment_operations')
    .select(['createdAt', 'errorCode'])
    .where('sessionId', '=', sessionId)
    .where('settledAt', 'is not', null)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .execute();
  const isInVain = ({ errorCode }: { errorCode: string | null }) => errorCode === 'never_arrived';
  const answered = settled.findIndex(operation => !isInVain(operation));
  const inVain = answered === -1 ? settled : settled.slice(0, answered);
  return inVain.at(-1)?.createdAt ?? createdAt;
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
    case 'charge':
      forgetHold(payment, operation.paymentIntentId);
      return addCaptured(tx, payment, outcome.amount);
    case 'cancel':
      forgetHold(payment, operation.paymentIntentId);
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

async function failed(
  tx: Context,
  payment: SessionPayment,
  operation: PaymentOperation,
  { code, isHoldGone }: Failed,
): Promise<void> {
  // what never arrived is asked for again
  if (code === 'never_arrived') return;
  const amount = BigInt(operation.amount);
  switch (operation.kind) {
    case 'hold':
      payment.reason = code;
      // a renewal that is refused leaves the hold as it is
      if (payment.holdIntentId) return;
      advancePayment(payment, 'refused');
      return emitPayment(tx, 'payment.failed', payment, { amount, reason: code });
    case 'capture':
      if (isHoldGone) return holdGone(tx, payment, operation);
      if (code === 'amount_too_small') return waive(tx, payment, amount);
      // the hold is in place still: given up, it is let go next
      return giveUp(tx, payment, amount, code);
    case 'cancel':
      if (isHoldGone) return holdGone(tx, payment, operation);
      return notLetGo(tx, payment, operation, code);
    case 'charge':
      if (code === 'amount_too_small') return waive(tx, payment, amount);
      return giveUp(tx, payment, amount, code);
    case 'refund':
      return refundFailed(tx, payment, operation, code);
  }
}

/** What is owed is charged without the hold. */
async function holdGone(tx: Context, payment: SessionPayment, operation: PaymentOperation): Promise<void> {
  forgetHold(payment, operation.paymentIntentId);
  if (!payment.holdIntentId && payment.state === 'authorized') advancePayment(payment, 'open');
  return settleState(tx, payment);
}

/** It ends by itself in some days; until then the driver may ask why. */
async function notLetGo(
  tx: Context,
  payment: SessionPayment,
  operation: PaymentOperation,
  code: string,
): Promise<void> {
  forgetHold(payment, operation.paymentIntentId);
  await settleState(tx, payment);
  const message = `The hold ${operation.paymentIntentId} could not be let go: ${code}.`;
  await alertOfPayment(tx, payment, 'payment_failed', message);
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
  const message = `A refund of ${shown(payment, BigInt(operation.amount))} was refused: ${code}`;
  await alertOfPayment(tx, payment, 'payment_failed', message);
}
