import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { bootedStation } from './support/charge.ts';
import { signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { enablePayments, paymentOf, saveCard, startPayingServer, type TestStripe } from './support/paying.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

// A charge that was closed without its station's word is billed and paid for; then the station tells how it ended.

const SECRET_KEY = randomBytes(32).toString('hex');
const HOUR_MS = 3_600_000;

let server: TestServer;
let stripe: TestStripe;
let station: RawStation;
beforeAll(async () => {
  ({ server, stripe } = await startPayingServer({ settings: { SECRET_KEY } }));
  await enablePayments(server, stripe, { minimumAmount: '3' });
  station = await bootedStation(server, 'DEMO-AC-01');
});
afterAll(async () => {
  await station?.close();
  await server?.close();
  await stripe?.close();
});

const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();

let transactionId: number;
let sessionId: string;
/** A charge that began three hours ago and has a hold. */
beforeEach(async () => {
  stripe.faults.clear();
  const driver = await signIn(server);
  await saveCard(stripe, driver);
  ({ transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag: driver.tokenUid,
    meterStart: 0,
    timestamp: hoursAgo(3),
  }));
  const [row] = await server.sql<{ id: string }>('select id from sessions where transaction_number = $1', [
    transactionId,
  ]);
  sessionId = row!.id;
  await eventually(async () => (await paymentOf(server, sessionId)).paymentStatus === 'AUTHORIZED');
});

/** After so much energy nothing is heard of the charger for a day: a process looks for such charges. */
async function closedAt(wh: number): Promise<void> {
  await station.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: hoursAgo(2), sampledValue: [{ value: String(wh) }] }],
  });
  await server.sql(`update charger_connections set last_message_at = now() - interval '25 hours'`);
  const other = await startTestServer({
    databaseUrl: server.databaseUrl,
    // it may take up what is to be paid, and ends only when Stripe has answered, or has not in time
    settings: { SECRET_KEY, STRIPE_API_URL: stripe.url, STRIPE_TIMEOUT_SECONDS: '1' },
  });
  await other.close();
  const [row] = await server.sql<{ flags: string[] }>('select flags from sessions where id = $1', [
    sessionId,
  ]);
  expect(row!.flags).toEqual(['closed_silent']);
}

const stopsAt = (meterStop: number) =>
  station.call('StopTransaction', { transactionId, meterStop, timestamp: hoursAgo(2), reason: 'Local' });

/** The bill, what is kept of the money, and what a person is told of, once all is at rest. */
const atRest = (status: string | null) =>
  eventually(async () => {
    const { transaction, paymentOperations } = await paymentOf(server, sessionId);
    if (paymentOperations.some(({ settledAt }) => settledAt === null)) return false;
    if (transaction!.paymentStatus !== status) return false;
    const intents = [...stripe.books.paymentIntents.values()].filter(
      ({ metadata }) => metadata.sessionId === sessionId,
    );
    const [row] = await server.sql<{ flags: string[] }>('select flags from sessions where id = $1', [
      sessionId,
    ]);
    return {
      bill: Math.round(Number(transaction!.bill.total.amount) * 100),
      money: intents
        .map(({ id }) => stripe.settlementOf(id))
        .reduce((sum, { captured, refunded }) => sum + captured - refunded, 0),
      flags: row!.flags.slice(1),
    };
  });

it.each([
  ['more', 30_000],
  ['less', 2_000],
  ['no', 0],
])(
  'after the capture, with %s energy: bill and money stay as they are, and a person is told',
  async (_, meterStop) => {
    await closedAt(10_000);
    const before = await atRest('CAPTURED');
    expect(before).toEqual({ bill: before.bill, money: before.bill, flags: [] });
    await stopsAt(meterStop);
    await stopsAt(meterStop);
    expect(await atRest('CAPTURED')).toEqual({ ...before, flags: ['late_stop_after_payment'] });
  },
);

it('while it is captured and nobody knows yet: what is asked for is the bill', async () => {
  stripe.faults.plan({ kind: 'no_answer', when: 'before', on: 'payment_intents.capture', times: 4 });
  await closedAt(10_000);
  await eventually(async () =>
    (await paymentOf(server, sessionId)).paymentOperations.some(
      ({ kind, status }) => kind === 'CAPTURE' && status === 'UNKNOWN',
    ),
  );
  await stopsAt(2_000);
  stripe.faults.clear();
  const { bill, money, flags } = await atRest('CAPTURED');
  expect(money).toBe(bill);
  expect(flags).toEqual(['late_stop_after_payment']);
});

it('where nothing was taken, for it was too little: the bill is written anew, and paid', async () => {
  await closedAt(1_000);
  expect(await atRest(null)).toMatchObject({ money: 0 });
  await stopsAt(20_000);
  const { bill, money, flags } = await atRest('CAPTURED');
  expect(bill).toBeGreaterThan(700);
  expect(money).toBe(bill);
  expect(flags).toEqual(['late_stop']);
});

it('where the bank refused: the bill is written anew, and a retry takes what it says then', async () => {
  stripe.faults.plan({ kind: 'decline', code: 'card_declined', on: 'payment_intents.capture' });
  await closedAt(10_000);
  await atRest('FAILED');
  await stopsAt(5_000);
  const { transaction } = await paymentOf(server, sessionId);
  await server.graphql('mutation ($id: ID!) { retryPayment(transactionId: $id) { __typename } }', {
    id: transaction!.id,
  });
  const { bill, money, flags } = await atRest('CAPTURED');
  expect(money).toBe(bill);
  expect(bill).toBeLessThan(400);
  expect(flags).toEqual(['late_stop', 'meter_reset']);
});

it('where the bill stands on an invoice: it stays as it is there, and a person is told', async () => {
  stripe.faults.plan({ kind: 'decline', code: 'card_declined', on: 'payment_intents.capture' });
  await closedAt(10_000);
  const before = await atRest('FAILED');
  const { transaction } = await paymentOf(server, sessionId);
  await server.graphql(
    'mutation ($id: ID!) { createInvoice(input: { transactionIds: [$id] }) { __typename } }',
    { id: transaction!.id },
  );
  await stopsAt(2_000);
  expect(await atRest('FAILED')).toEqual({ ...before, flags: ['late_stop_after_invoice'] });
  const [session] = await server.sql<{ energy_wh: string }>('select energy_wh from sessions where id = $1', [
    sessionId,
  ]);
  expect(session!.energy_wh).toBe('10000.000');
});
