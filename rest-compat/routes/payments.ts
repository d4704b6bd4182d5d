import { z } from 'zod';
import { nothing } from '../answers/fields.ts';
import { cards, paymentConfig, paymentReport, setupCheckout, setupIntent } from '../answers/payments.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { number, optional, uuid } from '../parameters.ts';
import { row } from '../row.ts';

const MODE = 'phevnix_managed';

interface Amount {
  amount: string;
}

const major = (money: Amount | null): number | null => (money ? Number(money.amount) : null);

export const getPaymentConfig = row({
  method: 'GET',
  path: '/payments/config',
  title: 'Discover how this network handles payment',
  access: { scope: 'read', audience: 'public' },
  operation: `
    query PaymentConfig {
      paymentConfig {
        isEnabled provider publishableKey currency methods
        holdAmount { amount } minimumAmount { amount } maximumAmount { amount }
      }
    }`,
  variables: () => ({}),
  response: paymentConfig,
  answer: ({
    paymentConfig: config,
  }: {
    paymentConfig: {
      isEnabled: boolean;
      provider: string;
      publishableKey: string | null;
      currency: string;
      methods: string[];
      holdAmount: Amount | null;
      minimumAmount: Amount | null;
      maximumAmount: Amount | null;
    };
  }) => ({
    paymentMode: MODE,
    phevnixBillingAvailable: config.isEnabled,
    provider: config.provider,
    publishableKey: config.publishableKey,
    currency: config.currency,
    methods: config.methods.map(method => method.toLowerCase()),
    preAuthorizationAmount: major(config.holdAmount),
    minimumAmount: major(config.minimumAmount),
    maximumAmount: major(config.maximumAmount),
  }),
});

interface Card {
  paymentMethodId: string;
  brand: string;
  last4: string;
  expMonth: number;
  expYear: number;
  isDefault: boolean;
}

export const listPaymentMethods = row({
  method: 'GET',
  path: '/payments/methods',
  title: "List the driver's saved cards",
  access: { scope: 'read', audience: 'driver' },
  refusals: ['payments_not_enabled', 'stripe_error'],
  operation: 'query Cards { cards { paymentMethodId brand last4 expMonth expYear isDefault } }',
  variables: () => ({}),
  response: cards,
  answer: ({ cards }: { cards: Card[] }) => ({
    paymentMode: MODE,
    methods: cards.map(({ paymentMethodId, ...card }) => ({ id: paymentMethodId, ...card })),
  }),
});

export const createSetupIntent = row({
  method: 'POST',
  path: '/payments/setup-intent',
  title: 'Begin saving a card in an app',
  access: { scope: 'write', audience: 'driver' },
  operation: `
    mutation SetupIntent {
      result: createSetupIntent {
        ... on SetupIntent { clientSecret publishableKey }
        ... on Error { code message }
      }
    }`,
  variables: () => ({}),
  response: setupIntent,
  answer: ({ result }: { result: { clientSecret: string; publishableKey: string } }) => ({
    clientSecret: result.clientSecret,
    publishableKey: result.publishableKey,
  }),
});

export const createSetupCheckout = row({
  method: 'POST',
  path: '/payments/setup-checkout',
  title: 'Begin saving a card on a page of Stripe’s',
  access: { scope: 'write', audience: 'driver' },
  operation: `
    mutation SetupCheckout {
      result: createSetupCheckout { ... on SetupCheckout { url } ... on Error { code message } }
    }`,
  variables: () => ({}),
  response: setupCheckout,
  answer: ({ result }: { result: { url: string } }) => ({ url: result.url }),
});

export const setDefaultPaymentMethod = row({
  method: 'POST',
  path: '/payments/methods/{id}/default',
  title: 'Make a saved card the default',
  access: { scope: 'write', audience: 'driver' },
  freePath: ['id'],
  operation: `
    mutation SetDefaultCard($id: String!) {
      result: setDefaultCard(paymentMethodId: $id) {
        ... on CardsPayload { cards { paymentMethodId } }
        ... on Error { code message }
      }
    }`,
  variables: ({ path }) => ({ id: path.id }),
  response: nothing,
  answer: () => null,
  status: 204,
});

export const removePaymentMethod = row({
  method: 'DELETE',
  path: '/payments/methods/{id}',
  title: 'Remove a saved card',
  access: { scope: 'write', audience: 'driver' },
  freePath: ['id'],
  operation: `
    mutation RemoveCard($id: String!) {
      result: removeCard(paymentMethodId: $id) {
        ... on CardsPayload { cards { paymentMethodId } }
        ... on Error { code message }
      }
    }`,
  variables: ({ path }) => ({ id: path.id }),
  response: nothing,
  answer: () => null,
  status: 204,
});

const NOTE =
  'The final amount is taken from the hold when the session stops; there is nothing to do here. This route reports and charges nothing.';

const CODE = 'must be an ISO 4217 code';

export const reportPayment = row({
  method: 'POST',
  path: '/payments/checkout',
  title: "Report a session's payment status",
  access: { scope: 'read', audience: 'driver' },
  gate: 'query PaymentsEnabled { paymentsEnabled }',
  refusals: ['payments_not_enabled', 'not_found'],
  body: z.object({
    sessionId: uuid,
    amount: optional(number.min(0, { message: 'must not be below zero' })),
    currency: optional(
      z
        .string({ message: CODE })
        .regex(/^[A-Za-z]{3}$/, { message: CODE })
        .meta({ examples: ['USD'] }),
    ),
  }),
  operation: `
    query PaymentReport($sessionId: ID!) {
      paymentReport(sessionId: $sessionId) {
        session { id status } paymentStatus isFree total { amount currency }
      }
    }`,
  variables: ({ body }) => ({ sessionId: toGlobalId('Session', body.sessionId) }),
  response: paymentReport,
  answer: ({
    paymentReport: report,
  }: {
    paymentReport: {
      session: { id: string; status: string };
      paymentStatus: string | null;
      isFree: boolean;
      total: { amount: string; currency: string };
    };
  }) => ({
    paymentMode: MODE,
    sessionId: toUuid(report.session.id),
    sessionStatus: report.session.status.toLowerCase(),
    paymentStatus: report.paymentStatus?.toLowerCase() ?? null,
    isFree: report.isFree,
    total: Number(report.total.amount),
    currency: report.total.currency,
    captured: report.paymentStatus === 'CAPTURED',
    note: NOTE,
  }),
});
