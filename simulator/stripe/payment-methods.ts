import type Stripe from 'stripe';
import { z } from 'zod';
import { AUTHENTICATION_REQUIRED, messageOf, TEST_CARDS } from './cards.ts';
import { invalidRequest, StripeFailure } from './errors.ts';
import type { Decline } from './faults.ts';
import { operation } from './operation.ts';
import { accepts, ignored, mergeMetadata, metadata, text } from './params.ts';
import { emit, found, newId, randomText, type Step, seconds } from './world.ts';

/** The stored payment method, or a fresh one where a test card is named: `pm_card_visa`. */
export function paymentMethodOf(step: Step, id: string, param = 'payment_method'): Stripe.PaymentMethod {
  return TEST_CARDS[id]
    ? fromTestCard(step, id)
    : found(step.books.paymentMethods, 'PaymentMethod', id, param);
}

function fromTestCard(step: Step, token: string): Stripe.PaymentMethod {
  const card = TEST_CARDS[token]!;
  const method: Stripe.PaymentMethod = {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: 12,
      exp_year: new Date(step.now()).getUTCFullYear() + 3,
      fingerprint: randomText(16),
      funding: card.funding,
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: seconds(step),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
  step.books.paymentMethods.set(method.id, method);
  step.books.cards.set(method.id, { card, authenticated: false, spent: false });
  return method;
}

/** Saves it for the customer, unless the bank refuses. The caller says so (`payment_method.attached`). */
export function attach(step: Step, id: string, customerId: string): Stripe.PaymentMethod {
  const method = paymentMethodOf(step, id);
  if (method.customer === customerId) return method;
  if (method.customer !== null) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.');
  }
  const saved = step.books.cards.get(method.id)!;
  if (saved.spent) {
    throw invalidRequest(
      'This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.',
    );
  }
  const { onSetup } = saved.card;
  const decline = injectedDecline(step) ?? (typeof onSetup === 'object' ? onSetup.decline : undefined);
  if (decline) throw cardError(decline, { payment_method: method });
  method.customer = customerId;
  return method;
}

/** The refusal a test asked for, where the bank has nobody to ask. */
function injectedDecline({ request }: Step): Decline | undefined {
  return request.decline === 'authenticates' ? AUTHENTICATION_REQUIRED : request.decline;
}

/** A card error (402) as the bank's refusal makes it. */
export function cardError(decline: Decline, details: object): StripeFailure {
  return new StripeFailure(402, 'card_error', messageOf(decline), {
    code: decline.code,
    ...(decline.declineCode && { decline_code: decline.declineCode }),
    ...structuredClone(details),
  });
}

export function detach(step: Step, method: Stripe.PaymentMethod): Stripe.PaymentMethod {
  const { customer } = method;
  if (customer === null) {
    throw invalidRequest(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      { param: 'payment_method' },
    );
  }
  method.customer = null;
  step.books.cards.get(method.id)!.spent = true;
  const owner = step.books.customers.get(customer as string);
  if (owner?.invoice_settings.default_payment_method === method.id) {
    owner.invoice_settings.default_payment_method = null;
  }
  emit(step, 'payment_method.detached', method, { customer });
  return method;
}

const cardDetails = z.union([
  z.strictObject({ token: z.string().startsWith('tok_') }),
  z.strictObject({ number: text, exp_month: text, exp_year: text, cvc: text.optional() }),
]);

/** Raw card numbers are refused, as they are for whoever has no certificate for them. */
function create(
  step: Step,
  params: {
    type: 'card';
    card: z.infer<typeof cardDetails>;
    metadata?: '' | Record<string, string> | undefined;
  },
): Stripe.PaymentMethod {
  if ('number' in params.card) {
    throw new StripeFailure(
      402,
      'card_error',
      'Sending credit card numbers directly to the Stripe API is generally unsafe. To continue processing use Stripe.js, the Stripe mobile bindings, or Stripe Elements.',
    );
  }
  const token = params.card.token.replace(/^tok_/, 'pm_card_');
  if (!TEST_CARDS[token])
    throw invalidRequest(`No such token: '${params.card.token}'`, {
      code: 'resource_missing',
      param: 'card[token]',
    });
  const method = fromTestCard(step, token);
  method.metadata = mergeMetadata({}, params.metadata);
  return method;
}

export const paymentMethodOperations = [
  operation(
    'payment_methods.create',
    'POST',
    '/v1/payment_methods',
    accepts({ type: z.literal('card'), card: cardDetails, billing_details: ignored, metadata }),
    create,
  ),
  operation('payment_methods.retrieve', 'GET', '/v1/payment_methods/:id', accepts({}), (step, _, id) =>
    paymentMethodOf(step, id),
  ),
  operation(
    'payment_methods.update',
    'POST',
    '/v1/payment_methods/:id',
    accepts({ metadata, billing_details: ignored, allow_redisplay: ignored }),
    (step, params, id) => {
      const method = paymentMethodOf(step, id);
      method.metadata = mergeMetadata(method.metadata, params.metadata);
      emit(step, 'payment_method.updated', method);
      return method;
    },
  ),
  operation(
    'payment_methods.attach',
    'POST',
    '/v1/payment_methods/:id/attach',
    accepts({ customer: text }),
    (step, params, id) => {
      found(step.books.customers, 'customer', params.customer, 'customer');
      const method = attach(step, id, params.customer);
      emit(step, 'payment_method.attached', method);
      return method;
    },
  ),
  operation('payment_methods.detach', 'POST', '/v1/payment_methods/:id/detach', accepts({}), (step, _, id) =>
    detach(step, paymentMethodOf(step, id)),
  ),
];
