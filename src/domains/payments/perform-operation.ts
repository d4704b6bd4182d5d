import type Stripe from 'stripe';
import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { db } from '../db.ts';
import { type Failure, failureOf } from './ask-stripe.ts';
import { cardToCharge } from './cards.ts';
import type { PaymentOperation, SessionPayment } from './payment.entity.ts';
import { stripeOf } from './payment-settings.ts';
import { fromStripeAmount, toStripeAmount } from './stripe-amount.ts';

/** What came of an operation. Amounts are minor units. */
export type Outcome =
  | {
      readonly status: 'succeeded';
      /** What was held, taken or given back. */
      readonly amount: bigint;
      readonly paymentIntentId: string;
      readonly stripeRefundId?: string;
      /** ISO 8601; of a hold. */
      readonly captureBefore?: string | null;
      /** Somebody has captured at Stripe what we wanted to let go. */
      readonly isCapture?: boolean;
    }
  | {
      readonly status: 'failed';
      readonly code: string;
      readonly declineCode: string | null;
      /** The hold is gone: it ran out, or somebody let it go at Stripe. */
      readonly isHoldGone?: boolean;
    }
  | { readonly status: 'unknown' };

/** Stripe forgets idempotency keys after 24 hours: from then on what was asked may not be asked again. */
const KEY_HOURS = 23;
/** What a hold is good for where Stripe does not say. */
const HOLD_DAYS = 4;

/** How long a charge that Stripe answers with a server error is looked for before it is made under a new key. */
const STUCK_SECONDS = 60;

const UNKNOWN: Outcome = { status: 'unknown' };
const NEVER_ARRIVED: Outcome = { status: 'failed', code: 'never_arrived', declineCode: null };

/**
 * Asks Stripe for the operation, outside any transaction. One that was sent before is looked up first; only where
 * Stripe knows nothing of it, and still remembers its key, is it sent again under the same key.
 */
export async function performOperation(
  ctx: Context,
  payment: SessionPayment,
  operation: PaymentOperation,
): Promise<Outcome> {
  const stripe = await stripeOf(ctx, operation.networkId);
  if (!stripe) return UNKNOWN;
  try {
    if (operation.attempts > 0) {
      const found = await lookUp(stripe, operation);
      if (found) return found;
      if (isOlder(ctx, operation, KEY_HOURS * 3600)) return NEVER_ARRIVED;
    }
    const ready = await prepare(ctx, stripe, payment, operation);
    return ready ? await send(ctx, stripe, ready) : { status: 'failed', code: 'no_card', declineCode: null };
  } catch (error) {
    const failure = failureOf(ctx, error);
    return failure.isKnown ? { status: 'failed', ...failure } : UNKNOWN;
  }
}

/** Whether it was first sent so long ago. */
const isOlder = (ctx: Context, { sentAt }: PaymentOperation, seconds: number): boolean =>
  sentAt != null && epochMs(sentAt) <= ctx.now().subtract({ seconds }).epochMilliseconds;

/**
 * A server error is what Stripe answers to its key for a day: the second time, a new key is taken. That is safe at once
 * for what can be done to an intent once only; anything else might have been done and not be listed yet.
 */
const isStuck = (ctx: Context, operation: PaymentOperation): boolean =>
  operation.attempts > 1 &&
  (operation.kind === 'capture' || operation.kind === 'cancel' || isOlder(ctx, operation, STUCK_SECONDS));

/** Writes down what is about to be sent: the card, and that it was sent. Null where there is no card to charge. */
async function prepare(
  ctx: Context,
  stripe: Stripe,
  payment: SessionPayment,
  operation: PaymentOperation,
): Promise<PaymentOperation | null> {
  const needsCard = operation.kind === 'hold' || operation.kind === 'charge';
  const card =
    needsCard && !operation.paymentMethodId
      ? await cardToCharge(ctx, stripe, { id: payment.driverId, networkId: payment.networkId })
      : { customerId: operation.customerId, paymentMethodId: operation.paymentMethodId };
  if (!card) return null;
  return (await db(ctx)
    .updateTable('payment_operations')
    .set(eb => ({
      ...card,
      attempts: eb('attempts', '+', 1),
      sentAt: eb.fn.coalesce('sentAt', eb.val(ctx.now().toString())),
    }))
    .where('id', '=', operation.id)
    .returningAll()
    .executeTakeFirstOrThrow()) as PaymentOperation;
}

async function send(ctx: Context, stripe: Stripe, operation: PaymentOperation): Promise<Outcome> {
  const { idempotencyKey, currency } = operation;
  const amount = toStripeAmount(BigInt(operation.amount), currency);
  const intentId = operation.paymentIntentId!;
  const metadata = {
    operationId: operation.id,
    sessionId: operation.sessionId,
    networkId: operation.networkId,
  };
  try {
    switch (operation.kind) {
      case 'hold':
      case 'charge':
        return ofIntent(
          operation,
          await stripe.paymentIntents.create(
            {
              amount,
              currency: currency.toLowerCase(),
              customer: operation.customerId!,
              payment_method: operation.paymentMethodId!,
              allowed_payment_method_types: ['card'],
              capture_method: operation.kind === 'hold' ? 'manual' : 'automatic',
              confirm: true,
              off_session: true,
              description: 'Charging session',
              metadata,
              expand: ['latest_charge'],
            },
            { idempotencyKey },
          ),
        );
      case 'capture':
        return ofIntent(
          operation,
          await stripe.paymentIntents.capture(intentId, { amount_to_capture: amount }, { idempotencyKey }),
        );
      case 'cancel':
        return ofIntent(operation, await stripe.paymentIntents.cancel(intentId, {}, { idempotencyKey }));
      case 'refund':
        return ofRefund(
          await stripe.refunds.create(
            { payment_intent: intentId, amount, reason: 'requested_by_customer', metadata },
            { idempotencyKey },
          ),
        );
      case 'refund_returned':
        throw new Error('A refund is sent back by the bank: nobody asks for it.');
    }
  } catch (error) {
    const failure = failureOf(ctx, error);
    if (failure.isKnown) return afterRefusal(stripe, operation, failure);
    // looked for before it was sent again, and not found: it has not happened
    return failure.isServerError && isStuck(ctx, operation)
      ? ((await lookUp(stripe, operation)) ?? NEVER_ARRIVED)
      : UNKNOWN;
  }
}

/** A hold that cannot be captured or cancelled is in another state than we thought: that state is the outcome. */
async function afterRefusal(
  stripe: Stripe,
  operation: PaymentOperation,
  { code, declineCode }: Failure & { isKnown: true },
): Promise<Outcome> {
  const refused: Outcome = { status: 'failed', code, declineCode };
  if (operation.kind !== 'capture' && operation.kind !== 'cancel') return refused;
  if (code === 'resource_missing') return { ...refused, isHoldGone: true };
  return (await lookUp(stripe, operation)) ?? refused;
}

/** What Stripe knows of an operation that was sent; null for nothing, or nothing yet. */
async function lookUp(stripe: Stripe, operation: PaymentOperation): Promise<Outcome | null> {
  if (operation.kind === 'refund') {
    const refunds = stripe.refunds.list({ payment_intent: operation.paymentIntentId!, limit: 100 });
    for await (const refund of refunds) {
      if (refund.metadata?.operationId === operation.id) return ofRefund(refund);
    }
    return null;
  }
  if (operation.kind === 'capture' || operation.kind === 'cancel') {
    const intent = await stripe.paymentIntents.retrieve(operation.paymentIntentId!);
    return intent.status === 'requires_capture' ? null : ofIntent(operation, intent);
  }
  if (!operation.customerId) return null;
  const since = Math.floor(epochMs(operation.createdAt) / 1000) - 3600;
  const intents = stripe.paymentIntents.list({
    customer: operation.customerId,
    created: { gte: since },
    limit: 100,
    expand: ['data.latest_charge'],
  });
  for await (const intent of intents) {
    if (intent.metadata.operationId === operation.id) return ofIntent(operation, intent);
  }
  return null;
}

function ofIntent(operation: PaymentOperation, intent: Stripe.PaymentIntent): Outcome {
  const { kind, currency } = operation;
  const done = (amount: number) => ({
    status: 'succeeded' as const,
    amount: fromStripeAmount(amount, currency),
    paymentIntentId: intent.id,
  });
  const error = intent.last_payment_error;
  switch (intent.status) {
    case 'requires_capture':
      return kind === 'hold'
        ? {
            status: 'succeeded',
            amount: fromStripeAmount(intent.amount_capturable, currency),
            paymentIntentId: intent.id,
            captureBefore: captureBefore(intent),
          }
        : UNKNOWN;
    case 'succeeded':
      // a hold that somebody took at Stripe before we could let it go is money that came in
      return kind === 'cancel'
        ? { ...done(intent.amount_received), isCapture: true }
        : done(intent.amount_received);
    case 'canceled':
      return kind === 'cancel'
        ? done(0)
        : { status: 'failed', code: 'hold_expired', declineCode: null, isHoldGone: true };
    case 'processing':
      return UNKNOWN;
    case 'requires_action':
      return { status: 'failed', code: 'authentication_required', declineCode: null };
    default:
      return {
        status: 'failed',
        code: error?.code ?? 'payment_failed',
        declineCode: error?.decline_code ?? null,
      };
  }
}

function captureBefore(intent: Stripe.PaymentIntent): string {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const at = charge?.payment_method_details?.card?.capture_before ?? intent.created + HOLD_DAYS * 86_400;
  return Temporal.Instant.fromEpochMilliseconds(at * 1000).toString();
}

function ofRefund(refund: Stripe.Refund): Outcome {
  if (refund.status === 'failed' || refund.status === 'canceled') {
    return { status: 'failed', code: refund.failure_reason ?? 'refund_failed', declineCode: null };
  }
  return {
    status: 'succeeded',
    amount: fromStripeAmount(refund.amount, refund.currency.toUpperCase()),
    paymentIntentId: refund.payment_intent as string,
    stripeRefundId: refund.id,
  };
}
