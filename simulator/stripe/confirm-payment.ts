import type Stripe from 'stripe';
import { z } from 'zod';
import { AUTHENTICATION_REQUIRED, messageOf } from './cards.ts';
import { newCharge } from './charges.ts';
import { openDispute } from './disputes.ts';
import { invalidRequest, unexpectedState } from './errors.ts';
import type { Decline } from './faults.ts';
import { cardTypes, flag, ignored, text } from './params.ts';
import { attach, cardError, paymentMethodOf } from './payment-methods.ts';
import { authenticationOf } from './redirects.ts';
import { emit, found, type Step } from './world.ts';

export const confirmation = {
  allowed_payment_method_types: cardTypes,
  error_on_requires_action: flag.optional(),
  mandate_data: ignored,
  off_session: z.union([flag, z.enum(['one_off', 'recurring'])]).optional(),
  payment_method: text.optional(),
  payment_method_options: ignored,
  radar_options: ignored,
  receipt_email: text.optional(),
  return_url: text.optional(),
  setup_future_usage: z.enum(['off_session', 'on_session', '']).optional(),
  shipping: ignored,
  use_stripe_sdk: ignored,
};
type Confirmation = z.infer<z.ZodObject<typeof confirmation>>;

export const intentOf = (step: Step, id: string): Stripe.PaymentIntent =>
  found(step.books.paymentIntents, 'payment_intent', id, 'intent');

export const stateError = (intent: Stripe.PaymentIntent, done: string, allowed: readonly string[]) =>
  unexpectedState(
    'payment_intent_unexpected_state',
    `This PaymentIntent could not be ${done} because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${done}: ${allowed.join(', ')}.`,
    { payment_intent: structuredClone(intent) },
  );

/** Charges or holds the amount, or leaves the intent asking for the driver. Throws when the bank refuses. */
export function confirm(
  step: Step,
  intent: Stripe.PaymentIntent,
  params: Confirmation,
): Stripe.PaymentIntent {
  const open = ['requires_payment_method', 'requires_confirmation', 'requires_action'];
  if (!open.includes(intent.status)) throw stateError(intent, 'confirmed', open);
  checkReturnUrl(intent, params);
  const method = chosenMethod(step, intent, params.payment_method);
  intent.payment_method = method.id;
  if (params.setup_future_usage) intent.setup_future_usage = params.setup_future_usage;

  const answer = step.request.decline ?? answerOf(step, method, Boolean(params.off_session));
  if (answer === 'authenticates' && !params.off_session && !params.error_on_requires_action) {
    intent.status = 'requires_action';
    intent.next_action = authenticationOf(step, intent.id, params.return_url);
    emit(step, 'payment_intent.requires_action', intent);
    return intent;
  }
  if (answer === 'authenticates') throw refuse(step, intent, AUTHENTICATION_REQUIRED);
  if (answer !== 'succeeds') throw refuse(step, intent, answer);
  return charge(step, intent);
}

/** Dynamic payment methods may redirect: https://docs.stripe.com/api/payment_intents/create#return_url */
function checkReturnUrl(intent: Stripe.PaymentIntent, params: Confirmation): void {
  const redirects = intent.automatic_payment_methods?.allow_redirects === 'always';
  if (
    !redirects ||
    params.return_url !== undefined ||
    params.off_session ||
    params.allowed_payment_method_types
  )
    return;
  throw invalidRequest(
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
  );
}

function chosenMethod(
  step: Step,
  intent: Stripe.PaymentIntent,
  param: string | undefined,
): Stripe.PaymentMethod {
  const id = param ?? (intent.payment_method as string | null);
  if (id === null) {
    throw unexpectedState(
      'payment_intent_unexpected_state',
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      { payment_intent: structuredClone(intent) },
    );
  }
  const method = paymentMethodOf(step, id);
  if (step.books.cards.get(method.id)!.spent) {
    throw invalidRequest(
      'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
    );
  }
  if (method.customer === null || method.customer === intent.customer) return method;
  throw invalidRequest(
    intent.customer === null
      ? `The PaymentMethod ${method.id} belongs to the Customer ${method.customer}. Please include the Customer in the \`customer\` parameter on the PaymentIntent.`
      : `The PaymentMethod ${method.id} does not belong to the Customer ${intent.customer} you supplied. Please use this PaymentMethod with the Customer that it belongs to instead.`,
    { param: 'payment_method' },
  );
}

function answerOf(
  step: Step,
  method: Stripe.PaymentMethod,
  offSession: boolean,
): 'succeeds' | 'authenticates' | Decline {
  const { card, authenticated } = step.books.cards.get(method.id)!;
  if (typeof card.onCharge === 'object') return card.onCharge.decline;
  if (card.onCharge !== 'authenticates_unless_saved') return card.onCharge;
  return offSession && authenticated ? 'succeeds' : 'authenticates';
}

function charge(step: Step, intent: Stripe.PaymentIntent): Stripe.PaymentIntent {
  const method = step.books.paymentMethods.get(intent.payment_method as string)!;
  const held = intent.capture_method === 'manual';
  if (intent.setup_future_usage && intent.customer && method.customer === null) {
    attach(step, method.id, intent.customer as string);
    emit(step, 'payment_method.attached', method);
  }
  if (method.customer === null) step.books.cards.get(method.id)!.spent = true;
  const made = newCharge(step, intent, method, held ? { held } : { captured: true });
  intent.latest_charge = made.id;
  intent.last_payment_error = null;
  intent.next_action = null;
  intent.status = held ? 'requires_capture' : 'succeeded';
  intent.amount_capturable = held ? intent.amount : 0;
  intent.amount_received = held ? 0 : intent.amount;
  emit(step, 'charge.succeeded', made);
  emit(step, held ? 'payment_intent.amount_capturable_updated' : 'payment_intent.succeeded', intent);
  if (!held && step.books.cards.get(method.id)!.card.disputed) openDispute(step, made);
  return intent;
}

function refuse(step: Step, intent: Stripe.PaymentIntent, decline: Decline) {
  const method = step.books.paymentMethods.get(intent.payment_method as string)!;
  const made = newCharge(step, intent, method, { decline });
  intent.latest_charge = made.id;
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_payment_error = {
    charge: made.id,
    code: decline.code,
    ...(decline.declineCode && { decline_code: decline.declineCode }),
    message: messageOf(decline),
    payment_method: structuredClone(method),
    type: 'card_error',
  };
  emit(step, 'charge.failed', made);
  emit(step, 'payment_intent.payment_failed', intent);
  return cardError(decline, { charge: made.id, payment_intent: intent, payment_method: method });
}

/** The driver has proved who they are, or has failed to. */
export function authenticatePayment(step: Step, id: string, passes: boolean): Stripe.PaymentIntent {
  const intent = intentOf(step, id);
  if (intent.status !== 'requires_action') throw stateError(intent, 'authenticated', ['requires_action']);
  if (passes) return charge(step, intent);
  refuse(step, intent, { code: 'payment_intent_authentication_failure' });
  return intent;
}
