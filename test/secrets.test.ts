import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootedStation, demoCharger } from './support/charge.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { enablePayments, paymentOf, saveCard, startPayingServer, type TestStripe } from './support/paying.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { subscribe } from './support/webhooks.ts';

// What may be read by nobody: in no log, no answer, and no column in the clear; and sealed with the present SECRET_KEY.

const SECRET_KEY = randomBytes(32).toString('hex');
const UID = 'DEMO-AC-01';

/** Everything that was logged, and everything that any server answered. */
const logLines: string[] = [];
const answers: string[] = [];
const plainFetch = globalThis.fetch;

let server: TestServer;
let stripe: TestStripe;
let echo: Server;
let echoStatus = 500;
beforeAll(async () => {
  globalThis.fetch = async (...request) => {
    const response = await plainFetch(...request);
    answers.push(JSON.stringify([...response.headers]), await response.clone().text());
    return response;
  };
  ({ server, stripe } = await startPayingServer({ logLines, settings: { SECRET_KEY } }));
  // a Stripe that says in its errors all that it was told
  echo = createServer((request, response) => {
    const said = `${request.headers.authorization} is not a key`;
    // what only reads is refused by no bank
    const status = echoStatus === 402 && request.method === 'GET' ? 400 : echoStatus;
    const type = status === 402 ? 'card_error' : 'invalid_request_error';
    const error = {
      type,
      message: said,
      code: 'api_key_expired',
      param: said,
      decline_code: 'generic_decline',
    };
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_echo' });
    response.end(JSON.stringify({ error }));
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
afterAll(async () => {
  globalThis.fetch = plainFetch;
  await server?.close();
  await stripe?.close();
  echo?.close();
});

/** All that is in any table of any schema of ours. */
async function allColumns(): Promise<string> {
  const [clear] = await server.sql<{ text: string }>(
    `select string_agg(query_to_xml('select * from ' || oid::regclass, false, true, '')::text, '') as text
       from pg_class
      where relnamespace in ('public'::regnamespace, 'app'::regnamespace, 'graphile_worker'::regnamespace)
        and relkind = 'r'`,
  );
  return clear!.text;
}

async function chargePaidFor(driver: SignedIn): Promise<string> {
  const station = await bootedStation(server, UID);
  const start = driver.rest('POST', '/charging/start', {
    body: { chargerId: demoCharger(server, UID).id, connectorNumber: 1, idTag: driver.tokenUid },
  });
  station.reply((await station.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
  const { sessionId } = (await start).body.data;
  const timestamp = new Date().toISOString();
  const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag: driver.tokenUid,
    meterStart: 0,
    timestamp,
  });
  await station.call('StopTransaction', { transactionId, meterStop: 8_000, timestamp });
  await eventually(async () => (await paymentOf(server, sessionId)).paymentStatus === 'CAPTURED');
  await station.close();
  return sessionId;
}

/** Whatever asks something of Stripe. */
const questions = async (url: string, driver: SignedIn, transactionId: string) => {
  const headers = { 'content-type': 'application/json', ...driver.headers };
  for (const [method, path] of [
    ['GET', '/payments/methods'],
    ['POST', '/payments/setup-intent'],
    ['POST', '/payments/setup-checkout'],
    ['DELETE', '/payments/methods/pm_unknown'],
  ] as const) {
    await fetch(`${url}/emsp/v1${path}`, { method, headers });
  }
  const graphql = (query: string, variables: object) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': server.demo.apiKey },
      body: JSON.stringify({ query, variables }),
    });
  await graphql(
    `mutation ($input: PaymentSettingsInput!) { updatePaymentSettings(input: $input) {
      __typename ... on Error { code message } ... on ValidationError { details { field message } } } }`,
    { input: { secretKey: stripe.secretKey } },
  );
  await graphql(
    `mutation ($input: RefundInput!) { refundTransaction(input: $input) {
      __typename ... on Error { code message } } }`,
    { input: { transactionId, amount: '0.5' } },
  );
  await graphql('{ paymentSettings { secretKeyLastFour hasWebhookSecret config { publishableKey } } }', {});
};

it('a secret key is in no log, no answer and no column in the clear, whatever Stripe says', async () => {
  await enablePayments(server, stripe);
  const driver = await signIn(server);
  await saveCard(stripe, driver);
  const sessionId = await chargePaidFor(driver);
  const transactionId = (await paymentOf(server, sessionId)).transaction!.id;
  stripe.faults.plan({ kind: 'server_error', when: 'before', on: 'setup_intents.create' });
  await questions(server.url, driver, transactionId);

  const { port } = echo.address() as AddressInfo;
  const echoed = await startTestServer({
    databaseUrl: server.databaseUrl,
    logLines,
    settings: { SECRET_KEY, STRIPE_API_URL: `http://127.0.0.1:${port}` },
  });
  for (echoStatus of [400, 401, 402, 403, 429, 500]) await questions(echoed.url, driver, transactionId);
  await echoed.close();

  const secretKey = stripe.secretKey;
  const webhookSecret = [...stripe.books.webhookEndpoints.values()][0]!.secret!;
  // the publishable key of the loopback is made of the same letters, and the last four are shown
  const secrets = [
    secretKey.replace('sk_test_', '').slice(0, -4),
    Buffer.from(`${secretKey}:`).toString('base64').slice(0, -8),
    webhookSecret.replace('whsec_', ''),
  ];
  const places = {
    logs: logLines.join('\n'),
    answers: answers.join('\n'),
    columns: await allColumns(),
  };
  expect(places.logs).toContain('Stripe refused or failed');
  expect(places.logs).toContain('req_echo');
  expect(places.answers).toContain('stripe_error');
  expect(places.answers).toContain(secretKey.slice(-4));
  expect(places.columns).toContain(`<secret_key_last_four>${secretKey.slice(-4)}<`);
  for (const [place, text] of Object.entries(places)) {
    const told = text.replaceAll(stripe.publishableKey, '');
    for (const [at, secret] of secrets.entries()) {
      expect(told.includes(secret), `secret ${at} in the ${place}`).toBe(false);
    }
  }
});

describe('after SECRET_KEY has changed', () => {
  type Sealed = Record<string, (string | null)[]>;

  /** Whatever is called sealed, by table and column. */
  async function sealed(): Promise<Sealed> {
    const columns = await server.sql<{ table_name: string; column_name: string }>(
      `select table_name, column_name from information_schema.columns
        where table_schema = 'public' and column_name like 'sealed%' and table_name <> 'idempotent_answers'
        order by table_name, column_name`,
    );
    const all: Sealed = {};
    for (const { table_name, column_name } of columns) {
      const rows = await server.sql<{ text: string | null }>(
        `select ${column_name} as text from ${table_name} where ${column_name} is not null`,
      );
      all[`${table_name}.${column_name}`] = rows.map(({ text }) => text);
    }
    return all;
  }

  const platform = () => ({ 'x-api-key': server.demo.platformKey });

  it('all that is sealed is sealed anew at the start, and opens without the former one then', async () => {
    await enablePayments(server, stripe);
    const { id } = await subscribe(server, 'https://hooks.example.com/here');
    const made = await server.graphql<{ rotated: { __typename: string } }>(
      `mutation ($id: ID!) {
        rotated: rotateWebhookSecret(id: $id) { __typename }
      }`,
      { id: Buffer.from(`WebhookSubscription:${id}`).toString('base64') },
      platform(),
    );
    expect(made.errors).toBeUndefined();
    await server.graphql('mutation { createChargerAuthority { __typename } }', {}, platform());
    const driver = await signIn(server);
    expect((await driver.rest('GET', '/push/config')).status).toBe(200);

    const before = await sealed();
    for (const [column, texts] of Object.entries(before)) expect(texts, column).not.toEqual([]);

    const second = randomBytes(32).toString('hex');
    const start = (settings: Record<string, string>) =>
      startTestServer({
        databaseUrl: server.databaseUrl,
        settings: { STRIPE_API_URL: stripe.url, ...settings },
      });
    await (await start({ SECRET_KEY: second, SECRET_KEY_PREVIOUS: SECRET_KEY })).close();
    const after = await sealed();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    for (const [column, texts] of Object.entries(after)) {
      expect(texts, column).toHaveLength(before[column]!.length);
      for (const text of texts) expect(before[column], column).not.toContain(text);
    }

    const without = await start({ SECRET_KEY: second });
    const ask = (path: string) => fetch(`${without.url}/emsp/v1${path}`, { headers: driver.headers });
    expect((await ask('/payments/methods')).status).toBe(200);
    expect((await ask('/push/config')).status).toBe(200);
    await without.close();
  });
});
