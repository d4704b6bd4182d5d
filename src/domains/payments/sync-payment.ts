import type Stripe from 'stripe';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { toDecimalString } from '../../kernel/money.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { raiseAlert } from '../notifications/raise-alert.ts';
import { failureOf } from './ask-stripe.ts';
import { issueCreditNote } from './credit-notes.ts';
import { drivePayment } from './drive-payment.ts';
import { lockPayment, savePayment } from './lock-payment.ts';
import type { SessionPayment } from './payment.entity.ts';
import { emitPayment } from './payment-events.ts';
import { stripeOf } from './payment-settings.ts';
import { advancePayment } from './payment-states.ts';
import { addRefunded, forgetHold, settleState } from './record-operation.ts';
import { fromStripeAmount } from './stripe-amount.ts';

/** What a payment intent has come to at Stripe, as it is now. */
interface Seen {
  readonly intent: Stripe.PaymentIntent;
  readonly charge: Stripe.Charge | null;
  readonly dispute: Stripe.Dispute | null;
}

/**
 * Job: something has happened to a payment intent, says Stripe. What it says may come twice, late and out of order,
 * so nothing is taken from it: the intent is read as it is now, and what we did not know is written down.
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
  await drivePayment(ctx, known.sessionId);
  const seen = await look(ctx, stripe, paymentIntentId);
  if (!seen) throw new Error('Stripe could not be asked: the queue tries again.');
  await inTransaction(ctx, async tx => {
    const payment = await lockPayment(tx, known.sessionId);
    if (!payment || (await hasOpenOperation(tx, payment))) return;
    await lapsedHold(tx, payment, seen);
    await refundsElsewhere(tx, payment, seen);
    await disputed(tx, payment, seen);
    await savePayment(tx, payment);
  });
  await drivePayment(ctx, known.sessionId);
}

async function look(ctx: Context, stripe: Stripe, id: string): Promise<Seen | null> {
  try {
    const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    const charge = intent.latest_charge as Stripe.Charge | null;
    const { data } = charge?.disputed
      ? await stripe.disputes.list({ payment_intent: id, limit: 1 })
      : { data: [] };
    return { intent, charge, dispute: data[0] ?? null };
  } catch (error) {
    failureOf(ctx, error);
    return null;
  }
}

async function hasOpenOperation(tx: Context, { sessionId }: SessionPayment): Promise<boolean> {
  const open = await db(tx)
    .selectFrom('payment_operations')
    .select('id')
    .where('sessionId', '=', sessionId)
    .where('status', 'in', ['pending', 'unknown'])
    .executeTakeFirst();
  return open !== undefined;
}

/** The hold is gone without our doing: it ran out, or somebody let it go or captured it at Stripe. */
async function lapsedHold(tx: Context, payment: SessionPayment, { intent }: Seen): Promise<void> {
  if (payment.holdIntentId !== intent.id) return;
  if (intent.status === 'succeeded') {
    const amount = fromStripeAmount(intent.amount_received, payment.currency);
    await writeDown(tx, payment, 'capture', amount, intent.id);
    forgetHold(payment);
    payment.captured = String(BigInt(payment.captured) + amount);
    await settleState(tx, payment);
    await emitPayment(tx, 'payment.captured', payment, { amount });
  } else if (intent.status === 'canceled') {
    forgetHold(payment);
    if (payment.state === 'authorized') advancePayment(payment, 'open');
    await settleState(tx, payment);
  }
}

/** Money that was given back at Stripe itself. */
async function refundsElsewhere(
  tx: Context,
  payment: SessionPayment,
  { intent, charge }: Seen,
): Promise<void> {
  if (!charge?.captured) return;
  // what a capture left of the hold counts as refunded at Stripe
  const givenBack = charge.amount_refunded - (charge.amount - charge.amount_captured);
  const ours = await db(tx)
    .selectFrom('payment_operations')
    .select(({ fn }) => fn.sum<string | null>('amount').as('amount'))
    .where('sessionId', '=', payment.sessionId)
    .where('paymentIntentId', '=', intent.id)
    .where('kind', '=', 'refund')
    .where('status', '=', 'succeeded')
    .executeTakeFirstOrThrow();
  const amount = fromStripeAmount(givenBack, payment.currency) - BigInt(ours.amount ?? 0);
  if (amount === 0n) return;
  const id = await writeDown(tx, payment, 'refund', amount, intent.id);
  if (amount < 0n) {
    // a refund of ours that the bank has sent back
    payment.refunded = String(BigInt(payment.refunded) + amount);
    if (payment.state === 'refunded') advancePayment(payment, 'captured');
    return tell(tx, payment, 'payment_failed', `A refund of ${shown(payment, -amount)} came back.`);
  }
  addRefunded(payment, amount);
  await emitPayment(tx, 'payment.refunded', payment, { amount });
  await issueCreditNote(tx, payment, { id, refundId: null }, amount);
}

async function disputed(tx: Context, payment: SessionPayment, { dispute }: Seen): Promise<void> {
  if (!dispute || payment.disputeStatus === dispute.status) return;
  payment.disputeStatus = dispute.status;
  const amount = shown(payment, fromStripeAmount(dispute.amount, payment.currency));
  await tell(
    tx,
    payment,
    'payment_disputed',
    `${amount} is disputed (${dispute.reason}): ${dispute.status}.`,
  );
}

const shown = ({ currency }: SessionPayment, amount: bigint): string =>
  `${toDecimalString(amount, currency)} ${currency}`;

async function tell(
  tx: Context,
  { networkId, sessionId }: SessionPayment,
  type: 'payment_failed' | 'payment_disputed',
  message: string,
): Promise<void> {
  const session = await db(tx)
    .selectFrom('sessions')
    .select(['chargerId', 'locationId'])
    .where('id', '=', sessionId)
    .executeTakeFirstOrThrow();
  await raiseAlert(tx, {
    id: newId(),
    networkId,
    type,
    subject: sessionId,
    message: `Session ${sessionId}: ${message}`,
    locationId: session.locationId ?? null,
    chargerId: session.chargerId,
  });
}

/** An operation that somebody else has done, in the ledger beside ours. */
async function writeDown(
  tx: Context,
  { networkId, sessionId, currency }: SessionPayment,
  kind: 'capture' | 'refund',
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
