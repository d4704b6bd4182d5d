import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../simulator/stripe/faults.ts';
import { hold, waitingForLock } from './ocpp/stage.ts';
import { bootedStation, demoCharger } from './support/charge.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { rowId } from './support/global-id.ts';
import { allTaken } from './support/notifications.ts';
import { enablePayments, paymentOf, saveCard, startPayingServer, type TestStripe } from './support/paying.ts';
import { pdfText } from './support/pdf-text.ts';
import type { RestAnswer, TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

// STANDARD: 0.35 a kWh, 0.02 a minute, 0.50 a session, 11.5 % tax. A charge of no minutes: 8 kWh are 3.68.
const UID = 'DEMO-AC-01';
const METER_WH = { cheap: 8_000, dear: 80_000 };

let server: TestServer;
let stripe: TestStripe;
let station: RawStation;
beforeAll(async () => {
  ({ server, stripe } = await startPayingServer({ settings: { COMMAND_TIMEOUT_SECONDS: '3' } }));
  await enablePayments(server, stripe);
  station = await bootedStation(server, UID);
});
afterAll(async () => {
  await station?.close();
  await server?.close();
  await stripe?.close();
});

async function driverWith(card: string | null = 'pm_card_visa'): Promise<SignedIn> {
  const driver = await signIn(server);
  if (card) await saveCard(stripe, driver, card);
  return driver;
}

const start = (driver: SignedIn): Promise<RestAnswer> =>
  driver.rest('POST', '/charging/start', {
    body: { chargerId: demoCharger(server, UID).id, connectorNumber: 1, idTag: driver.tokenUid },
  });

/** A remote start that the station accepts: the session's id. */
async function started(driver: SignedIn): Promise<string> {
  const answer = start(driver);
  station.reply((await station.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
  const { status, body } = await answer;
  if (status !== 200 && status !== 201) throw new Error(JSON.stringify(body));
  return body.data.sessionId;
}

async function plugIn(idTag: string): Promise<number> {
  const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag,
    meterStart: 0,
    timestamp: new Date().toISOString(),
  });
  return transactionId;
}

const stop = (transactionId: number, meterStop: number) =>
  station.call('StopTransaction', {
    transactionId,
    meterStop,
    timestamp: new Date().toISOString(),
    reason: 'Local',
  });

/** From the start to the stop: the session's id. */
async function charge(driver: SignedIn, meterStop: number): Promise<string> {
  const sessionId = await started(driver);
  await stop(await plugIn(driver.tokenUid), meterStop);
  return sessionId;
}

const settled = (sessionId: string, status: string | null) =>
  eventually(async () => {
    const payment = await paymentOf(server, sessionId);
    const isOpen = payment.paymentOperations.some(
      ({ status }) => status === 'PENDING' || status === 'UNKNOWN',
    );
    // two statements: what happens between them is in one answer and not in the other
    const isOnBill = payment.transaction === null || payment.transaction.paymentStatus === status;
    return !isOpen && isOnBill && payment.paymentStatus === status && payment;
  });

const ledger = async (sessionId: string) =>
  (await paymentOf(server, sessionId)).paymentOperations.map(
    ({ kind, status, amount }) => `${kind} ${amount.amount} ${status}`,
  );

const eventsOf = async (sessionId: string) =>
  (
    await server.sql<{ type: string }>(
      `select type from events where session_id = $1 and type like 'payment.%' order by sequence`,
      [sessionId],
    )
  ).map(({ type }) => type);

const retry = (transactionId: string) =>
  server.graphql(
    'mutation ($id: ID!) { result: retryPayment(transactionId: $id) { ... on Transaction { paymentStatus } ... on Error { code } } }',
    { id: transactionId },
  );

/** Issues an invoice: how it stands whenever it is asked. */
async function invoiceOf(ids: readonly string[]) {
  const { data } = await server.graphql<{ result: { id: string } }>(
    'mutation ($ids: [ID!]!) { result: createInvoice(input: { transactionIds: $ids }) { ... on Invoice { id } } }',
    { ids },
  );
  return async () => {
    const answer = await server.graphql<{ invoice: { status: string; pdfUrl: string } }>(
      'query ($id: ID!) { invoice(id: $id) { status pdfUrl } }',
      { id: data.result.id },
    );
    return answer.data.invoice;
  };
}

const printed = async (pdfUrl: string): Promise<string> =>
  pdfText(Buffer.from(await (await fetch(server.url + pdfUrl)).arrayBuffer()));

/** All that Stripe has of a session: each intent's money. */
const atStripe = (sessionId: string) =>
  [...stripe.books.paymentIntents.values()]
    .filter(intent => intent.metadata.sessionId === sessionId)
    .map(intent => stripe.settlementOf(intent.id));

describe('a charge', () => {
  it('is held at the start, captured at its end to the cent, and told of', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    expect(await paymentOf(server, sessionId)).toMatchObject({ paymentStatus: 'AUTHORIZED' });
    expect(atStripe(sessionId)).toEqual([{ held: 2500, captured: 0, refunded: 0 }]);
    const transactionId = await plugIn(driver.tokenUid);
    await stop(transactionId, METER_WH.cheap);
    const payment = await settled(sessionId, 'CAPTURED');
    expect(payment.transaction).toMatchObject({
      paymentStatus: 'CAPTURED',
      bill: { total: { amount: '3.68' } },
    });
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 368, refunded: 0 }]);
    expect(await ledger(sessionId)).toEqual(['HOLD 25.00 SUCCEEDED', 'CAPTURE 3.68 SUCCEEDED']);
    expect(await eventsOf(sessionId)).toEqual(['payment.authorized', 'payment.captured']);
    const report = await driver.rest('POST', '/payments/checkout', { body: { sessionId } });
    expect(report.body.data).toMatchObject({
      sessionId,
      sessionStatus: 'completed',
      paymentStatus: 'captured',
      isFree: false,
      total: 3.68,
      currency: 'USD',
      captured: true,
    });
    // the same stop again charges nothing
    await stop(transactionId, METER_WH.cheap);
    await driver.rest('POST', '/charging/stop', { body: { sessionId } });
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 368, refunded: 0 }]);
  });

  it('that costs more than the hold is captured to the hold, and charged for the rest', async () => {
    const sessionId = await charge(await driverWith(), METER_WH.dear);
    const payment = await settled(sessionId, 'CAPTURED');
    // 80 kWh at 0.35 and 0.50, with tax
    expect(payment.transaction!.bill.total.amount).toBe('31.78');
    expect(atStripe(sessionId)).toEqual([
      { held: 0, captured: 2500, refunded: 0 },
      { held: 0, captured: 678, refunded: 0 },
    ]);
  });

  it.each<Fault>([{ kind: 'decline', code: 'card_declined' }, { kind: 'authentication_required' }])(
    'whose rest is refused ($kind) has failed, with an alert; a retry takes it',
    async fault => {
      const driver = await driverWith();
      const sessionId = await started(driver);
      stripe.faults.plan({ ...fault, on: 'payment_intents.create' } as Fault);
      await stop(await plugIn(driver.tokenUid), METER_WH.dear);
      const payment = await settled(sessionId, 'FAILED');
      expect(atStripe(sessionId)[0]).toEqual({ held: 0, captured: 2500, refunded: 0 });
      await eventually(async () => (await alertsOf(sessionId)).length > 0);
      expect(await server.sql('select type from alerts where subject = $1', [sessionId])).toEqual([
        { type: 'payment_failed' },
      ]);
      expect((await retry(payment.transaction!.id)).data).toEqual({ result: { paymentStatus: 'CAPTURED' } });
      expect(await eventsOf(sessionId)).toEqual([
        'payment.authorized',
        'payment.captured',
        'payment.failed',
        'payment.captured',
      ]);
    },
  );

  it('without energy lets the hold go', async () => {
    const sessionId = await charge(await driverWith(), 0);
    await settled(sessionId, null);
    expect(await ledger(sessionId)).toEqual(['HOLD 25.00 SUCCEEDED', 'CANCEL 0.00 SUCCEEDED']);
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 0, refunded: 0 }]);
  });

  it('below the minimum is waived, and the hold let go', async () => {
    await enablePayments(server, stripe, { minimumAmount: '10' });
    const sessionId = await charge(await driverWith(), METER_WH.cheap);
    await enablePayments(server, stripe);
    const payment = await settled(sessionId, null);
    expect(payment.transaction).toMatchObject({ paymentStatus: null, bill: { total: { amount: '3.68' } } });
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 0, refunded: 0 }]);
  });

  it.each([
    ['was held for', {}, 'pm_card_visa', 'CANCEL 0.00 SUCCEEDED'],
    ['was held nothing for', { holdAmount: null }, 'pm_card_visa', undefined],
    ['could not be held for', {}, 'pm_card_chargeCustomerFail', 'HOLD 25.00 FAILED'],
  ])(
    'below the minimum that %s is settled on its invoices: paid, and waived',
    async (_, bounds, card, last) => {
      await enablePayments(server, stripe, { minimumAmount: '10', ...bounds });
      const driver = await driverWith(card);
      const transactionId = await plugIn(driver.tokenUid);
      if (card !== 'pm_card_visa') {
        station.reply((await station.expectCall('RemoteStopTransaction')).id, { status: 'Accepted' });
      }
      await stop(transactionId, METER_WH.cheap);
      await enablePayments(server, stripe);
      const [session] = await server.sql<{ id: string }>(
        'select id from sessions where transaction_number = $1',
        [transactionId],
      );
      const { transaction } = await settled(session!.id, null);
      expect((await ledger(session!.id)).at(-1)).toBe(last);
      const invoice = await invoiceOf([transaction!.id]);
      await eventually(async () => (await invoice()).status === 'PAID');
      const lines = await printed((await invoice()).pdfUrl);
      expect(lines).toContain('Status: \nPaid');
      expect(lines).toContain('3.68 USD of it is below the least amount that is charged, and is waived.');
    },
  );

  it('is paid for in the same moment as the other one of its invoice: the invoice is paid', async () => {
    await enablePayments(server, stripe, { holdAmount: null });
    const driver = await driverWith();
    const bills: string[] = [];
    stripe.faults.plan({ kind: 'decline', code: 'card_declined', on: 'payment_intents.create', times: 2 });
    for (let nth = 0; nth < 2; nth++) {
      const { transaction } = await settled(await charge(driver, METER_WH.cheap), 'FAILED');
      bills.push(transaction!.id);
    }
    await enablePayments(server, stripe);
    const invoice = await invoiceOf(bills);
    expect((await invoice()).status).toBe('ISSUED');
    // both charges are made before either is written down
    const waiting = bills.map(rowId);
    const holding: ReturnType<typeof hold>[] = [];
    const areHeld = Promise.withResolvers<void>();
    const during = async () => {
      const ids = [waiting.pop()];
      holding.push(hold(server, 'select from transactions where id = $1 for update', ids));
      if (waiting.length === 0) areHeld.resolve(Promise.all(holding).then(() => {}));
      await areHeld.promise;
    };
    stripe.faults.plan({ kind: 'in_progress', during, on: 'payment_intents.create', times: 2 });
    const retries = bills.map(retry);
    await eventually(async () => (await waitingForLock(server)) === 2);
    await Promise.all(holding.map(async held => (await held).release()));
    for (const { data } of await Promise.all(retries))
      expect(data).toEqual({ result: { paymentStatus: 'CAPTURED' } });
    expect((await invoice()).status).toBe('PAID');
  });

  it('above the maximum is charged the maximum', async () => {
    await enablePayments(server, stripe, { maximumAmount: '30' });
    const sessionId = await charge(await driverWith(), METER_WH.dear);
    await enablePayments(server, stripe);
    await settled(sessionId, 'CAPTURED');
    expect(atStripe(sessionId).map(({ captured }) => captured)).toEqual([2500, 500]);
  });

  it('of a network that holds nothing is charged at its end, to a card that must be there at the start', async () => {
    await enablePayments(server, stripe, { holdAmount: null });
    expect((await start(await driverWith(null))).body.error).toBe('payment_failed');
    const sessionId = await charge(await driverWith(), METER_WH.cheap);
    await enablePayments(server, stripe);
    await settled(sessionId, 'CAPTURED');
    expect(await ledger(sessionId)).toEqual(['CHARGE 3.68 SUCCEEDED']);
  });

  it('that grows by idle time after its stop is charged the difference', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    const transactionId = await plugIn(driver.tokenUid);
    await stop(transactionId, METER_WH.cheap);
    await settled(sessionId, 'CAPTURED');
    const later = Temporal.Now.instant().add({ minutes: 30 }).toString();
    await station.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Available',
      timestamp: later,
    });
    // twenty minutes past the grace, at 0.40
    const payment = await eventually(async () => {
      const now = await settled(sessionId, 'CAPTURED');
      return now.paymentOperations.length === 3 && now;
    });
    const captured = atStripe(sessionId).reduce((sum, intent) => sum + intent.captured, 0);
    expect(captured / 100).toBe(Number(payment.transaction!.bill.total.amount));
    expect(captured).toBeGreaterThan(368);
  });

  it('at a free charger asks nothing of Stripe', async () => {
    const free = await bootedStation(server, 'DEMO-AC-02');
    const driver = await driverWith(null);
    const answer = driver.rest('POST', '/charging/start', {
      body: { chargerId: demoCharger(server, 'DEMO-AC-02').id, connectorNumber: 1, idTag: driver.tokenUid },
    });
    free.reply((await free.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
    const { sessionId } = (await answer).body.data;
    await free.close();
    expect(await paymentOf(server, sessionId)).toEqual({
      paymentStatus: null,
      paymentOperations: [],
      transaction: null,
    });
  });
});

describe('a hold that is not granted', () => {
  it.each([
    ['a card that is declined', 'pm_card_chargeCustomerFail', 'payment_failed'],
    ['a card that wants its holder', 'pm_card_authenticationRequired', 'authentication_required'],
    ['no card', null, 'payment_failed'],
  ])(
    'for %s: 402, an event, and no remote start; an alert unless the driver can do it alone',
    async (_, card, error) => {
      const driver = await driverWith(card);
      const answer = await start(driver);
      expect(answer).toMatchObject({ status: 402, body: { error, code: error } });
      const { data: sessions } = (await driver.rest('GET', '/charging/sessions')).body;
      expect(sessions).toMatchObject([{ status: 'failed' }]);
      expect(await eventsOf(sessions[0].id)).toEqual(['payment.failed']);
      // the station was told nothing: what it hears next is somebody else's start
      await started(await driverWith()).then(id =>
        server.rest('POST', '/charging/stop', { body: { sessionId: id } }),
      );
      await settled(sessions[0].id, 'FAILED');
      await allTaken(server, 'alerts');
      expect(await alertsOf(sessions[0].id)).toHaveLength(error === 'authentication_required' ? 0 : 1);
    },
  );

  it('nobody knows of, for Stripe is silent: 502, no remote start; what was held is let go', async () => {
    const driver = await driverWith();
    stripe.faults.plan({ kind: 'no_answer', when: 'after', on: 'payment_intents.create', times: 2 });
    const answer = await start(driver);
    expect(answer).toMatchObject({ status: 502, body: { error: 'stripe_error' } });
    const { data: sessions } = (await driver.rest('GET', '/charging/sessions')).body;
    expect(sessions).toMatchObject([{ status: 'failed' }]);
    await eventually(async () => (await ledger(sessions[0].id)).length === 2, { timeoutMs: 30_000 });
    await settled(sessions[0].id, null);
    expect(atStripe(sessions[0].id)).toEqual([{ held: 0, captured: 0, refunded: 0 }]);
  });

  it('for a charge that began with a card at the station: it is stopped, and flagged', async () => {
    const driver = await driverWith('pm_card_chargeCustomerFail');
    const transactionId = await plugIn(driver.tokenUid);
    const { id, payload } = await station.expectCall<{ transactionId: number }>('RemoteStopTransaction');
    expect(payload.transactionId).toBe(transactionId);
    station.reply(id, { status: 'Accepted' });
    await stop(transactionId, METER_WH.cheap);
    const [session] = await server.sql<{ id: string; flags: string[] }>(
      'select id, flags from sessions where transaction_number = $1',
      [transactionId],
    );
    expect(session!.flags).toContain('payment_failed');
    await settled(session!.id, 'FAILED');
  });

  it('is not asked for when the station refuses or is offline: it is let go', async () => {
    const driver = await driverWith();
    const answer = start(driver);
    station.reply((await station.expectCall('RemoteStartTransaction')).id, { status: 'Rejected' });
    expect((await answer).status).toBe(409);
    const [{ id }] = (await driver.rest('GET', '/charging/sessions')).body.data;
    await eventually(async () => (await ledger(id)).includes('CANCEL 0.00 SUCCEEDED'));
    expect(atStripe(id)).toEqual([{ held: 0, captured: 0, refunded: 0 }]);
  });
});

interface Refunded {
  readonly paymentStatus?: string;
  readonly refunded?: { amount: string };
  readonly code?: string;
}
const refund = async (input: object): Promise<Refunded> =>
  (
    await server.graphql<{ result: Refunded }>(
      `mutation ($input: RefundInput!) { result: refundTransaction(input: $input) {
        ... on Transaction { paymentStatus refunded { amount } } ... on Error { code }
      } }`,
      { input },
    )
  ).data.result;

/** Until nothing is left to be done of what Stripe has told. */
const synced = async () => {
  await stripe.webhooks.settled();
  await eventually(async () => {
    const [left] = await server.sql<{ count: string }>(
      `select count(*) from graphile_worker.jobs where task_identifier = 'sync-payment'`,
    );
    return left!.count === '0';
  });
};

/** The same minute, some time later: what is unknown has been unknown for so long. */
const laterFor = async (sessionId: string, interval: string) => {
  await server.sql(
    `update payment_operations set sent_at = sent_at - $2::interval where session_id = $1 and status = 'unknown'`,
    [sessionId, interval],
  );
  await server.sql(
    `update graphile_worker._private_jobs set run_at = now() where key = 'settle-payment:' || $1 and locked_at is null`,
    [sessionId],
  );
  await server.sql(`select pg_notify('jobs:insert', '{"count": 1}')`);
};

const alertsOf = async (sessionId: string) =>
  (
    await server.sql<{ message: string }>('select message from alerts where subject = $1 order by id', [
      sessionId,
    ])
  ).map(({ message }) => message.replace(`Session ${sessionId}: `, ''));

describe('a refund', () => {
  it('in part stays captured, the rest makes it refunded, and no more is given', async () => {
    const sessionId = await charge(await driverWith(), METER_WH.dear);
    const { transaction } = await settled(sessionId, 'CAPTURED');
    const transactionId = transaction!.id;
    const part = { transactionId, amount: '10', requestKey: `part-${sessionId}` };
    for (let twice = 0; twice < 2; twice++) {
      expect(await refund(part)).toEqual({ paymentStatus: 'CAPTURED', refunded: { amount: '10.00' } });
    }
    expect(await refund({ transactionId, amount: '21.79' })).toEqual({ code: 'conflict' });
    expect(await refund({ transactionId })).toEqual({
      paymentStatus: 'REFUNDED',
      refunded: { amount: '31.78' },
    });
    expect(await refund({ transactionId, amount: '0.01' })).toEqual({ code: 'conflict' });
    const given = atStripe(sessionId).reduce((sum, intent) => sum + intent.refunded, 0);
    expect(given).toBe(3178);
  });

  it('that many ask for at once never exceeds what came in', async () => {
    const sessionId = await charge(await driverWith(), METER_WH.cheap);
    const { transaction } = await settled(sessionId, 'CAPTURED');
    await Promise.all(
      Array.from({ length: 8 }, () => refund({ transactionId: transaction!.id, amount: '1' })),
    );
    const after = await eventually(async () => {
      const now = await settled(sessionId, 'CAPTURED');
      return now.transaction!.refunded.amount === '3.00' && now;
    });
    expect(after.transaction!.paymentStatus).toBe('CAPTURED');
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 368, refunded: 300 }]);
  });

  it('that Stripe made by hand is known by its webhook', async () => {
    const sessionId = await charge(await driverWith(), METER_WH.cheap);
    const payment = await settled(sessionId, 'CAPTURED');
    const ctx = server.app.context({ kind: 'anonymous' });
    await ctx.stripe(stripe.secretKey).refunds.create({
      payment_intent: payment.paymentOperations[0]!.paymentIntentId!,
      amount: 100,
    });
    await eventually(
      async () => (await paymentOf(server, sessionId)).transaction!.refunded.amount === '1.00',
    );
    expect(await eventsOf(sessionId)).toContain('payment.refunded');
  });

  it('that is made while Stripe is asked how it stands is not taken for one that came back', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    await stripe.webhooks.settled();
    // of all that Stripe tells from here on, one event comes, late
    stripe.faults.plan(
      { kind: 'webhook_held', on: 'payment_intent.succeeded' },
      { kind: 'webhook_lost', times: 50 },
    );
    await stop(await plugIn(driver.tokenUid), METER_WH.cheap);
    const { transaction } = await settled(sessionId, 'CAPTURED');
    let isMade = false;
    const during = async () => {
      await refund({ transactionId: transaction!.id, amount: '1' });
      isMade = true;
    };
    stripe.faults.plan({ kind: 'late_answer', on: 'payment_intents.retrieve', during });
    await stripe.webhooks.release();
    await eventually(() => isMade);
    await synced();
    stripe.faults.clear();
    expect((await ledger(sessionId)).slice(1)).toEqual(['CAPTURE 3.68 SUCCEEDED', 'REFUND 1.00 SUCCEEDED']);
    expect((await paymentOf(server, sessionId)).transaction!.refunded.amount).toBe('1.00');
    expect(await alertsOf(sessionId)).toEqual([]);
  });

  it('that the bank sends back stands beside it in the ledger, raises an alert, and can be made again', async () => {
    const sessionId = await charge(await driverWith('pm_card_pendingRefund'), METER_WH.cheap);
    const { transaction } = await settled(sessionId, 'CAPTURED');
    const transactionId = transaction!.id;
    expect(await refund({ transactionId })).toMatchObject({ paymentStatus: 'REFUNDED' });
    const made = [...stripe.books.refunds.values()].find(
      ({ metadata }) => metadata?.sessionId === sessionId,
    )!;
    stripe.settleRefund(made.id, 'failed');
    const after = await settled(sessionId, 'CAPTURED');
    await synced();
    expect(after.transaction!.refunded.amount).toBe('0.00');
    expect((await ledger(sessionId)).slice(2)).toEqual([
      'REFUND 3.68 SUCCEEDED',
      'REFUND_RETURNED 3.68 SUCCEEDED',
    ]);
    expect(await alertsOf(sessionId)).toEqual(['A refund of 3.68 USD came back from the bank.']);
    expect(await refund({ transactionId, amount: '2' })).toEqual({
      paymentStatus: 'CAPTURED',
      refunded: { amount: '2.00' },
    });
    await synced();
    expect((await ledger(sessionId)).slice(4)).toEqual(['REFUND 2.00 SUCCEEDED']);
  });

  it('makes a credit note where its transaction stands on an invoice', async () => {
    const sessionId = await charge(await driverWith(), METER_WH.cheap);
    const { transaction } = await settled(sessionId, 'CAPTURED');
    const { data } = await server.graphql<{ result: { id: string; status: string } }>(
      'mutation ($id: ID!) { result: createInvoice(input: { transactionIds: [$id] }) { ... on Invoice { id status } } }',
      { id: transaction!.id },
    );
    expect(data.result.status).toBe('PAID');
    await refund({ transactionId: transaction!.id, amount: '1', reason: 'Sorry' });
    const invoice = await server.graphql<{
      invoice: { pdfUrl: string; creditNotes: { number: string; pdfUrl: string }[] };
    }>(
      `query ($id: ID!) { invoice(id: $id) { pdfUrl creditNotes {
        number reason subtotal { amount } tax { amount } total { amount } pdfUrl } } }`,
      { id: data.result.id },
    );
    expect(invoice.data.invoice.creditNotes).toMatchObject([
      {
        number: expect.stringMatching(/^CN-\d{4}-\d{6}$/),
        reason: 'Sorry',
        total: { amount: '1.00' },
        tax: { amount: '0.10' },
      },
    ]);
    for (const { pdfUrl } of [invoice.data.invoice, ...invoice.data.invoice.creditNotes]) {
      const file = await fetch(server.url + pdfUrl);
      expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      expect(
        Buffer.from(await file.arrayBuffer())
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-');
      expect((await fetch(server.url + pdfUrl.replace('signature=', 'signature=x'))).status).toBe(404);
    }
  });
});

describe('what may go wrong on the way', () => {
  it.each([
    ['the connection breaks before the capture', { kind: 'reset', when: 'before' }],
    ['the connection breaks after the capture', { kind: 'reset', when: 'after' }],
    ['Stripe is silent after the capture', { kind: 'no_answer', when: 'after' }],
    ['Stripe fails after the capture', { kind: 'server_error', when: 'after' }],
    ['Stripe fails before the capture', { kind: 'server_error', when: 'before' }],
    ['Stripe takes no more calls', { kind: 'rate_limit' }],
  ] as const)('%s: it is captured once, and known', async (_, fault) => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    stripe.faults.plan({ ...fault, on: 'payment_intents.capture', times: 2 });
    await stop(await plugIn(driver.tokenUid), METER_WH.cheap);
    await eventually(async () => (await paymentOf(server, sessionId)).paymentStatus === 'CAPTURED', {
      timeoutMs: 60_000,
    });
    stripe.faults.clear();
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 368, refunded: 0 }]);
  });

  it('a process that died with a capture done and not written down: the next one writes it down', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    await stop(await plugIn(driver.tokenUid), METER_WH.cheap);
    await settled(sessionId, 'CAPTURED');
    // as it stood in the moment of death
    await server.sql(
      `update payment_operations set status = 'pending', settled_at = null where session_id = $1 and kind = 'capture'`,
      [sessionId],
    );
    await server.sql(
      `update session_payments set state = 'authorized', captured = 0, held = 2500, hold_intent_id =
         (select payment_intent_id from payment_operations where session_id = $1 and kind = 'hold') where session_id = $1`,
      [sessionId],
    );
    await server.sql(`select app.add_job('settle-payment', $1::json, null, null)`, [
      JSON.stringify({ networkId: server.demo.networkId, sessionId }),
    ]);
    await settled(sessionId, 'CAPTURED');
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 368, refunded: 0 }]);
  });

  it.each([
    ['hold', 'payment_intents.create'],
    ['capture', 'payment_intents.capture'],
    ['cancel', 'payment_intents.cancel'],
    ['charge', 'payment_intents.create'],
    ['refund', 'refunds.create'],
  ])(
    'a %s that Stripe answers with a 500 ever after is made under another key, within minutes',
    async (kind, on) => {
      const driver = await driverWith();
      const broken = { kind: 'server_error', when: 'before', stored: true, on } as const;
      let sessionId: string;
      if (kind === 'hold') {
        stripe.faults.plan(broken);
        const transactionId = await plugIn(driver.tokenUid);
        sessionId = await eventually(async () => {
          const [row] = await server.sql<{ id: string }>(
            `select session_id id from payment_operations where status = 'unknown'`,
          );
          return row?.id;
        });
        await laterFor(sessionId, '2 minutes');
        await settled(sessionId, 'AUTHORIZED');
        await stop(transactionId, METER_WH.cheap);
      } else {
        sessionId = await started(driver);
        if (kind === 'capture' || kind === 'cancel') stripe.faults.plan(broken);
        if (kind === 'charge') stripe.faults.plan(broken);
        const meterStop =
          { capture: METER_WH.cheap, cancel: 0, charge: METER_WH.dear }[kind] ?? METER_WH.cheap;
        await stop(await plugIn(driver.tokenUid), meterStop);
        if (kind === 'refund') {
          const { transaction } = await settled(sessionId, 'CAPTURED');
          stripe.faults.plan(broken);
          expect(await refund({ transactionId: transaction!.id, amount: '1' })).toEqual({
            code: 'stripe_error',
          });
        }
      }
      await eventually(() => !stripe.faults.pending.length);
      const done = await eventually(async () => {
        await laterFor(sessionId, '2 minutes');
        const { paymentOperations } = await paymentOf(server, sessionId);
        const isOpen = paymentOperations.some(({ status }) => status === 'PENDING' || status === 'UNKNOWN');
        const isDone = paymentOperations.some(
          operation => operation.kind === kind.toUpperCase() && operation.status === 'SUCCEEDED',
        );
        return !isOpen && isDone && (await ledger(sessionId));
      });
      expect(done.filter(entry => entry.endsWith('FAILED'))).toHaveLength(1);
      await eventually(async () => {
        const { held, captured, refunded } = atStripe(sessionId).reduce((all, one) => ({
          held: all.held + one.held,
          captured: all.captured + one.captured,
          refunded: all.refunded + one.refunded,
        }));
        const total = { cancel: 0, charge: 3178 }[kind] ?? 368;
        return held === 0 && captured === total && refunded === (kind === 'refund' ? 100 : 0);
      });
    },
  );

  it('a capture of which nobody knows, whose job is lost, and of which Stripe tells nothing, is found and settled', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    const transactionId = await plugIn(driver.tokenUid);
    await synced();
    stripe.faults.plan(
      { kind: 'webhook_lost', times: 50 },
      { kind: 'server_error', when: 'after', on: 'payment_intents.capture' },
    );
    await stop(transactionId, METER_WH.cheap);
    await eventually(async () => (await ledger(sessionId)).at(-1) === 'CAPTURE 3.68 UNKNOWN');
    const lost = await server.sql(
      `delete from graphile_worker._private_jobs where key = 'settle-payment:' || $1 returning 1`,
      [sessionId],
    );
    expect(lost).toHaveLength(1);
    await server.sql(
      `update payment_operations set created_at = now() - interval '3 minutes' where status = 'unknown'`,
    );
    await server.sql(`select graphile_worker.add_job('sweep-payments')`);
    await settled(sessionId, 'CAPTURED');
    stripe.faults.clear();
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 368, refunded: 0 }]);
  });

  it('a capture that is refused lets the hold go, and a retry charges without it', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    stripe.faults.plan({ kind: 'decline', code: 'card_declined', on: 'payment_intents.capture' });
    await stop(await plugIn(driver.tokenUid), METER_WH.cheap);
    const { transaction } = await settled(sessionId, 'FAILED');
    await eventually(async () => (await ledger(sessionId)).length === 3);
    await settled(sessionId, 'FAILED');
    expect((await ledger(sessionId)).slice(1)).toEqual(['CAPTURE 3.68 FAILED', 'CANCEL 0.00 SUCCEEDED']);
    expect(atStripe(sessionId)).toEqual([{ held: 0, captured: 0, refunded: 0 }]);
    await eventually(async () => (await alertsOf(sessionId)).length > 0);
    expect(await alertsOf(sessionId)).toEqual(['A payment of $3.68 failed: card_declined.']);
    await server.graphql(`mutation ($id: ID!) { retryPayment(transactionId: $id) { __typename } }`, {
      id: transaction!.id,
    });
    await settled(sessionId, 'CAPTURED');
    expect(atStripe(sessionId).map(({ captured }) => captured)).toEqual([0, 368]);
  });

  it('a hold that cannot be let go is told of, once', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    stripe.faults.plan({ kind: 'decline', code: 'processing_error', on: 'payment_intents.cancel' });
    await stop(await plugIn(driver.tokenUid), 0);
    const hold = (await settled(sessionId, null)).paymentOperations[0]!.paymentIntentId;
    expect((await ledger(sessionId)).slice(1)).toEqual(['CANCEL 0.00 FAILED']);
    expect(await alertsOf(sessionId)).toEqual([`The hold ${hold} could not be let go: processing_error.`]);
  });

  it('a hold that ran out before the stop is charged without it', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    const [{ paymentIntentId }] = (await paymentOf(server, sessionId)).paymentOperations as unknown as [
      { paymentIntentId: string },
    ];
    const transactionId = await plugIn(driver.tokenUid);
    stripe.faults.plan({ kind: 'webhook_lost', times: 10 });
    await server.app
      .context({ kind: 'anonymous' })
      .stripe(stripe.secretKey)
      .paymentIntents.cancel(paymentIntentId);
    await stop(transactionId, METER_WH.cheap);
    await settled(sessionId, 'CAPTURED');
    stripe.faults.clear();
    expect(atStripe(sessionId).map(({ captured }) => captured)).toEqual([0, 368]);
  });

  it('a hold that is about to run out is renewed, and captured early where the bank will not', async () => {
    const driver = await driverWith();
    const sessionId = await started(driver);
    const transactionId = await plugIn(driver.tokenUid);
    const renew = async () => {
      const [{ hold }] = (await server.sql<{ hold: string }>(
        'select hold_intent_id hold from session_payments where session_id = $1',
        [sessionId],
      )) as [{ hold: string }];
      await server.sql(`select app.add_job('renew-hold', $1::json, null, null)`, [
        JSON.stringify({ networkId: server.demo.networkId, sessionId, holdIntentId: hold }),
      ]);
    };
    await renew();
    await eventually(async () => (await ledger(sessionId)).length === 3);
    await settled(sessionId, 'AUTHORIZED');
    expect(atStripe(sessionId)).toEqual([
      { held: 0, captured: 0, refunded: 0 },
      { held: 2500, captured: 0, refunded: 0 },
    ]);
    await station.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [
        { timestamp: new Date().toISOString(), sampledValue: [{ value: String(METER_WH.cheap) }] },
      ],
    });
    stripe.faults.plan({ kind: 'decline', code: 'card_declined', on: 'payment_intents.create' });
    await renew();
    await eventually(async () => (await ledger(sessionId)).includes('CAPTURE 3.68 SUCCEEDED'));
    await stop(transactionId, METER_WH.dear);
    await settled(sessionId, 'CAPTURED');
    const captured = atStripe(sessionId).reduce((sum, intent) => sum + intent.captured, 0);
    expect(captured).toBe(3178);
  });

  it('webhooks that are doubled, late, in the wrong order or of unknown things change nothing wrong', async () => {
    stripe.faults.plan({ kind: 'webhook_held', times: 50 });
    const driver = await driverWith();
    const sessionId = await charge(driver, METER_WH.cheap);
    await settled(sessionId, 'CAPTURED');
    stripe.faults.clear();
    const before = await paymentOf(server, sessionId);
    await stripe.webhooks.release(events => [...events].reverse());
    const statuses = await Promise.all(
      [...stripe.books.events.keys()].slice(-10).map(id => stripe.webhooks.resend(id)),
    );
    expect(statuses.flat().every(status => status === 200)).toBe(true);
    await eventually(async () => {
      const [{ count }] = (await server.sql(
        `select count(*)::int from graphile_worker.jobs where task_identifier = 'sync-payment'`,
      )) as [{ count: number }];
      return count === 0;
    });
    expect(await paymentOf(server, sessionId)).toEqual(before);
    expect(await eventsOf(sessionId)).toEqual(['payment.authorized', 'payment.captured']);
  });

  it('a webhook with a wrong signature, or for a network that has none, is refused', async () => {
    const post = (path: string, headers: Record<string, string> = {}) =>
      fetch(server.url + path, { method: 'POST', body: '{"id":"evt_1"}', headers });
    const path = `/stripe/webhook/${server.demo.networkId}`;
    expect((await post(path)).status).toBe(400);
    expect((await post(path, { 'stripe-signature': 't=1,v1=00' })).status).toBe(400);
    expect((await post('/stripe/webhook/019a0000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await post('/stripe/webhook/nonsense')).status).toBe(404);
  });

  it('a dispute raises an alert, and is told once', async () => {
    const sessionId = await charge(await driverWith(), METER_WH.cheap);
    await settled(sessionId, 'CAPTURED');
    const intent = [...stripe.books.paymentIntents.values()].find(
      ({ metadata }) => metadata.sessionId === sessionId,
    )!;
    stripe.dispute(intent.latest_charge as string);
    const alerts = () =>
      server.sql<{ type: string }>('select type from alerts where subject = $1', [sessionId]);
    expect(await eventually(async () => (await alerts()).length > 0 && alerts())).toEqual([
      { type: 'payment_disputed' },
    ]);
  });
});

it('each operation has a key of its own, and its calls were made under it', async () => {
  const keys = await server.sql<{ key: string }>('select idempotency_key as key from payment_operations');
  expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
  expect(keys.length).toBeGreaterThan(30);
});
