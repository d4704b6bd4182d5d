import type Stripe from 'stripe';
import { stateError } from './confirm-payment.ts';
import { checkChargeable, shown } from './currencies.ts';
import { openDispute } from './disputes.ts';
import { invalidRequest } from './errors.ts';
import { mergeMetadata } from './params.ts';
import { cardError } from './payment-methods.ts';
import { addRefund } from './refunds.ts';
import { emit, randomText, type Step, seconds, type World } from './world.ts';

interface Capture {
  amount_to_capture?: number | undefined;
  final_capture?: boolean | undefined;
  metadata?: '' | Record<string, string> | undefined;
}

const chargeOf = (world: World, intent: Stripe.PaymentIntent): Stripe.Charge =>
  world.books.charges.get(intent.latest_charge as string)!;

/** https://docs.stripe.com/payments/place-a-hold-on-a-payment-method: captured once, the rest is let go. */
export function captureHold(step: Step, intent: Stripe.PaymentIntent, params: Capture): Stripe.PaymentIntent {
  if (intent.status !== 'requires_capture') throw stateError(intent, 'captured', ['requires_capture']);
  const amount = params.amount_to_capture ?? intent.amount_capturable;
  if (params.final_capture === false) {
    throw invalidRequest('You cannot set `final_capture` to `false`: multicapture is not available.', {
      param: 'final_capture',
    });
  }
  if (amount > intent.amount_capturable) {
    throw invalidRequest(
      `The amount you provided (${shown(amount, intent.currency)}) is greater than the amount capturable (${shown(intent.amount_capturable, intent.currency)}).`,
      { code: 'amount_too_large', param: 'amount_to_capture' },
    );
  }
  checkChargeable(amount, intent.currency, 'amount_to_capture');
  refuseAsPlanned(step, intent);
  const charge = chargeOf(step, intent);
  const rest = intent.amount_capturable - amount;
  charge.captured = true;
  charge.amount_captured = amount;
  charge.balance_transaction = `txn_${randomText(24)}`;
  intent.amount_received = amount;
  intent.amount_capturable = 0;
  intent.status = 'succeeded';
  intent.metadata = mergeMetadata(intent.metadata, params.metadata);
  if (rest > 0) release(step, charge, rest, null);
  emit(step, 'charge.captured', charge);
  emit(step, 'payment_intent.succeeded', intent);
  if (step.books.cards.get(charge.payment_method!)!.card.disputed) openDispute(step, charge);
  return intent;
}

export function cancelHold(
  step: Step,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): Stripe.PaymentIntent {
  const cancelable = [
    'requires_payment_method',
    'requires_capture',
    'requires_confirmation',
    'requires_action',
  ];
  if (!cancelable.includes(intent.status))
    throw stateError(intent, 'canceled', [...cancelable, 'processing']);
  refuseAsPlanned(step, intent);
  return end(step, intent, reason, null);
}

/** The bank may refuse these too, and the hold stays as it is. */
function refuseAsPlanned({ request }: Step, intent: Stripe.PaymentIntent): void {
  if (typeof request.decline === 'object') throw cardError(request.decline, { payment_intent: intent });
}

/** Ends the holds that nobody captured in time. */
export function expireHolds(world: World): void {
  const step: Step = { ...world, request: { id: null, idempotencyKey: null } };
  for (const intent of world.books.paymentIntents.values()) {
    if (intent.status !== 'requires_capture') continue;
    const charge = chargeOf(world, intent);
    if (charge.payment_method_details!.card!.capture_before! > seconds(world)) continue;
    emit(step, 'charge.expired', charge);
    end(step, intent, 'automatic', 'expired_uncaptured_charge');
  }
}

function end(
  step: Step,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
  refundReason: Stripe.Refund.Reason | null,
): Stripe.PaymentIntent {
  if (intent.status === 'requires_capture')
    release(step, chargeOf(step, intent), intent.amount_capturable, refundReason);
  intent.amount_capturable = 0;
  intent.status = 'canceled';
  intent.canceled_at = seconds(step);
  intent.cancellation_reason = reason;
  intent.next_action = null;
  emit(step, 'payment_intent.canceled', intent);
  return intent;
}

/**
 * What is not captured is a refund in Stripe's books, counted in the charge's `amount_refunded`, although no
 * money comes back for it: a trap for whoever takes that field for what was given back.
 */
function release(
  step: Step,
  charge: Stripe.Charge,
  amount: number,
  reason: Stripe.Refund.Reason | null,
): void {
  const refund = addRefund(step, charge, amount, { reason });
  step.books.released.add(refund.id);
  emit(step, 'charge.refunded', charge);
}
