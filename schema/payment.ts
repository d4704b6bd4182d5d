import {
  type Card,
  createSetupCheckout,
  createSetupIntent,
  listCards,
  removeCard,
  setDefaultCard,
} from '../src/domains/payments/cards.ts';
import { OPERATION_KINDS, type PaymentOperation } from '../src/domains/payments/payment.entity.ts';
import {
  operationsOfSessions,
  type PaymentReport,
  paymentReport,
  paymentStatuses,
  requirePaymentsHere,
} from '../src/domains/payments/payment-report.ts';
import { refundTransaction, retryPayment } from '../src/domains/payments/refunds.ts';
import {
  AuthenticationRequiredError,
  ConflictError,
  PaymentFailedError,
  PaymentsNotEnabledError,
  StripeError,
} from '../src/kernel/errors.ts';
import { batched } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';
import { MoneyRef } from './money.ts';
import { SessionRef, TransactionRef } from './refs.ts';
import { PaymentStatus } from './transaction.ts';

const CardRef = builder.objectRef<Card>('Card').implement({
  description: 'A card that a driver has saved.',
  subGraphs: ['billing'],
  fields: t => ({
    paymentMethodId: t.string({ description: "Stripe's.", resolve: card => card.id }),
    brand: t.exposeString('brand'),
    last4: t.exposeString('last4'),
    expMonth: t.exposeInt('expMonth'),
    expYear: t.exposeInt('expYear'),
    isDefault: t.exposeBoolean('isDefault', { description: 'Charges go to it.' }),
  }),
});

const SetupIntentRef = builder
  .objectRef<{ clientSecret: string; publishableKey: string }>('SetupIntent')
  .implement({
    description: "What Stripe's own components need to save a card.",
    subGraphs: ['billing'],
    fields: t => ({
      clientSecret: t.exposeString('clientSecret'),
      publishableKey: t.exposeString('publishableKey'),
    }),
  });

const SetupCheckoutRef = builder.objectRef<{ url: string }>('SetupCheckout').implement({
  description: "Stripe's own page for saving a card.",
  subGraphs: ['billing'],
  fields: t => ({ url: t.exposeString('url') }),
});

const CardsPayload = builder.objectRef<{ cards: Card[] }>('CardsPayload').implement({
  subGraphs: ['billing'],
  fields: t => ({ cards: t.field({ type: [CardRef], resolve: ({ cards }) => cards }) }),
});

const PaymentReportRef = builder.objectRef<PaymentReport>('PaymentReport').implement({
  description: 'How it stands with the payment of a session.',
  subGraphs: ['billing'],
  fields: t => ({
    session: t.field({ type: SessionRef, resolve: report => report.sessionId }),
    paymentStatus: t.expose('paymentStatus', { type: PaymentStatus, nullable: true }),
    isFree: t.exposeBoolean('isFree'),
    total: t.expose('total', { type: MoneyRef, description: 'By now, while the session runs.' }),
  }),
});

const billing = inSubGraph('billing');
const statusOf = batched(paymentStatuses, null);

billing.objectField(SessionRef, 'paymentStatus', t =>
  t.field({
    type: PaymentStatus,
    nullable: true,
    description: 'Null where nothing is held or owed.',
    resolve: (session, _, ctx) => statusOf(ctx, session.id),
  }),
);

billing.queryFields(t => ({
  cards: t.field({
    type: [CardRef],
    description: "The signed-in driver's, the newest first.",
    resolve: (_, __, ctx) => listCards(ctx),
  }),
  paymentsEnabled: t.boolean({
    description: "True, or the error payments_not_enabled: whether the driver's network takes payments.",
    resolve: (_, __, ctx) => requirePaymentsHere(ctx),
  }),
  paymentReport: t.field({
    type: PaymentReportRef,
    description: "Of a session of the signed-in driver's. It charges nothing.",
    args: { sessionId: t.arg.globalID({ required: true, for: SessionRef }) },
    resolve: (_, { sessionId }, ctx) => paymentReport(ctx, sessionId.id),
  }),
}));

const cardErrors = [
  ...commonErrors,
  PaymentsNotEnabledError,
  PaymentFailedError,
  AuthenticationRequiredError,
  StripeError,
];

const OperationKind = builder.enumType('PaymentOperationKind', {
  values: Object.fromEntries(OPERATION_KINDS.map(kind => [kind.toUpperCase(), { value: kind }])) as {
    [Kind in (typeof OPERATION_KINDS)[number] as Uppercase<Kind>]: { value: Kind };
  },
});

const OperationStatus = builder.enumType('PaymentOperationStatus', {
  values: {
    PENDING: { value: 'pending', description: 'Written down, about to be asked.' },
    SUCCEEDED: { value: 'succeeded' },
    FAILED: { value: 'failed' },
    UNKNOWN: { value: 'unknown', description: 'Asked, and nobody knows yet what came of it.' },
  } as const,
});

const OperationRef = builder.objectRef<PaymentOperation>('PaymentOperation').implement({
  description: 'One thing that was asked of Stripe for a session.',
  subGraphs: ['billing'],
  fields: t => ({
    kind: t.expose('kind', { type: OperationKind }),
    status: t.expose('status', { type: OperationStatus }),
    amount: t.field({
      type: MoneyRef,
      resolve: ({ amount, currency }) => ({ minor: BigInt(amount), currency }),
    }),
    paymentIntentId: t.exposeString('paymentIntentId', { nullable: true, description: "Stripe's." }),
    refundId: t.exposeString('stripeRefundId', { nullable: true, description: "Stripe's." }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: "Stripe's own word." }),
    declineCode: t.exposeString('declineCode', { nullable: true, description: "The bank's." }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    settledAt: t.expose('settledAt', { type: 'DateTime', nullable: true }),
  }),
});

const ledgerOf = batched<PaymentOperation[], PaymentOperation[]>(operationsOfSessions, []);

billing.objectField(SessionRef, 'paymentOperations', t =>
  t.field({
    type: [OperationRef],
    description: 'What was asked of Stripe, in its order. For operators; empty for drivers.',
    resolve: (session, _, ctx) => ledgerOf(ctx, session.id),
  }),
);

const RefundInput = builder.inputType('RefundInput', {
  fields: t => ({
    transactionId: t.globalID({ required: true, for: TransactionRef }),
    amount: t.field({ type: 'Decimal', description: 'Major units; all that is left where left out.' }),
    reason: t.string(),
    requestKey: t.string({
      description: 'A name of your own for this refund: the same again changes nothing.',
    }),
  }),
});

const refundErrors = [...commonErrors, ConflictError, PaymentFailedError, StripeError];

billing.mutationFields(t => ({
  refundTransaction: t.field({
    type: TransactionRef,
    description: 'Gives money back, never more than came in. Scope: billing.',
    errors: { types: refundErrors },
    args: { input: t.arg({ type: RefundInput, required: true }) },
    resolve: (_, { input }, ctx) =>
      refundTransaction(ctx, { ...input, transactionId: input.transactionId.id }),
  }),
  retryPayment: t.field({
    type: TransactionRef,
    description: 'Tries once more to get what is owed, after it was given up. Scope: billing.',
    errors: { types: refundErrors },
    args: { transactionId: t.arg.globalID({ required: true, for: TransactionRef }) },
    resolve: (_, { transactionId }, ctx) => retryPayment(ctx, transactionId.id),
  }),

  createSetupIntent: t.field({
    type: SetupIntentRef,
    description: 'Begins to save a card in an app of one’s own. For a driver. Scope: write.',
    errors: { types: cardErrors },
    resolve: (_, __, ctx) => createSetupIntent(ctx),
  }),
  createSetupCheckout: t.field({
    type: SetupCheckoutRef,
    description: 'Begins to save a card on Stripe’s own page. For a driver. Scope: write.',
    errors: { types: [...cardErrors, ConflictError] },
    resolve: (_, __, ctx) => createSetupCheckout(ctx),
  }),
  setDefaultCard: t.field({
    type: CardsPayload,
    description: 'Charges go to this card from now on. For a driver. Scope: write.',
    errors: { types: cardErrors },
    args: { paymentMethodId: t.arg.string({ required: true }) },
    resolve: async (_, { paymentMethodId }, ctx) => ({ cards: await setDefaultCard(ctx, paymentMethodId) }),
  }),
  removeCard: t.field({
    type: CardsPayload,
    description: 'For a driver. Scope: write.',
    errors: { types: cardErrors },
    args: { paymentMethodId: t.arg.string({ required: true }) },
    resolve: async (_, { paymentMethodId }, ctx) => ({ cards: await removeCard(ctx, paymentMethodId) }),
  }),
}));
