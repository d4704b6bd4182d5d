import type Stripe from 'stripe';
import { invalidRequest } from './errors.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, listOf, text } from './params.ts';
import { emit, found, newId, type Step, seconds } from './world.ts';

/** The bank takes the money back on the cardholder's word: https://docs.stripe.com/disputes */
export function openDispute(
  step: Step,
  charge: Stripe.Charge,
  amount = charge.amount_captured,
): Stripe.Dispute {
  if (!charge.captured || charge.disputed) throw invalidRequest(`Charge ${charge.id} cannot be disputed.`);
  const dispute = {
    id: newId('du'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: seconds(step),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence_details: {
      due_by: seconds(step) + 7 * 24 * 60 * 60,
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: 'fraudulent',
    status: 'needs_response',
  } as unknown as Stripe.Dispute;
  step.books.disputes.set(dispute.id, dispute);
  charge.disputed = true;
  emit(step, 'charge.dispute.created', dispute);
  emit(step, 'charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

export function closeDispute(step: Step, id: string, status: 'won' | 'lost'): Stripe.Dispute {
  const dispute = found(step.books.disputes, 'dispute', id);
  if (dispute.status !== 'needs_response') throw invalidRequest('This dispute is already closed');
  dispute.status = status;
  if (status === 'won') emit(step, 'charge.dispute.funds_reinstated', dispute);
  emit(step, 'charge.dispute.closed', dispute);
  return dispute;
}

export const disputeOperations = [
  operation('disputes.retrieve', 'GET', '/v1/disputes/:id', accepts({}), (step, _, id) =>
    found(step.books.disputes, 'dispute', id),
  ),
  operation('disputes.close', 'POST', '/v1/disputes/:id/close', accepts({}), (step, _, id) =>
    closeDispute(step, id, 'lost'),
  ),
  operation(
    'disputes.list',
    'GET',
    '/v1/disputes',
    listOf({ charge: text.optional(), payment_intent: text.optional() }),
    (step, params) =>
      list(
        '/v1/disputes',
        [...step.books.disputes.values()].filter(
          dispute =>
            (params.charge === undefined || dispute.charge === params.charge) &&
            (params.payment_intent === undefined || dispute.payment_intent === params.payment_intent),
        ),
        params,
      ),
  ),
];
