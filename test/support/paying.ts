import { startStripe } from '../../simulator/stripe/start-stripe.ts';
import type { SignedIn } from './driver.ts';
import { globalId } from './global-id.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts';

export type TestStripe = Awaited<ReturnType<typeof startStripe>>;

/** A server whose Stripe is a loopback one, and that Stripe. Payments are not enabled yet. */
export async function startPayingServer(
  options: TestServerOptions & { readonly stripe?: Parameters<typeof startStripe>[0] } = {},
): Promise<{ server: TestServer; stripe: TestStripe }> {
  const stripe = await startStripe(options.stripe);
  const server = await startTestServer({
    ...options,
    settings: { STRIPE_API_URL: stripe.url, STRIPE_TIMEOUT_SECONDS: '1', ...options.settings },
  });
  return { server, stripe };
}

/** The network takes payments, with a hold of 25.00, and hears of what happens at Stripe. */
export async function enablePayments(
  server: TestServer,
  stripe: TestStripe,
  input: Record<string, unknown> = {},
): Promise<void> {
  // an endpoint of before would sign with a secret that is no longer ours
  stripe.books.webhookEndpoints.clear();
  const url = `${server.url}/stripe/webhook/${server.demo.networkId}`;
  const { secret: webhookSecret } = stripe.webhooks.register({ url });
  const { data, errors } = await server.graphql<{ result: { __typename: string; message?: string } }>(
    `mutation ($input: PaymentSettingsInput!) {
      result: updatePaymentSettings(input: $input) { __typename ... on Error { message } }
    }`,
    {
      input: {
        isEnabled: true,
        secretKey: stripe.secretKey,
        publishableKey: stripe.publishableKey,
        webhookSecret,
        holdAmount: '25',
        minimumAmount: '0.5',
        maximumAmount: '500',
        successUrl: 'https://app.example.com/saved',
        ...input,
      },
    },
  );
  if (data?.result.__typename !== 'PaymentSettings') throw new Error(JSON.stringify(errors ?? data));
}

/** The driver saves a card on Stripe's page: Stripe's id of it. */
export async function saveCard(
  stripe: TestStripe,
  driver: Pick<SignedIn, 'rest'>,
  card = 'pm_card_visa',
): Promise<string> {
  const { status, body } = await driver.rest('POST', '/payments/setup-checkout');
  if (status !== 200) throw new Error(JSON.stringify(body));
  const sessionId = [...stripe.books.checkoutSessions.keys()].at(-1)!;
  const session = stripe.completeCheckout(sessionId, card);
  const intent = stripe.books.setupIntents.get(session.setup_intent as string)!;
  if (intent.status === 'requires_action') stripe.authenticate(intent.id, true);
  return intent.payment_method as string;
}

/** What the graph says of the payment of a session. */
export async function paymentOf(server: TestServer, sessionId: string) {
  const { data } = await server.graphql<{
    node: {
      paymentStatus: string | null;
      paymentOperations: {
        kind: string;
        status: string;
        amount: { amount: string };
        paymentIntentId: string | null;
        errorCode: string | null;
        settledAt: string | null;
      }[];
      transaction: {
        id: string;
        paymentStatus: string | null;
        refunded: { amount: string };
        bill: { total: { amount: string } };
      } | null;
    };
  }>(
    `query ($id: ID!) { node(id: $id) { ... on Session {
      paymentStatus
      paymentOperations { kind status amount { amount } paymentIntentId errorCode settledAt }
      transaction { id paymentStatus refunded { amount } bill { total { amount } } }
    } } }`,
    { id: globalId('Session', sessionId) },
  );
  return data.node;
}
