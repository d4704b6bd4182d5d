import type Stripe from 'stripe';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { failureOf } from './ask-stripe.ts';
import { issueCreditNote } from './credit-notes.ts';
import { drivePayment } from './drive-payment.ts';
import { lockPayment, savePayment } from './lock-payment.ts';
import type { OperationKind, PaymentOperation, SessionPayment } from './payment.entity.ts';
import { alertOfPayment, shown } from './payment-alert.ts';
import { emitPayment } from './payment-events.ts';
import { stripeOf } from './payment-settings.ts';
import { advancePayment } from './payment-states.ts';
import { addCaptured, addRefunded, forgetHold, settleState } from './settle-state.ts';
import { fromStripeAmount } from './stripe-amount.ts';

/** What a payment intent has come to at Stripe, as it is now. */
interface Seen {
  readonly intent: Stripe.PaymentIntent;
  readonly charge: Stripe.Charge | null;
  readonly dispute: Stripe.Dispute | null;
}

/** So often is looked again where something was done meanwhile; then it is left to the queue. */
const MOST_LOOKS = 3;

/**
 * Job: something has happened to a payment intent, says Stripe. What it says may come twice, late and out of order,
 * so nothing is taken from it: the intent is read as it is now, and what we did not know is written down. What was
 * read counts only if nothing of ours was done meanwhile: else our own doing would be taken for somebody else's.
 */
export async function syncPayment(
  ctx: Context,
  payload: { readonly networkId: string; readonly paymentIntentId: string },
): Promise<void> {
  const { networkId, paymentIntentId } = payload;
  const stripe = await stripeOf(ctx, networkId);
  const known = await db(ctx)
    .selectFrom('payment_operations')
    .select('sessionId')
    .where('networkId', '=', networkId)
    .where('paymentIntentId', '=', paymentIntentId)
    .executeTakeFirst();
  // an intent that is not ours, or one whose operation is still being made: that one reads it itself
  if (!stripe || !known) return;
  for (let look = 0; look < MOST_LOOKS; look++) {
    await drivePayment(ctx, known.sessionId);
    const before = await ledgerOf(ctx, known.sessionId);
    const seen = await read(ctx, stripe, paymentIntentId);
    if (!seen) return;
    if (await writeDown(ctx, known.sessionId, before, seen)) return drivePayment(ctx, known.sessionId);
  }
  throw new Error('An operation is under way: the queue looks again.');
}

type Ledger = readonly Pick<PaymentOperation, 'kind' | 'status' | 'amount' | 'paymentIntentId'>[];

const ledgerOf = (ctx: Context, sessionId: string): Promise<Ledger> =>
  db(ctx)
    .selectFrom('payment_operations')
    .select(['kind', 'status', 'amount', 'paymentIntentId'])
    .where('sessionId', '=', sessionId)
    .execute();

const isOpen = ({ status }: Ledger[number]): boolean => status === 'pending' || status === 'unknown';
const countSettled = (ledger: Ledger): number => ledger.filter(operation => !isOpen(operation)).length;

/** What the ledger has of an intent. */
const sumOf = (ledger: Ledger, intent: Stripe.PaymentIntent, ...kinds: OperationKind[]): bigint =>
  ledger
    .filter(({ status }) => status === 'succeeded')
    .filter(({ kind, paymentIntentId }) => paymentIntentId === intent.id && kinds.includes(kind))
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);

/** Writes down what is new in what was seen; false where it may be out of date already. */
async function writeDown(ctx: Context, sessionId: string, before: Ledger, seen: Seen): Promise<boolean> {
  return inTransaction(ctx, async tx => {
    const payment = await lockPayment(tx, sessionId);
    if (!payment) return true;
    const ledger = await ledgerOf(tx, sessionId);
    if (ledger.some(isOpen) || countSettled(ledger) !== countSettled(before)) return false;
    await takenElsewhere(tx, payment, ledger, seen);
    await refundedElsewhere(tx, payment, ledger, seen);
    await disputed(tx, payment, seen);
    await savePayment(tx, payment);
    return true;
  });
}

/** Null where Stripe does not know it: the account is another one by now. */
async function read(ctx: Context, stripe: Stripe, id: string): Promise<Seen | null> {
  try {
    const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    const charge = intent.latest_charge as Stripe.Charge | null;
    const { data } = charge?.disputed
      ? await stripe.disputes.list({ payment_intent: id, limit: 1 })
      : { data: [] };
    return { intent, charge, dispute: data[0] ?? null };
  } catch (error) {
    if (failureOf(ctx, error).isKnown) return null;
    throw new Error('Stripe could not be asked: the queue tries again.');
  }
}

/** The hold is gone without our doing: somebody captured it at Stripe, let it go, or it ran out. */
async function takenElsewhere(
  tx: Context,
  payment: SessionPayment,
  ledger: Ledger,
  { intent }: Seen,
): Promise<void> {
  if (intent.status !== 'succeeded' && intent.status !== 'canceled') return;
  const wasHeld = payment.holdIntentId === intent.id;
  forgetHold(payment, intent.id);
  const received = fromStripeAmount(intent.amount_received, payment.currency);
  const amount = received - sumOf(ledger, intent, 'capture', 'charge');
  if (amount > 0n) {
    await add(tx, payment, 'capture', amount, intent.id);
    await addCaptured(tx, payment, amount);
  } else if (wasHeld) {
    if (payment.state === 'authorized') advancePayment(payment, 'open');
    await settleState(tx, payment);
  }
}

/** Money that was given back at Stripe itself, or a refund that the bank has sent back. */
async function refundedElsewhere(
  tx: Context,
  payment: SessionPayment,
  ledger: Ledger,
  { intent, charge }: Seen,
): Promise<void> {
  if (!charge?.captured) return;
  // what a capture left of the hold counts as refunded at Stripe
  const refunded = charge.amount_refunded - (charge.amount - charge.amount_captured);
  const known = sumOf(ledger, intent, 'refund') - sumOf(ledger, intent, 'refund_returned');
  const amount = fromStripeAmount(refunded, payment.currency) - known;
  if (amount > 0n) {
    const id = await add(tx, payment, 'refund', amount, intent.id);
    addRefunded(payment, amount);
    await emitPayment(tx, 'payment.refunded', payment, { amount });
    await issueCreditNote(tx, payment, { id, refundId: null }, amount);
  } else if (amount < 0n) {
    await add(tx, payment, 'refund_returned', -amount, intent.id);
    payment.refunded = String(BigInt(payment.refunded) + amount);
    if (payment.state === 'refunded') advancePayment(payment, 'captured');
    const message = `A refund of ${shown(payment, -amount)} came back from the bank.`;
    await alertOfPayment(tx, payment, 'payment_failed', message);
  }
}

async function disputed(tx: Context, payment: SessionPayment, { dispute }: Seen): Promise<void> {
  if (!dispute || payment.disputeStatus === dispute.status) return;
  payment.disputeStatus = dispute.status;
  const amount = shown(payment, fromStripeAmount(dispute.amount, payment.currency));
  const message = `${amount} is disputed (${dispute.reason}): ${dispute.status}.`;
  await alertOfPayment(tx, payment, 'payment_disputed', message);
}

/** An operation that somebody else has done, in the ledger beside ours. */
async function add(
  tx: Context,
  { networkId, sessionId, currency }: SessionPayment,
  kind: 'capture' | 'refund' | 'refund_returned',
  amount: bigint,
  paymentIntentId: string,
): Promise<string> {
  const id = newId();
  const now = tx.now().toString();
  await db(tx)
    .insertInto('payment_operations')
    .values({
      id,
      networkId,
      sessionId,
      kind,
      status: 'succeeded',
      amount: String(amount),
      currency,
      idempotencyKey: `elsewhere-${id}`,
      customerId: null,
      paymentMethodId: null,
      paymentIntentId,
      stripeRefundId: null,
      refundId: null,
      errorCode: null,
      declineCode: null,
      sentAt: null,
      createdAt: now,
      settledAt: now,
    })
    .execute();
  return id;
}
