import type Stripe from 'stripe';
import { messageOf } from './cards.ts';
import type { Decline } from './faults.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, listOf, text } from './params.ts';
import { found, newId, randomText, type Step, seconds } from './world.ts';

type Result = { held: true } | { captured: true } | { decline: Decline };

/** The attempt on the card, kept whether or not the bank agreed. */
export function newCharge(
  step: Step,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  result: Result,
): Stripe.Charge {
  const declined = 'decline' in result ? result.decline : undefined;
  const captured = 'captured' in result;
  const charge: Stripe.Charge = {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: captured ? `txn_${randomText(24)}` : null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'LOOPBACK',
    captured,
    created: seconds(step),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: declined?.code ?? null,
    failure_message: declined ? messageOf(declined) : null,
    fraud_details: {},
    livemode: false,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: declined ? 'declined_by_network' : 'approved_by_network',
      reason: declined ? (declined.declineCode ?? declined.code) : null,
      risk_level: 'normal',
      seller_message: declined
        ? 'The bank did not return any further details with this decline.'
        : 'Payment complete.',
      type: declined ? 'issuer_declined' : 'authorized',
    },
    paid: declined === undefined,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { card: cardDetails(step, intent, method, 'held' in result), type: 'card' },
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: declined ? 'failed' : 'succeeded',
    transfer_data: null,
    transfer_group: null,
  };
  step.books.charges.set(charge.id, charge);
  return charge;
}

function cardDetails(step: Step, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod, held: boolean) {
  const card = method.card!;
  return {
    amount_authorized: intent.amount,
    authorization_code: null,
    brand: card.brand,
    ...(held && { capture_before: seconds(step) + step.holdSeconds }),
    checks: card.checks,
    country: card.country,
    electronic_commerce_indicator: null,
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    extended_authorization: { status: 'disabled' as const },
    fingerprint: card.fingerprint ?? null,
    funding: card.funding,
    incremental_authorization: { status: 'unavailable' as const },
    installments: null,
    last4: card.last4,
    mandate: null,
    multicapture: { status: 'unavailable' as const },
    network: card.brand,
    network_transaction_id: randomText(15),
    overcapture: { maximum_amount_capturable: intent.amount, status: 'unavailable' as const },
    regulated_status: card.regulated_status,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  };
}

export const chargeOperations = [
  operation('charges.retrieve', 'GET', '/v1/charges/:id', accepts({}), (step, _, id) =>
    found(step.books.charges, 'charge', id),
  ),
  operation(
    'charges.list',
    'GET',
    '/v1/charges',
    listOf({ customer: text.optional(), payment_intent: text.optional() }),
    (step, params) =>
      list(
        '/v1/charges',
        [...step.books.charges.values()].filter(
          charge =>
            (params.customer === undefined || charge.customer === params.customer) &&
            (params.payment_intent === undefined || charge.payment_intent === params.payment_intent),
        ),
        params,
      ),
  ),
];
