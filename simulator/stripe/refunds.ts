import type Stripe from 'stripe';
import { z } from 'zod';
import { shown } from './currencies.ts';
import { invalidRequest } from './errors.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, listOf, mergeMetadata, metadata, positive, text } from './params.ts';
import { emit, found, newId, randomText, type Step, seconds } from './world.ts';

const createParams = accepts({
  amount: positive.optional(),
  charge: text.optional(),
  metadata,
  payment_intent: text.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
});

function chargeToRefund(step: Step, params: z.infer<typeof createParams>): Stripe.Charge {
  if ((params.charge === undefined) === (params.payment_intent === undefined)) {
    throw invalidRequest(
      'One of the following params should be provided for this request: payment_intent or charge.',
    );
  }
  if (params.charge !== undefined) {
    const charge = found(step.books.charges, 'charge', params.charge, 'charge');
    if (!charge.captured)
      throw invalidRequest(`Charge ${charge.id} has not been captured; cancel its PaymentIntent.`);
    return charge;
  }
  const intent = found(step.books.paymentIntents, 'payment_intent', params.payment_intent!, 'payment_intent');
  if (intent.status !== 'succeeded') {
    throw invalidRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
  }
  return step.books.charges.get(intent.latest_charge as string)!;
}

function create(step: Step, params: z.infer<typeof createParams>): Stripe.Refund {
  const charge = chargeToRefund(step, params);
  if (charge.disputed) {
    throw invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  const left = charge.amount - charge.amount_refunded;
  if (left === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  const amount = params.amount ?? left;
  if (amount > left) {
    throw invalidRequest(
      `Refund amount (${shown(amount, charge.currency)}) is greater than unrefunded amount on charge (${shown(left, charge.currency)})`,
      { param: 'amount' },
    );
  }
  const pends = step.books.cards.get(charge.payment_method!)!.card.refundsPend;
  const refund = addRefund(step, charge, amount, {
    reason: params.reason ?? null,
    metadata: mergeMetadata({}, params.metadata),
    status: pends ? 'pending' : 'succeeded',
  });
  emit(step, 'charge.refunded', charge);
  return refund;
}

/** In the books and on the charge; who calls says what it means (`charge.refunded`). */
export function addRefund(
  step: Step,
  charge: Stripe.Charge,
  amount: number,
  more: Partial<Pick<Stripe.Refund, 'metadata' | 'reason' | 'status'>>,
): Stripe.Refund {
  const refund: Stripe.Refund = {
    id: newId('re'),
    object: 'refund',
    amount,
    balance_transaction: charge.captured ? `txn_${randomText(24)}` : null,
    charge: charge.id,
    created: seconds(step),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: { card: { type: 'refund' }, type: 'card' },
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
    ...more,
  };
  step.books.refunds.set(refund.id, refund);
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  emit(step, 'refund.created', refund);
  return refund;
}

/** What becomes of a pending refund; one that fails gives the charge its amount back. */
export function settleRefund(step: Step, id: string, status: 'succeeded' | 'failed'): Stripe.Refund {
  const refund = found(step.books.refunds, 'refund', id);
  if (refund.status !== 'pending') throw invalidRequest(`Refund ${id} has a status of ${refund.status}.`);
  refund.status = status;
  if (status === 'failed') {
    const charge = step.books.charges.get(refund.charge as string)!;
    refund.failure_reason = 'expired_or_canceled_card';
    charge.amount_refunded -= refund.amount;
    charge.refunded = false;
    emit(step, 'refund.failed', refund);
  }
  emit(step, 'refund.updated', refund);
  emit(step, 'charge.refund.updated', refund);
  return refund;
}

export const refundOperations = [
  operation('refunds.create', 'POST', '/v1/refunds', createParams, create),
  operation('refunds.retrieve', 'GET', '/v1/refunds/:id', accepts({}), (step, _, id) =>
    found(step.books.refunds, 'refund', id),
  ),
  operation('refunds.update', 'POST', '/v1/refunds/:id', accepts({ metadata }), (step, params, id) => {
    const refund = found(step.books.refunds, 'refund', id);
    refund.metadata = mergeMetadata(refund.metadata, params.metadata);
    return refund;
  }),
  operation(
    'refunds.list',
    'GET',
    '/v1/refunds',
    listOf({ charge: text.optional(), payment_intent: text.optional() }),
    (step, params) =>
      list(
        '/v1/refunds',
        [...step.books.refunds.values()].filter(
          refund =>
            (params.charge === undefined || refund.charge === params.charge) &&
            (params.payment_intent === undefined || refund.payment_intent === params.payment_intent),
        ),
        params,
      ),
  ),
];
