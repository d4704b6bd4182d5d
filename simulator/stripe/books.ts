import type Stripe from 'stripe';
import type { TestCard } from './cards.ts';

/** An event as it was sent: the object in it is the state at that moment. */
export interface StripeEvent {
  id: string;
  object: 'event';
  api_version: string;
  created: number;
  data: { object: object; previous_attributes?: object };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: Stripe.Event['type'];
}

/** Everything the loopback knows, by id, oldest first; amounts in minor units, times in seconds. */
export interface Books {
  readonly customers: Map<string, Stripe.Customer>;
  /** They can be retrieved still, as deleted, and used for nothing. */
  readonly deletedCustomers: Set<string>;
  readonly paymentMethods: Map<string, Stripe.PaymentMethod>;
  readonly setupIntents: Map<string, Stripe.SetupIntent>;
  readonly checkoutSessions: Map<string, Stripe.Checkout.Session>;
  readonly paymentIntents: Map<string, Stripe.PaymentIntent>;
  readonly charges: Map<string, Stripe.Charge>;
  /** What was not captured of a hold is among them, as at Stripe: see `released`. */
  readonly refunds: Map<string, Stripe.Refund>;
  readonly disputes: Map<string, Stripe.Dispute>;
  readonly events: Map<string, StripeEvent>;
  readonly webhookEndpoints: Map<string, Stripe.WebhookEndpoint>;
  /** Ids of the refunds that let go of a hold: no money came back, for none had gone. */
  readonly released: Set<string>;
  /** What is behind each payment method. */
  readonly cards: Map<string, SavedCard>;
}

interface SavedCard {
  readonly card: TestCard;
  /** The driver was asked at its set-up. */
  authenticated: boolean;
  /** Detached from its customer, or charged without one: it may not be used again. */
  spent: boolean;
}

export const emptyBooks = (): Books => ({
  customers: new Map(),
  deletedCustomers: new Set(),
  paymentMethods: new Map(),
  setupIntents: new Map(),
  checkoutSessions: new Map(),
  paymentIntents: new Map(),
  charges: new Map(),
  refunds: new Map(),
  disputes: new Map(),
  events: new Map(),
  webhookEndpoints: new Map(),
  released: new Set(),
  cards: new Map(),
});

const TABLES = {
  cus: 'customers',
  pm: 'paymentMethods',
  seti: 'setupIntents',
  cs: 'checkoutSessions',
  pi: 'paymentIntents',
  ch: 'charges',
  re: 'refunds',
  du: 'disputes',
  evt: 'events',
  we: 'webhookEndpoints',
} as const satisfies Record<string, Exclude<keyof Books, 'cards' | 'deletedCustomers' | 'released'>>;

export type Prefix = keyof typeof TABLES;

export function findById(books: Books, id: string): object | undefined {
  const table = TABLES[id.split('_')[0] as Prefix];
  return table && books[table].get(id);
}

/** What one payment intent comes to, to the cent: held still, captured, given back of the captured. */
export function settlementOf(books: Books, paymentIntentId: string) {
  const intent = books.paymentIntents.get(paymentIntentId);
  const refunds = [...books.refunds.values()].filter(
    refund =>
      refund.payment_intent === paymentIntentId &&
      refund.status !== 'failed' &&
      !books.released.has(refund.id),
  );
  return {
    held: intent?.amount_capturable ?? 0,
    captured: intent?.amount_received ?? 0,
    refunded: refunds.reduce((sum, refund) => sum + refund.amount, 0),
  };
}
