import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from './support/driver.ts';
import { enablePayments, saveCard, startPayingServer, type TestStripe } from './support/paying.ts';
import type { TestServer } from './support/server.ts';

let server: TestServer;
let stripe: TestStripe;
beforeAll(async () => {
  ({ server, stripe } = await startPayingServer());
});
afterAll(async () => {
  await server?.close();
  await stripe?.close();
});

interface Result {
  readonly config?: object;
  readonly details?: { field: string }[];
  readonly code?: string;
}

const update = async (input: object): Promise<Result> =>
  (
    await server.graphql<{ result: Result }>(
      `mutation ($input: PaymentSettingsInput!) { result: updatePaymentSettings(input: $input) {
        ... on PaymentSettings { config { isEnabled currency holdAmount { amount } minimumAmount { amount } } }
        ... on Error { code } ... on ValidationError { details { field } }
      } }`,
      { input },
    )
  ).data.result;

describe('without settings', () => {
  it('config says honestly that nothing is available', async () => {
    expect((await server.rest('GET', '/payments/config')).body.data).toEqual({
      paymentMode: 'phevnix_managed',
      phevnixBillingAvailable: false,
      provider: 'stripe',
      publishableKey: null,
      currency: 'USD',
      methods: [],
      preAuthorizationAmount: null,
      minimumAmount: null,
      maximumAmount: null,
    });
  });

  it.each([
    ['GET', '/payments/methods'],
    ['POST', '/payments/setup-intent'],
    ['POST', '/payments/setup-checkout'],
    ['POST', '/payments/methods/pm_1/default'],
    ['DELETE', '/payments/methods/pm_1'],
    ['POST', '/payments/checkout'],
  ])('%s %s is 403 payments_not_enabled, also before its body is found wrong', async (method, path) => {
    const driver = await signIn(server);
    const answer = await driver.rest(method, path, method === 'POST' ? { body: { sessionId: 'x' } } : {});
    expect(answer).toMatchObject({
      status: 403,
      body: {
        error: 'payments_not_enabled',
        message: 'Payments are not enabled for this network.',
        code: 'payments_not_enabled',
      },
    });
  });
});

describe('settings', () => {
  it.each([
    [{ secretKey: 'pk_test_abcdefgh1234' }, 'secretKey'],
    [{ secretKey: 'sk_test_nobodysKeyAtAll' }, 'secretKey'],
    [{ publishableKey: 'sk_test_abcdefgh1234' }, 'publishableKey'],
    [{ webhookSecret: 'secret' }, 'webhookSecret'],
    [{ currency: 'usd' }, 'currency'],
    [{ methods: [] }, 'methods'],
    [{ holdAmount: '0' }, 'holdAmount'],
    [{ holdAmount: '1.005' }, 'holdAmount'],
    [{ minimumAmount: '5', maximumAmount: '4' }, 'minimumAmount'],
    [{ successUrl: 'javascript:alert(1)' }, 'successUrl'],
    [{ isEnabled: true }, 'secretKey'],
  ])('%j are refused, naming the field', async (input, field) => {
    expect(await update(input)).toMatchObject({ code: 'validation_error', details: [{ field }] });
  });

  it('that change the currency clear the amounts that are not given with it', async () => {
    await update({ holdAmount: '25.5', minimumAmount: '1' });
    expect(await update({ currency: 'JPY', minimumAmount: '100' })).toEqual({
      config: { isEnabled: false, currency: 'JPY', holdAmount: null, minimumAmount: { amount: '100' } },
    });
    await update({ currency: 'USD' });
  });
});

describe('saved cards', () => {
  beforeAll(() => enablePayments(server, stripe));

  it('are a driver’s own: another one’s does not exist', async () => {
    const [ana, olga] = [await signIn(server), await signIn(server)];
    const [hers, theirs] = [await saveCard(stripe, ana), await saveCard(stripe, olga)];
    for (const [method, path] of [
      ['POST', `/payments/methods/${theirs}/default`],
      ['DELETE', `/payments/methods/${theirs}`],
      ['DELETE', '/payments/methods/..%2F..%2Fcustomers'],
    ] as const) {
      expect((await ana.rest(method, path)).status).toBe(404);
    }
    const second = await saveCard(stripe, ana);
    expect((await ana.rest('POST', `/payments/methods/${hers}/default`)).status).toBe(204);
    const list = async () =>
      (await ana.rest('GET', '/payments/methods')).body.data.methods.map(
        ({ id, isDefault }: { id: string; isDefault: boolean }) => [id, isDefault],
      );
    expect((await list()).sort()).toEqual(
      [
        [hers, true],
        [second, false],
      ].sort(),
    );
    expect((await ana.rest('DELETE', `/payments/methods/${hers}`)).status).toBe(204);
    expect(await list()).toEqual([[second, true]]);
    expect((await ana.rest('DELETE', `/payments/methods/${hers}`)).status).toBe(404);
  });

  it('belong to one customer, however many ask at once', async () => {
    const driver = await signIn(server);
    const before = stripe.books.customers.size;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => driver.rest('POST', '/payments/setup-intent')),
    );
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(stripe.books.customers.size).toBe(before + 1);
  });
});
