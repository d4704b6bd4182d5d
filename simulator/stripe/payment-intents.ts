import type Stripe from 'stripe';
import { z } from 'zod';
import { confirm, confirmation, intentOf, stateError } from './confirm-payment.ts';
import { checkChargeable, checkCurrency } from './currencies.ts';
import { customerOf } from './customers.ts';
import { invalidRequest } from './errors.ts';
import { cancelHold, captureHold } from './holds.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import {
  accepts,
  emptyable,
  flag,
  ignored,
  integer,
  listOf,
  mergeMetadata,
  metadata,
  positive,
  text,
} from './params.ts';
import { paymentMethodOf } from './payment-methods.ts';
import { redirects } from './redirects.ts';
import { search } from './search.ts';
import { emit, newId, randomText, type Step, seconds } from './world.ts';

const currency = text.toLowerCase();
const captureMethod = z.enum(['automatic', 'automatic_async', 'manual']);

const createParams = accepts({
  ...confirmation,
  amount: positive,
  automatic_payment_methods: redirects,
  capture_method: captureMethod.optional(),
  confirm: flag.optional(),
  confirmation_method: z.enum(['automatic', 'manual']).optional(),
  currency,
  customer: text.optional(),
  description: text.optional(),
  metadata,
  statement_descriptor: ignored,
  statement_descriptor_suffix: text.max(22).optional(),
  transfer_group: ignored,
});

const updateParams = accepts({
  amount: positive.optional(),
  customer: text.optional(),
  description: emptyable.optional(),
  metadata,
  payment_method: text.optional(),
  receipt_email: emptyable.optional(),
});

function create(step: Step, params: z.infer<typeof createParams>): Stripe.PaymentIntent {
  checkCurrency(params.currency);
  checkChargeable(params.amount, params.currency, 'amount');
  if (params.customer) customerOf(step, params.customer, 'customer');
  if (params.off_session && !params.confirm) {
    throw invalidRequest('You can only set `off_session` when `confirm` is `true`.', {
      param: 'off_session',
    });
  }
  const cardsOnly = params.allowed_payment_method_types;
  const id = newId('pi');
  const intent: Stripe.PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: cardsOnly ?? null,
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: cardsOnly
      ? null
      : { enabled: true, allow_redirects: params.automatic_payment_methods?.allow_redirects ?? 'always' },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${randomText(24)}`,
    confirmation_method: params.confirmation_method ?? 'automatic',
    created: seconds(step),
    currency: params.currency,
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: params.payment_method ? paymentMethodOf(step, params.payment_method).id : null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: cardsOnly ?? ['card'],
    payment_record: null,
    processing: null,
    receipt_email: params.receipt_email ?? null,
    review: null,
    setup_future_usage: params.setup_future_usage || null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
    status: params.payment_method ? 'requires_confirmation' : 'requires_payment_method',
    transfer_group: null,
  };
  step.books.paymentIntents.set(id, intent);
  emit(step, 'payment_intent.created', intent);
  if (!params.confirm) return intent;
  // the payment method a test card stood for was made above
  return confirm(step, intent, { ...params, payment_method: intent.payment_method as string | undefined });
}

function update(step: Step, params: z.infer<typeof updateParams>, id: string): Stripe.PaymentIntent {
  const intent = intentOf(step, id);
  const changesPayment =
    params.amount !== undefined || params.payment_method !== undefined || params.customer !== undefined;
  const open = ['requires_payment_method', 'requires_confirmation', 'requires_action'];
  if (changesPayment && !open.includes(intent.status)) throw stateError(intent, 'updated', open);
  if (params.amount !== undefined) {
    checkChargeable(params.amount, intent.currency, 'amount');
    intent.amount = params.amount;
  }
  if (params.customer) intent.customer = customerOf(step, params.customer, 'customer').id;
  if (params.payment_method) {
    intent.payment_method = paymentMethodOf(step, params.payment_method).id;
    if (intent.status === 'requires_payment_method') intent.status = 'requires_confirmation';
  }
  if (params.description !== undefined) intent.description = params.description || null;
  if (params.receipt_email !== undefined) intent.receipt_email = params.receipt_email || null;
  intent.metadata = mergeMetadata(intent.metadata, params.metadata);
  return intent;
}

const captureParams = accepts({
  amount_to_capture: integer.optional(),
  final_capture: flag.optional(),
  metadata,
  statement_descriptor: ignored,
  statement_descriptor_suffix: ignored,
});

const cancelParams = accepts({
  cancellation_reason: z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer']).optional(),
});

export const paymentIntentOperations = [
  operation('payment_intents.create', 'POST', '/v1/payment_intents', createParams, create),
  operation(
    'payment_intents.search',
    'GET',
    '/v1/payment_intents/search',
    accepts({ query: text, limit: positive.optional(), page: text.optional() }),
    (step, params) => search(step, '/v1/payment_intents/search', step.books.paymentIntents.values(), params),
  ),
  operation(
    'payment_intents.retrieve',
    'GET',
    '/v1/payment_intents/:id',
    accepts({ client_secret: ignored }),
    (step, _, id) => intentOf(step, id),
  ),
  operation('payment_intents.update', 'POST', '/v1/payment_intents/:id', updateParams, update),
  operation(
    'payment_intents.confirm',
    'POST',
    '/v1/payment_intents/:id/confirm',
    accepts({ ...confirmation, capture_method: captureMethod.optional() }),
    (step, params, id) => {
      const intent = intentOf(step, id);
      if (params.capture_method) intent.capture_method = params.capture_method;
      return confirm(step, intent, params);
    },
  ),
  operation(
    'payment_intents.capture',
    'POST',
    '/v1/payment_intents/:id/capture',
    captureParams,
    (step, params, id) => captureHold(step, intentOf(step, id), params),
  ),
  operation(
    'payment_intents.cancel',
    'POST',
    '/v1/payment_intents/:id/cancel',
    cancelParams,
    (step, params, id) => cancelHold(step, intentOf(step, id), params.cancellation_reason ?? null),
  ),
  operation(
    'payment_intents.list',
    'GET',
    '/v1/payment_intents',
    listOf({ customer: text.optional() }),
    (step, params) =>
      list(
        '/v1/payment_intents',
        [...step.books.paymentIntents.values()].filter(
          intent => params.customer === undefined || intent.customer === params.customer,
        ),
        params,
      ),
  ),
];
