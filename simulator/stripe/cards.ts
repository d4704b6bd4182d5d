import type { Decline } from './faults.ts';

type Refusal = { readonly decline: Decline };

/** How a test card behaves: https://docs.stripe.com/testing */
export interface TestCard {
  readonly brand: string;
  readonly last4: string;
  readonly funding: 'credit' | 'debit';
  /** The bank's answer when it is saved. */
  readonly onSetup: 'succeeds' | 'authenticates' | Refusal;
  /** The bank's answer to a charge; `authenticates_unless_saved` is content with a set-up before. */
  readonly onCharge: 'succeeds' | 'authenticates' | 'authenticates_unless_saved' | Refusal;
  /** Refunds stay pending, and fail or succeed when the test says so. */
  readonly refundsPend?: boolean;
  readonly disputed?: boolean;
}

const card = (brand: string, last4: string, behaviour: Partial<TestCard> = {}): TestCard => ({
  brand,
  last4,
  funding: 'credit',
  onSetup: 'succeeds',
  onCharge: 'succeeds',
  ...behaviour,
});

const declined = (last4: string, code: string, declineCode?: string): TestCard => {
  const refusal = { decline: { code, ...(declineCode && { declineCode }) } };
  return card('visa', last4, { onSetup: refusal, onCharge: refusal });
};

export const TEST_CARDS: Readonly<Record<string, TestCard>> = {
  pm_card_visa: card('visa', '4242'),
  pm_card_visa_debit: card('visa', '5556', { funding: 'debit' }),
  pm_card_mastercard: card('mastercard', '4444'),
  pm_card_amex: card('amex', '8431'),
  pm_card_chargeDeclined: declined('0002', 'card_declined', 'generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: declined('9995', 'card_declined', 'insufficient_funds'),
  pm_card_chargeDeclinedLostCard: declined('9987', 'card_declined', 'lost_card'),
  pm_card_chargeDeclinedStolenCard: declined('9979', 'card_declined', 'stolen_card'),
  pm_card_chargeDeclinedExpiredCard: declined('0069', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: declined('0127', 'incorrect_cvc'),
  pm_card_chargeDeclinedProcessingError: declined('0119', 'processing_error'),
  /** Can be saved, and is declined ever after. */
  pm_card_chargeCustomerFail: card('visa', '0341', {
    onCharge: { decline: { code: 'card_declined', declineCode: 'generic_decline' } },
  }),
  /** Wants the driver each time. */
  pm_card_authenticationRequired: card('visa', '3184', {
    onSetup: 'authenticates',
    onCharge: 'authenticates',
  }),
  pm_card_threeDSecureRequired: card('visa', '3220', { onSetup: 'authenticates', onCharge: 'authenticates' }),
  /** Wants the driver once: at the set-up. */
  pm_card_authenticationRequiredOnSetup: card('visa', '3155', {
    onSetup: 'authenticates',
    onCharge: 'authenticates_unless_saved',
  }),
  pm_card_pendingRefund: card('visa', '7726', { refundsPend: true }),
  pm_card_createDispute: card('visa', '0259', { disputed: true }),
};

export const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
};

export function messageOf({ code, declineCode }: Decline): string {
  if (declineCode === 'insufficient_funds') return 'Your card has insufficient funds.';
  if (declineCode === 'authentication_required') {
    return 'Your card was declined. This transaction requires authentication.';
  }
  const messages: Record<string, string> = {
    expired_card: 'Your card has expired.',
    incorrect_cvc: "Your card's security code is incorrect.",
    processing_error: 'An error occurred while processing your card. Try again in a little bit.',
  };
  return messages[code] ?? 'Your card was declined.';
}
