import type { PaymentStatus } from './transaction.entity.ts';

export const PAYMENT_STATES = [
  'open',
  'authorized',
  'refused',
  'captured',
  'released',
  'failed',
  'refunded',
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/**
 * Which step a payment may take. `open`: nothing is held. `refused`: the hold was not granted. `released`: nothing was
 * owed. `failed`: what is owed could not be had. A bill may still grow after it was paid for (idle time), and a charge
 * that was given up may begin after all: so what looks settled may open again.
 */
const ALLOWED: Record<PaymentState, readonly PaymentState[]> = {
  open: ['authorized', 'refused', 'captured', 'released', 'failed'],
  authorized: ['open', 'captured', 'released', 'failed', 'refunded'],
  refused: ['open', 'authorized', 'captured', 'released', 'failed'],
  captured: ['failed', 'refunded', 'authorized', 'open'],
  released: ['open', 'authorized', 'captured', 'failed'],
  failed: ['open', 'captured', 'released', 'refunded'],
  refunded: ['captured'],
};

/** Takes the step. Throws where there is none: a fault of ours. */
export function advancePayment(payment: { state: PaymentState }, next: PaymentState): void {
  if (payment.state === next) return;
  if (!ALLOWED[payment.state].includes(next)) {
    throw new Error(`A payment that is ${payment.state} cannot become ${next}.`);
  }
  payment.state = next;
}

/** What the callers are told. */
export const publicStatus = (state: PaymentState): PaymentStatus | null =>
  ({
    open: null,
    authorized: 'authorized' as const,
    refused: 'failed' as const,
    captured: 'captured' as const,
    released: null,
    failed: 'failed' as const,
    refunded: 'refunded' as const,
  })[state];

/** What is known of a payment when the next step is to be found. Minor units. */
export interface PaymentFacts {
  readonly state: PaymentState;
  /** Null while the session runs. */
  readonly owed: bigint | null;
  readonly captured: bigint;
  readonly waived: bigint;
  readonly holdAmount: bigint | null;
  readonly held: bigint;
  readonly holdIntentId: string | null;
  readonly staleIntentId: string | null;
  /** The hold is about to run out. */
  readonly isExpiring: boolean;
  /** What the running session would owe by now. */
  readonly owedByNow: bigint;
  /** The bank would not renew the hold: what is owed by now is taken instead. */
  readonly isRenewalRefused: boolean;
  /** The next part of a refund that was decided. */
  readonly refund: { readonly id: string; readonly paymentIntentId: string; readonly amount: bigint } | null;
}

export type PaymentStep =
  | { readonly kind: 'hold'; readonly amount: bigint }
  | { readonly kind: 'charge'; readonly amount: bigint }
  | { readonly kind: 'capture'; readonly amount: bigint; readonly paymentIntentId: string }
  | { readonly kind: 'cancel'; readonly amount: bigint; readonly paymentIntentId: string }
  | {
      readonly kind: 'refund';
      readonly amount: bigint;
      readonly paymentIntentId: string;
      readonly refundId: string;
    };

/** The one next thing to ask of Stripe; null where there is nothing. */
export function nextStep(facts: PaymentFacts): PaymentStep | null {
  const { holdIntentId, staleIntentId, refund } = facts;
  if (staleIntentId) return letGo(staleIntentId);
  // one that could not be captured
  if (holdIntentId && facts.state === 'failed') return letGo(holdIntentId);
  const step = facts.owed === null ? whileRunning(facts) : atTheEnd(facts, facts.owed);
  if (step) return step;
  return refund && !holdIntentId
    ? {
        kind: 'refund',
        amount: refund.amount,
        paymentIntentId: refund.paymentIntentId,
        refundId: refund.id,
      }
    : null;
}

const letGo = (paymentIntentId: string): PaymentStep => ({ kind: 'cancel', amount: 0n, paymentIntentId });

function whileRunning(facts: PaymentFacts): PaymentStep | null {
  const { holdAmount, holdIntentId, isExpiring } = facts;
  if (holdAmount === null) return null;
  if (holdIntentId === null) {
    return facts.state === 'open' && facts.captured === 0n ? { kind: 'hold', amount: holdAmount } : null;
  }
  if (!isExpiring) return null;
  if (!facts.isRenewalRefused) return { kind: 'hold', amount: holdAmount };
  const due = min(facts.owedByNow - facts.captured, facts.held);
  return due > 0n ? { kind: 'capture', amount: due, paymentIntentId: holdIntentId } : null;
}

function atTheEnd(facts: PaymentFacts, owed: bigint): PaymentStep | null {
  const { holdIntentId, state } = facts;
  const due = owed - facts.captured - facts.waived;
  if (holdIntentId !== null) {
    return due > 0n
      ? { kind: 'capture', amount: min(due, facts.held), paymentIntentId: holdIntentId }
      : letGo(holdIntentId);
  }
  const isGivenUp = state === 'failed' || state === 'refunded';
  return due > 0n && !isGivenUp ? { kind: 'charge', amount: due } : null;
}

/** What a bill comes to: below the minimum it is waived, above the maximum it is cut. */
export function payable(total: bigint, minimum: bigint | null, maximum: bigint | null): bigint {
  if (minimum !== null && total < minimum) return 0n;
  return maximum !== null && total > maximum ? maximum : total;
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
