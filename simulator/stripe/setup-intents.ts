import type Stripe from 'stripe';
import { z } from 'zod';
import { messageOf } from './cards.ts';
import { customerOf } from './customers.ts';
import { unexpectedState } from './errors.ts';
import type { Decline } from './faults.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, cardTypes, flag, ignored, listOf, mergeMetadata, metadata, text } from './params.ts';
import { attach, cardError, paymentMethodOf } from './payment-methods.ts';
import { authenticationOf, redirects } from './redirects.ts';
import { emit, found, newId, randomText, type Step, seconds } from './world.ts';

const confirmation = {
  payment_method: text.optional(),
  return_url: text.optional(),
  allowed_payment_method_types: cardTypes,
  use_stripe_sdk: ignored,
  mandate_data: ignored,
  payment_method_options: ignored,
};
const creation = {
  ...confirmation,
  automatic_payment_methods: redirects,
  confirm: flag.optional(),
  customer: text.optional(),
  description: text.optional(),
  metadata,
  usage: z.enum(['off_session', 'on_session']).optional(),
};
const createParams = accepts(creation);
const confirmParams = accepts(confirmation);

const setupIntentOf = (step: Step, id: string): Stripe.SetupIntent =>
  found(step.books.setupIntents, 'setupintent', id, 'intent');

export function createSetupIntent(step: Step, params: z.infer<typeof createParams>): Stripe.SetupIntent {
  if (params.customer) customerOf(step, params.customer, 'customer');
  const id = newId('seti');
  const intent: Stripe.SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    application: null,
    automatic_payment_methods: params.allowed_payment_method_types
      ? null
      : { enabled: true, allow_redirects: params.automatic_payment_methods?.allow_redirects ?? 'always' },
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText(24)}`,
    created: seconds(step),
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: mergeMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: params.payment_method ? paymentMethodOf(step, params.payment_method).id : null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: params.allowed_payment_method_types ?? ['card'],
    single_use_mandate: null,
    status: params.payment_method ? 'requires_confirmation' : 'requires_payment_method',
    usage: params.usage ?? 'off_session',
  };
  step.books.setupIntents.set(id, intent);
  emit(step, 'setup_intent.created', intent);
  return params.confirm ? confirm(step, intent, params) : intent;
}

/** Saves the card, or leaves the intent asking for the driver. Throws when the bank refuses. */
export function confirm(
  step: Step,
  intent: Stripe.SetupIntent,
  params: z.infer<typeof confirmParams>,
): Stripe.SetupIntent {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw unexpectedState(
      'setup_intent_unexpected_state',
      `You cannot confirm this SetupIntent because it has a status of ${intent.status}.`,
      { setup_intent: intent },
    );
  }
  const chosen = params.payment_method ?? (intent.payment_method as string | null);
  if (chosen === null) {
    throw unexpectedState(
      'setup_intent_unexpected_state',
      "You cannot confirm this SetupIntent because it's missing a payment method.",
      { setup_intent: intent },
    );
  }
  const method = paymentMethodOf(step, chosen);
  intent.payment_method = method.id;
  const { onSetup } = step.books.cards.get(method.id)!.card;
  const answer = step.request.decline ?? (typeof onSetup === 'object' ? onSetup.decline : onSetup);
  if (typeof answer === 'object') throw refuse(step, intent, answer);
  if (answer === 'authenticates') {
    intent.status = 'requires_action';
    intent.next_action = authenticationOf(step, intent.id, params.return_url);
    emit(step, 'setup_intent.requires_action', intent);
    return intent;
  }
  return succeed(step, intent);
}

/** The driver has proved who they are, or has failed to. */
export function authenticateSetup(step: Step, id: string, passes: boolean): Stripe.SetupIntent {
  const intent = setupIntentOf(step, id);
  if (intent.status !== 'requires_action') {
    throw unexpectedState(
      'setup_intent_unexpected_state',
      `This SetupIntent has a status of ${intent.status}.`,
      {
        setup_intent: intent,
      },
    );
  }
  if (passes) {
    step.books.cards.get(intent.payment_method as string)!.authenticated = true;
    return succeed(step, intent);
  }
  refuse(step, intent, { code: 'setup_intent_authentication_failure' });
  return intent;
}

function succeed(step: Step, intent: Stripe.SetupIntent): Stripe.SetupIntent {
  const method = paymentMethodOf(step, intent.payment_method as string);
  if (intent.customer && method.customer === null) {
    attach(step, method.id, intent.customer as string);
    emit(step, 'payment_method.attached', method);
  }
  intent.status = 'succeeded';
  intent.next_action = null;
  intent.last_setup_error = null;
  emit(step, 'setup_intent.succeeded', intent);
  return intent;
}

function refuse(step: Step, intent: Stripe.SetupIntent, decline: Decline) {
  const method = structuredClone(step.books.paymentMethods.get(intent.payment_method as string)!);
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_setup_error = {
    code: decline.code,
    ...(decline.declineCode && { decline_code: decline.declineCode }),
    message: messageOf(decline),
    payment_method: method,
    type: 'card_error',
  };
  emit(step, 'setup_intent.setup_failed', intent);
  return cardError(decline, { payment_method: method, setup_intent: intent });
}

function cancel(step: Step, id: string): Stripe.SetupIntent {
  const intent = setupIntentOf(step, id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw unexpectedState(
      'setup_intent_unexpected_state',
      `You cannot cancel this SetupIntent because it has a status of ${intent.status}.`,
      { setup_intent: intent },
    );
  }
  intent.status = 'canceled';
  intent.next_action = null;
  emit(step, 'setup_intent.canceled', intent);
  return intent;
}

export const setupIntentOperations = [
  operation('setup_intents.create', 'POST', '/v1/setup_intents', createParams, createSetupIntent),
  operation(
    'setup_intents.retrieve',
    'GET',
    '/v1/setup_intents/:id',
    accepts({ client_secret: ignored }),
    (step, _, id) => setupIntentOf(step, id),
  ),
  operation(
    'setup_intents.confirm',
    'POST',
    '/v1/setup_intents/:id/confirm',
    confirmParams,
    (step, params, id) => confirm(step, setupIntentOf(step, id), params),
  ),
  operation(
    'setup_intents.cancel',
    'POST',
    '/v1/setup_intents/:id/cancel',
    accepts({ cancellation_reason: ignored }),
    (step, _, id) => cancel(step, id),
  ),
  operation(
    'setup_intents.list',
    'GET',
    '/v1/setup_intents',
    listOf({ customer: text.optional(), payment_method: text.optional() }),
    (step, params) =>
      list(
        '/v1/setup_intents',
        [...step.books.setupIntents.values()].filter(
          intent =>
            (params.customer === undefined || intent.customer === params.customer) &&
            (params.payment_method === undefined || intent.payment_method === params.payment_method),
        ),
        params,
      ),
  ),
];
