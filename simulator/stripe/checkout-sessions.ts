import type Stripe from 'stripe';
import { z } from 'zod';
import { customerOf } from './customers.ts';
import { invalidRequest } from './errors.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, cardTypes, ignored, listOf, mergeMetadata, metadata, positive, text } from './params.ts';
import { authenticateSetup, confirm, createSetupIntent } from './setup-intents.ts';
import { emit, found, newId, type Step, seconds, type World } from './world.ts';

const DAY_SECONDS = 24 * 60 * 60;

const createParams = accepts({
  mode: z.literal('setup', 'only mode=setup is implemented by this loopback'),
  success_url: text.optional(),
  cancel_url: text.optional(),
  allowed_payment_method_types: cardTypes,
  client_reference_id: text.max(200).optional(),
  currency: text.toLowerCase().optional(),
  customer: text.optional(),
  customer_creation: z.enum(['always', 'if_required']).optional(),
  customer_email: text.optional(),
  expires_at: positive.optional(),
  locale: ignored,
  metadata,
  setup_intent_data: z.strictObject({ description: text.optional(), metadata }).optional(),
  ui_mode: z.literal('hosted_page', 'only ui_mode=hosted_page is implemented by this loopback').optional(),
});

const sessionOf = (step: Step, id: string): Stripe.Checkout.Session =>
  found(step.books.checkoutSessions, 'checkout.session', id);

/** https://docs.stripe.com/payments/checkout/save-and-reuse: the hosted page that saves a card. */
function create(step: Step, params: z.infer<typeof createParams>): Stripe.Checkout.Session {
  if (params.success_url === undefined) {
    throw invalidRequest('Missing required param: success_url.', {
      code: 'parameter_missing',
      param: 'success_url',
    });
  }
  if (params.currency === undefined && params.allowed_payment_method_types === undefined) {
    throw invalidRequest('You must specify `currency` in setup mode, or the payment method types.', {
      param: 'currency',
    });
  }
  if (params.customer) customerOf(step, params.customer, 'customer');
  const expiresAt = params.expires_at ?? seconds(step) + DAY_SECONDS;
  if (expiresAt < seconds(step) + 30 * 60 || expiresAt > seconds(step) + DAY_SECONDS) {
    throw invalidRequest(
      '`expires_at` must be between 30 minutes and 24 hours from Checkout Session creation.',
      {
        param: 'expires_at',
      },
    );
  }
  const setupIntent = createSetupIntent(step, {
    customer: params.customer,
    allowed_payment_method_types: params.allowed_payment_method_types,
    ...params.setup_intent_data,
  });
  const id = newId('cs');
  const session = {
    id,
    object: 'checkout.session',
    amount_subtotal: null,
    amount_total: null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    client_secret: null,
    created: seconds(step),
    currency: params.currency ?? null,
    customer: params.customer ?? null,
    customer_account: null,
    customer_email: params.customer_email ?? null,
    expires_at: expiresAt,
    livemode: false,
    locale: null,
    metadata: mergeMetadata({}, params.metadata),
    mode: 'setup',
    payment_intent: null,
    payment_method_types: ['card'],
    payment_status: 'no_payment_required',
    setup_intent: setupIntent.id,
    status: 'open',
    subscription: null,
    success_url: params.success_url,
    ui_mode: 'hosted_page',
    url: `${step.url}/c/pay/${id}`,
  } as Stripe.Checkout.Session;
  step.books.checkoutSessions.set(id, session);
  return session;
}

/** What the driver does on the hosted page, a request for their bank's consent included. */
export function completeCheckout(step: Step, id: string, paymentMethod: string): Stripe.Checkout.Session {
  const session = openSessionOf(step, id, 'complete');
  const intent = found(step.books.setupIntents, 'setupintent', session.setup_intent as string);
  confirm(step, intent, { payment_method: paymentMethod });
  if (intent.status === 'requires_action') authenticateSetup(step, intent.id, true);
  session.status = 'complete';
  session.url = null;
  emit(step, 'checkout.session.completed', session);
  return session;
}

function openSessionOf(step: Step, id: string, verb: string): Stripe.Checkout.Session {
  const session = sessionOf(step, id);
  if (session.status === 'open') return session;
  throw invalidRequest(
    `Only Checkout Sessions with a status in ["open"] can be ${verb}d. This Checkout Session has a status of \`${session.status}\`.`,
  );
}

function expire(step: Step, session: Stripe.Checkout.Session): Stripe.Checkout.Session {
  session.status = 'expired';
  session.url = null;
  emit(step, 'checkout.session.expired', session);
  return session;
}

/** Ends the sessions whose time is over. */
export function expireSessions(world: World): void {
  const step: Step = { ...world, request: { id: null, idempotencyKey: null } };
  for (const session of world.books.checkoutSessions.values()) {
    if (session.status === 'open' && session.expires_at <= seconds(world)) expire(step, session);
  }
}

export const checkoutSessionOperations = [
  operation('checkout.sessions.create', 'POST', '/v1/checkout/sessions', createParams, create),
  operation('checkout.sessions.retrieve', 'GET', '/v1/checkout/sessions/:id', accepts({}), (step, _, id) =>
    sessionOf(step, id),
  ),
  operation(
    'checkout.sessions.expire',
    'POST',
    '/v1/checkout/sessions/:id/expire',
    accepts({}),
    (step, _, id) => expire(step, openSessionOf(step, id, 'expire')),
  ),
  operation(
    'checkout.sessions.list',
    'GET',
    '/v1/checkout/sessions',
    listOf({ customer: text.optional(), status: text.optional() }),
    (step, params) =>
      list(
        '/v1/checkout/sessions',
        [...step.books.checkoutSessions.values()].filter(
          session =>
            (params.customer === undefined || session.customer === params.customer) &&
            (params.status === undefined || session.status === params.status),
        ),
        params,
      ),
  ),
];
