import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from './support/driver.ts';
import { globalId } from './support/global-id.ts';
import { enablePayments, saveCard, startPayingServer, type TestStripe } from './support/paying.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const logLines: string[] = [];
const FIRST_SECRET = randomBytes(32).toString('hex');
let server: TestServer;
let stripe: TestStripe;
beforeAll(async () => {
  ({ server, stripe } = await startPayingServer({ logLines, settings: { SECRET_KEY: FIRST_SECRET } }));
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

  it('enabled, with cards saved and used: no secret is in an answer, a log, or a column in the clear', async () => {
    await enablePayments(server, stripe);
    const driver = await signIn(server);
    const card = await saveCard(stripe, driver);
    expect((await driver.rest('GET', '/payments/methods')).body.data.methods).toMatchObject([
      { id: card, brand: 'visa', last4: '4242', isDefault: true },
    ]);
    stripe.faults.plan({ kind: 'server_error', when: 'before', on: 'setup_intents.create', times: 2 });
    expect((await driver.rest('POST', '/payments/setup-intent')).body.error).toBe('stripe_error');
    const settings = await server.graphql(
      `{ paymentSettings { id config { publishableKey } secretKeyLastFour hasWebhookSecret webhookPath } }`,
    );
    expect(JSON.stringify(settings)).toContain(stripe.secretKey.slice(-4));
    const secrets = [
      stripe.secretKey.replace(/^sk_test_/, '').slice(0, -4),
      [...stripe.books.webhookEndpoints.values()][0]!.secret!.replace('whsec_', ''),
    ];
    // the publishable key of the loopback is made of the same letters as the secret one
    const told = JSON.stringify(settings).replaceAll(stripe.publishableKey, '');
    const [clear] = await server.sql<{ text: string }>(
      `select string_agg(query_to_xml('select * from ' || oid::regclass, false, true, '')::text, '') as text
         from pg_class where relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace) and relkind = 'r'`,
    );
    const stored = clear!.text.replaceAll(stripe.publishableKey, '');
    expect(stored).toContain(`<secret_key_last_four>${stripe.secretKey.slice(-4)}<`);
    for (const secret of secrets) {
      expect(told).not.toContain(secret);
      expect(logLines.join('\n')).not.toContain(secret);
      expect(stored).not.toContain(secret);
    }
    expect(logLines.some(line => line.includes('Stripe refused or failed'))).toBe(true);
  });
});

describe('saved cards', () => {
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

describe('sealed secrets', () => {
  it('are sealed anew at the start after SECRET_KEY has changed, and open without the former one then', async () => {
    const [before] = await server.sql<{ sealed: string }>(
      'select sealed_secret_key sealed from payment_settings',
    );
    const second = randomBytes(32).toString('hex');
    const { networkId } = server.demo;
    const settings = (more: Record<string, string>) => ({
      STRIPE_API_URL: stripe.url,
      DATA_DIR: mkdtempSync(join(tmpdir(), 'chargegraph-seal-')),
      ...more,
    });
    const changed = await startTestServer({
      databaseUrl: server.databaseUrl,
      settings: settings({ SECRET_KEY: second, SECRET_KEY_PREVIOUS: FIRST_SECRET }),
    });
    await changed.close();
    const [after] = await server.sql<{ sealed: string }>(
      'select sealed_secret_key sealed from payment_settings',
    );
    expect(after!.sealed).not.toBe(before!.sealed);
    const without = await startTestServer({
      databaseUrl: server.databaseUrl,
      settings: settings({ SECRET_KEY: second }),
    });
    const answer = await without.graphql<{ paymentSettings: { network: { id: string } } }>(
      '{ paymentSettings { network { id } } }',
      {},
      { 'x-api-key': server.demo.apiKey },
    );
    await without.close();
    expect(answer.data.paymentSettings.network.id).toBe(globalId('Network', networkId));
  });
});
