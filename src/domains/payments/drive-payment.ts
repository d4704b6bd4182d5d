import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { lockPayment, minor, owedFor, savePayment } from './lock-payment.ts';
import type { PaymentOperation, SessionPayment } from './payment.entity.ts';
import { nextStep, type PaymentFacts } from './payment-states.ts';
import { performOperation } from './perform-operation.ts';
import { recordOutcome } from './record-operation.ts';
import { settleState } from './settle-state.ts';

/** No payment takes so many steps at a time; one that does is a fault, and goes on with the next job. */
const MOST_STEPS = 20;
/** Where a process dies with an operation in its hands, another takes it up after this long. */
const TAKE_OVER_SECONDS = 60;

/**
 * Job, and what everybody who waits for money calls: does what is to be done for a session's payment, one operation
 * after the other, each written down and committed before Stripe is asked. It may be killed at any point and started
 * again by whomever: an operation that is open is finished before another begins.
 */
export async function drivePayment(
  ctx: Context,
  sessionId: string,
  expiringHold: string | null = null,
): Promise<void> {
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = await takeUp(ctx, sessionId, expiringHold);
    if (!next) return;
    const outcome = await performOperation(ctx, next.payment, next.operation);
    await recordOutcome(ctx, next.operation.id, outcome);
    if (outcome.status === 'unknown') return;
  }
}

/** The open operation, or the next one, which is written down; null where there is nothing to do. */
async function takeUp(
  ctx: Context,
  sessionId: string,
  expiringHold: string | null,
): Promise<{ payment: SessionPayment; operation: PaymentOperation } | null> {
  return inTransaction(ctx, async tx => {
    const payment = await lockPayment(tx, sessionId);
    if (!payment) return null;
    const open = (await db(tx)
      .selectFrom('payment_operations')
      .selectAll()
      .where('sessionId', '=', sessionId)
      .where('status', 'in', ['pending', 'unknown'])
      .executeTakeFirst()) as PaymentOperation | undefined;
    const operation = open ?? (await planNext(tx, payment, expiringHold));
    if (operation) return { payment, operation };
    await waiveBill(tx, payment);
    return null;
  });
}

/** Of a bill below the minimum nothing is owed, though nothing was ever held for it: it is settled. */
async function waiveBill(tx: Context, payment: SessionPayment): Promise<void> {
  if (payment.state !== 'open' && payment.state !== 'refused') return;
  const bill = await db(tx)
    .selectFrom('transactions')
    .select('id')
    .where('sessionId', '=', payment.sessionId)
    .executeTakeFirst();
  if (!bill) return;
  const before = payment.state;
  await settleState(tx, payment);
  if (payment.state !== before) await savePayment(tx, payment);
}

/** Writes down the next operation of a payment that is locked and has none open. */
export async function planNext(
  tx: Context,
  payment: SessionPayment,
  expiringHold: string | null = null,
): Promise<PaymentOperation | null> {
  const step = nextStep(await factsOf(tx, payment, expiringHold));
  if (!step) return null;
  const { networkId, sessionId, currency } = payment;
  const id = newId();
  const operation = (await db(tx)
    .insertInto('payment_operations')
    .values({
      id,
      networkId,
      sessionId,
      kind: step.kind,
      status: 'pending',
      amount: String(step.amount),
      currency,
      idempotencyKey: `${step.kind}-${id}`,
      customerId: null,
      paymentMethodId: null,
      paymentIntentId: 'paymentIntentId' in step ? step.paymentIntentId : null,
      stripeRefundId: null,
      refundId: 'refundId' in step ? step.refundId : null,
      errorCode: null,
      declineCode: null,
      attempts: 0,
      sentAt: null,
      createdAt: tx.now().toString(),
      settledAt: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()) as PaymentOperation;
  await addJob(
    tx,
    'settle-payment',
    { networkId, sessionId },
    { key: `settle-payment:${sessionId}`, runAt: tx.now().add({ seconds: TAKE_OVER_SECONDS }) },
  );
  return operation;
}

async function factsOf(
  tx: Context,
  payment: SessionPayment,
  expiringHold: string | null,
): Promise<PaymentFacts> {
  const { owed, owedByNow } = await owedFor(tx, payment);
  return {
    state: payment.state,
    owed,
    owedByNow,
    captured: BigInt(payment.captured),
    waived: BigInt(payment.waived),
    holdAmount: minor(payment.holdAmount),
    held: BigInt(payment.held),
    holdIntentId: payment.holdIntentId ?? null,
    staleIntentId: payment.staleIntentId ?? null,
    isExpiring: expiringHold !== null && payment.holdIntentId === expiringHold,
    isRenewalRefused: payment.reason != null,
    refund: await nextRefund(tx, payment.sessionId),
  };
}

/** The next part of the oldest refund: from the newest charge that has something left to give back. */
async function nextRefund(tx: Context, sessionId: string): Promise<PaymentFacts['refund']> {
  const refund = await db(tx)
    .selectFrom('refunds')
    .select(['id', 'amount', 'done'])
    .where('sessionId', '=', sessionId)
    .where('status', '=', 'pending')
    .orderBy('createdAt')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (!refund) return null;
  const operations = await db(tx)
    .selectFrom('payment_operations')
    .select(['kind', 'amount', 'paymentIntentId'])
    .where('sessionId', '=', sessionId)
    .where('status', '=', 'succeeded')
    .where('kind', 'in', ['capture', 'charge', 'refund', 'refund_returned'])
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .execute();
  const left = new Map<string, bigint>();
  for (const { kind, amount, paymentIntentId } of operations) {
    const sign = kind === 'refund' ? -1n : 1n;
    left.set(paymentIntentId!, (left.get(paymentIntentId!) ?? 0n) + sign * BigInt(amount));
  }
  const wanted = BigInt(refund.amount) - BigInt(refund.done);
  const [paymentIntentId, rest] = [...left].find(([, amount]) => amount > 0n) ?? [];
  if (paymentIntentId === undefined || rest === undefined) {
    // it was given back at Stripe itself meanwhile
    await db(tx)
      .updateTable('refunds')
      .set({ status: 'failed', errorCode: 'nothing_left', settledAt: tx.now().toString() })
      .where('id', '=', refund.id)
      .execute();
    return null;
  }
  return { id: refund.id, paymentIntentId, amount: wanted < rest ? wanted : rest };
}

/** Job: does what is to be done now. */
export const settlePayment = (ctx: Context, { sessionId }: { readonly sessionId: string }): Promise<void> =>
  drivePayment(ctx, sessionId);

/** Job: the hold is about to run out. While the session runs it is renewed; where the bank refuses, captured early. */
export const renewHold = (
  ctx: Context,
  { sessionId, holdIntentId }: { readonly sessionId: string; readonly holdIntentId: string },
): Promise<void> => drivePayment(ctx, sessionId, holdIntentId);
