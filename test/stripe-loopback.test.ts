import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Stripe from 'stripe';
import { afterEach, describe, expect, it } from 'vitest';
import { type LoopbackStripe, type StripeOptions, startStripe } from '../simulator/stripe/start-stripe.ts';
import { eventually } from './support/eventually.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(each => each.close()));
});

const DAY_MS = 24 * 60 * 60 * 1000;

async function start(options?: StripeOptions) {
  const loopback = await startStripe(options);
  open.push(loopback);
  return { loopback, stripe: sdkOf(loopback) };
}

/** The real SDK, which retries nothing unless told. */
const sdkOf = (loopback: LoopbackStripe, config: Partial<Stripe.StripeConfig> = {}) =>
  new Stripe(config.authenticator ? '' : loopback.secretKey, {
    host: loopback.host,
    port: loopback.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...config,
  });

/** A customer with a saved card. */
async function driverOf(stripe: Stripe, card = 'pm_card_visa') {
  const customer = await stripe.customers.create({ email: 'driver@example.com' });
  const setup = await stripe.setupIntents.create({
    customer: customer.id,
    payment_method: card,
    confirm: true,
    allowed_payment_method_types: ['card'],
  });
  return { customer: customer.id, paymentMethod: setup.payment_method as string };
}

type Driver = Awaited<ReturnType<typeof driverOf>>;

const holdOf = (driver: Driver, more: Partial<Stripe.PaymentIntentCreateParams> = {}) => ({
  amount: 5000,
  currency: 'usd',
  customer: driver.customer,
  payment_method: driver.paymentMethod,
  capture_method: 'manual' as const,
  confirm: true,
  off_session: true,
  ...more,
});

/** What the SDK threw. */
async function failureOf(promise: Promise<unknown>): Promise<InstanceType<typeof Stripe.errors.StripeError>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('The call succeeded');
}

const eventTypes = ({ books }: LoopbackStripe) => [...books.events.values()].map(({ type }) => type);

describe('a hold', () => {
  it('is captured once, in part, and the rest is let go', async () => {
    const { loopback, stripe } = await start();
    const driver = await driverOf(stripe);
    const held = await stripe.paymentIntents.create(holdOf(driver, { metadata: { sessionId: 's1' } }));
    expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 5000, amount_received: 0 });
    expect(loopback.settlementOf(held.id)).toEqual({ held: 5000, captured: 0, refunded: 0 });

    const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1234 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_capturable: 0, amount_received: 1234 });
    expect(captured.metadata).toEqual({ sessionId: 's1' });
    expect(loopback.settlementOf(held.id)).toEqual({ held: 0, captured: 1234, refunded: 0 });

    // Stripe counts what was never captured as refunded
    const charge = await stripe.charges.retrieve(captured.latest_charge as string, { expand: ['refunds'] });
    expect(charge).toMatchObject({
      amount: 5000,
      amount_captured: 1234,
      amount_refunded: 3766,
      captured: true,
    });
    expect(charge.refunds!.data).toMatchObject([{ amount: 3766, charge: charge.id }]);

    const again = await failureOf(stripe.paymentIntents.capture(held.id, { amount_to_capture: 1234 }));
    expect(again).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    expect(again.payment_intent).toMatchObject({ id: held.id, status: 'succeeded' });
    expect(loopback.settlementOf(held.id).captured).toBe(1234);
  });

  it('is never captured above its amount, nor below what a card can be charged with', async () => {
    const { loopback, stripe } = await start();
    const held = await stripe.paymentIntents.create(holdOf(await driverOf(stripe)));
    const capture = (amount: number) =>
      failureOf(stripe.paymentIntents.capture(held.id, { amount_to_capture: amount }));
    expect(await capture(5001)).toMatchObject({ code: 'amount_too_large', param: 'amount_to_capture' });
    expect(await capture(49)).toMatchObject({ code: 'amount_too_small', param: 'amount_to_capture' });
    expect(loopback.settlementOf(held.id)).toEqual({ held: 5000, captured: 0, refunded: 0 });
    expect(await stripe.paymentIntents.capture(held.id)).toMatchObject({ amount_received: 5000 });
  });

  it('that is canceled cannot be captured, and one that is captured cannot be canceled', async () => {
    const { loopback, stripe } = await start();
    const driver = await driverOf(stripe);
    const [first, second] = [
      await stripe.paymentIntents.create(holdOf(driver)),
      await stripe.paymentIntents.create(holdOf(driver)),
    ];
    const canceled = await stripe.paymentIntents.cancel(first.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'abandoned',
      amount_capturable: 0,
    });
    await stripe.paymentIntents.capture(second.id);
    for (const call of [
      stripe.paymentIntents.capture(first.id),
      stripe.paymentIntents.cancel(first.id),
      stripe.paymentIntents.confirm(first.id),
      stripe.paymentIntents.cancel(second.id),
      stripe.paymentIntents.confirm(second.id),
    ]) {
      expect(await failureOf(call)).toMatchObject({
        statusCode: 400,
        code: 'payment_intent_unexpected_state',
      });
    }
    expect(loopback.settlementOf(first.id)).toEqual({ held: 0, captured: 0, refunded: 0 });
    expect(eventTypes(loopback)).toContain('payment_intent.canceled');
  });

  it('says until when it lasts, and ends then by itself', async () => {
    let now = Date.parse('2026-06-19T10:00:00Z');
    const { loopback, stripe } = await start({ now: () => now });
    const driver = await driverOf(stripe);
    const held = await stripe.paymentIntents.create(holdOf(driver, { expand: ['latest_charge'] }));
    const { card } = (held.latest_charge as Stripe.Charge).payment_method_details!;
    expect(card!.capture_before).toBe(Date.parse('2026-06-26T10:00:00Z') / 1000);

    now += 7 * DAY_MS - 1000;
    expect(await stripe.paymentIntents.retrieve(held.id)).toMatchObject({ status: 'requires_capture' });
    loopback.clock.advance(1000);
    expect(loopback.settlementOf(held.id).held).toBe(0);
    expect(await stripe.paymentIntents.retrieve(held.id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'automatic',
    });
    expect(eventTypes(loopback)).toEqual(
      expect.arrayContaining(['charge.expired', 'payment_intent.canceled']),
    );
    expect(await failureOf(stripe.paymentIntents.capture(held.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });
});

describe('an amount', () => {
  it.each([
    { currency: 'usd', least: 50 },
    { currency: 'eur', least: 50 },
    { currency: 'gbp', least: 30 },
    { currency: 'jpy', least: 50 },
    { currency: 'huf', least: 17_500 },
  ])('in $currency is at least $least minor units', async ({ currency, least }) => {
    const { loopback, stripe } = await start();
    const tooSmall = await failureOf(stripe.paymentIntents.create({ amount: least - 1, currency }));
    expect(tooSmall).toMatchObject({ statusCode: 400, code: 'amount_too_small', param: 'amount' });
    expect(loopback.books.paymentIntents.size).toBe(0);
    expect(await stripe.paymentIntents.create({ amount: least, currency })).toMatchObject({ amount: least });
  });

  it.each([
    { currency: 'kwd', wrong: 1235, right: 1230 },
    { currency: 'isk', wrong: 1050, right: 1000 },
  ])('in $currency has the digits the currency has', async ({ currency, wrong, right }) => {
    const { stripe } = await start();
    expect(await failureOf(stripe.paymentIntents.create({ amount: wrong, currency }))).toMatchObject({
      param: 'amount',
    });
    expect(await stripe.paymentIntents.create({ amount: right, currency })).toMatchObject({ amount: right });
  });

  it('is a whole number above zero, of a currency there is, and at most eight digits', async () => {
    const { loopback, stripe } = await start();
    const create = (amount: number, currency = 'usd') =>
      failureOf(stripe.paymentIntents.create({ amount, currency }));
    expect(await create(12.5)).toMatchObject({ code: 'parameter_invalid_integer', param: 'amount' });
    expect(await create(0)).toMatchObject({ code: 'parameter_invalid_integer', param: 'amount' });
    expect(await create(-500)).toMatchObject({ code: 'parameter_invalid_integer', param: 'amount' });
    expect(await create(100_000_000)).toMatchObject({ code: 'amount_too_large', param: 'amount' });
    expect(await create(500, 'zzz')).toMatchObject({ param: 'currency' });
    expect(loopback.books.paymentIntents.size).toBe(0);
  });
});

describe('a request', () => {
  it('needs the secret key', async () => {
    const { loopback } = await start();
    const stranger = new Stripe('sk_test_wrong', {
      host: loopback.host,
      port: loopback.port,
      protocol: 'http',
      maxNetworkRetries: 0,
    });
    const failure = await failureOf(stranger.customers.create({}));
    expect(failure).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(failure).toMatchObject({ statusCode: 401, rawType: 'invalid_request_error' });
    expect(failure.requestId).toMatch(/^req_/);
    const bare = await fetch(`${loopback.url}/v1/customers`);
    expect(bare.status).toBe(401);
    expect(loopback.books.customers.size).toBe(0);
  });

  it('carries only what Stripe knows, in the form Stripe reads', async () => {
    const { loopback, stripe } = await start();
    const unknown = { amount: 500, currency: 'usd', payment_method_types: ['card'] };
    expect(await failureOf(stripe.paymentIntents.create(unknown))).toMatchObject({
      code: 'parameter_unknown',
      param: 'payment_method_types',
    });
    const missing = { amount: 500 } as Stripe.PaymentIntentCreateParams;
    expect(await failureOf(stripe.paymentIntents.create(missing))).toMatchObject({
      code: 'parameter_missing',
      param: 'currency',
    });
    const json = await fetch(`${loopback.url}/v1/customers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${loopback.secretKey}`, 'content-type': 'application/json' },
      body: '{"email":"driver@example.com"}',
    });
    expect(json.status).toBe(400);
  });

  it('about what is not there is answered 404, naming the parameter', async () => {
    const { stripe } = await start();
    expect(await failureOf(stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      param: 'intent',
    });
    const lost = { amount: 500, currency: 'usd', customer: 'cus_none' };
    expect(await failureOf(stripe.paymentIntents.create(lost))).toMatchObject({
      code: 'resource_missing',
      param: 'customer',
    });
    expect(await failureOf(stripe.products.list())).toMatchObject({ statusCode: 404 });
  });

  it('is answered with its id and the version it asked for', async () => {
    const { stripe } = await start();
    const { lastResponse } = await stripe.customers.create({});
    expect(lastResponse.requestId).toMatch(/^req_\w{24}$/);
    expect(lastResponse.apiVersion).toBe('2026-10-28.endive');
  });

  it('adds to metadata, takes keys away with an empty value, and all of them with none', async () => {
    const { stripe } = await start();
    const { id } = await stripe.customers.create({ metadata: { network: 'n1', driver: 'd1' } });
    const changed = await stripe.customers.update(id, { metadata: { driver: '', tier: 'gold' } });
    expect(changed.metadata).toEqual({ network: 'n1', tier: 'gold' });
    expect((await stripe.customers.update(id, { metadata: '' })).metadata).toEqual({});
  });

  it('is answered with the objects it wants in place of their ids', async () => {
    const { stripe } = await start();
    const driver = await driverOf(stripe);
    const { id } = await stripe.paymentIntents.create(holdOf(driver));
    const intent = await stripe.paymentIntents.retrieve(id, {
      expand: ['latest_charge.refunds', 'payment_method'],
    });
    expect(intent.latest_charge).toMatchObject({ object: 'charge', refunds: { object: 'list' } });
    expect(intent.payment_method).toMatchObject({ id: driver.paymentMethod, card: { last4: '4242' } });
    expect(intent.customer).toBe(driver.customer);
    const listed = await stripe.paymentIntents.list({ expand: ['data.latest_charge'] });
    expect(listed.data[0]!.latest_charge).toMatchObject({ payment_intent: id });
    await stripe.customers.update(driver.customer, {
      invoice_settings: { default_payment_method: driver.paymentMethod },
    });
    const customer = await stripe.customers.retrieve(driver.customer, {
      expand: ['invoice_settings.default_payment_method'],
    });
    expect(customer).toMatchObject({ invoice_settings: { default_payment_method: { type: 'card' } } });
    expect(await failureOf(stripe.paymentIntents.retrieve(id, { expand: ['amount'] }))).toMatchObject({
      statusCode: 400,
    });
  });
});

describe('a customer', () => {
  it('that was deleted is known as such, and good for nothing', async () => {
    const { stripe } = await start();
    const { customer, paymentMethod } = await driverOf(stripe);
    await stripe.customers.del(customer);
    expect(await stripe.customers.retrieve(customer)).toEqual({
      id: customer,
      object: 'customer',
      deleted: true,
    });
    for (const call of [
      stripe.customers.listPaymentMethods(customer),
      stripe.paymentIntents.create(holdOf({ customer, paymentMethod })),
      stripe.customers.update(customer, { name: 'Ada' }),
    ]) {
      expect(await failureOf(call)).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    }
    expect(await stripe.paymentMethods.retrieve(paymentMethod)).toMatchObject({ customer: null });
  });
});

describe('a list', () => {
  it('comes newest first in pages, to the last and back', async () => {
    const { stripe } = await start();
    const driver = await driverOf(stripe);
    const ids: string[] = [];
    for (let count = 0; count < 5; count++)
      ids.unshift((await stripe.paymentIntents.create(holdOf(driver))).id);
    const page = (params: Stripe.PaymentIntentListParams) =>
      stripe.paymentIntents.list({ customer: driver.customer, limit: 2, ...params });
    const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
    const [first, second] = [await page({}), await page({ starting_after: ids[1]! })];
    expect([idsOf(first), first.has_more]).toEqual([ids.slice(0, 2), true]);
    expect([idsOf(second), second.has_more]).toEqual([ids.slice(2, 4), true]);
    const last = await page({ starting_after: ids[3]! });
    expect([idsOf(last), last.has_more]).toEqual([ids.slice(4), false]);
    const before = await page({ ending_before: ids[3]! });
    expect([idsOf(before), before.has_more]).toEqual([ids.slice(1, 3), true]);
    const every: string[] = [];
    for await (const intent of stripe.paymentIntents.list({ customer: driver.customer, limit: 2 })) {
      every.push(intent.id);
    }
    expect(every).toEqual(ids);
    expect(await failureOf(page({ limit: 101 }))).toMatchObject({ param: 'limit' });
    expect(await failureOf(page({ starting_after: 'pi_none' }))).toMatchObject({ code: 'resource_missing' });
    const other = await driverOf(stripe);
    expect((await stripe.paymentIntents.list({ customer: other.customer })).data).toEqual([]);
  });

  it('is kept to a span of time', async () => {
    const { loopback, stripe } = await start({ now: () => Date.parse('2026-06-19T10:00:00Z') });
    const early = await stripe.customers.create({});
    loopback.clock.advance(60_000);
    const late = await stripe.customers.create({});
    expect((await stripe.customers.list({ created: { gt: early.created } })).data).toMatchObject([
      { id: late.id },
    ]);
    expect((await stripe.customers.list({ created: { lte: early.created } })).data).toMatchObject([
      { id: early.id },
    ]);
  });

  it('by search has what is a minute old, and not what is new', async () => {
    const { loopback, stripe } = await start();
    const driver = await driverOf(stripe);
    const { id } = await stripe.paymentIntents.create(holdOf(driver, { metadata: { sessionId: 's1' } }));
    await stripe.paymentIntents.create(holdOf(driver, { metadata: { sessionId: 's2' } }));
    const query = "metadata['sessionId']:'s1' AND status:'requires_capture'";
    const search = async () => (await stripe.paymentIntents.search({ query })).data.map(found => found.id);
    expect(await search()).toEqual([]);
    loopback.clock.advance(61_000);
    expect(await search()).toEqual([id]);
    expect(await failureOf(stripe.paymentIntents.search({ query: 'amount>1' }))).toMatchObject({
      param: 'query',
    });
  });
});

describe('an idempotency key', () => {
  it('is answered once and for all with its first answer', async () => {
    const { loopback, stripe } = await start();
    const params = holdOf(await driverOf(stripe));
    const first = await stripe.paymentIntents.create(params, { idempotencyKey: 'k1' });
    const second = await stripe.paymentIntents.create(params, { idempotencyKey: 'k1' });
    expect(second).toEqual(first);
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(second.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect(first.lastResponse.headers).not.toHaveProperty('idempotent-replayed');
    expect(loopback.books.paymentIntents.size).toBe(1);
    await stripe.paymentIntents.create(params, { idempotencyKey: 'k2' });
    expect(loopback.books.paymentIntents.size).toBe(2);
  });

  it('is answered with its first failure too, were the cause gone by now', async () => {
    const { loopback, stripe } = await start();
    const params = holdOf(await driverOf(stripe));
    loopback.faults.plan({ kind: 'decline', code: 'card_declined', declineCode: 'insufficient_funds' });
    const create = (idempotencyKey: string) => stripe.paymentIntents.create(params, { idempotencyKey });
    const first = await failureOf(create('k1'));
    const second = await failureOf(create('k1'));
    expect(second).toMatchObject({
      statusCode: 402,
      code: 'card_declined',
      decline_code: 'insufficient_funds',
    });
    expect(second.payment_intent!.id).toBe(first.payment_intent!.id);
    expect(await create('k2')).toMatchObject({ status: 'requires_capture' });
  });

  it('is not spent by parameters that are wrong', async () => {
    const { stripe } = await start();
    const options = { idempotencyKey: 'k1' };
    const wrong = { amount: 1.5, currency: 'usd' };
    expect(await failureOf(stripe.paymentIntents.create(wrong, options))).toMatchObject({ statusCode: 400 });
    expect(await stripe.paymentIntents.create({ amount: 150, currency: 'usd' }, options)).toMatchObject({
      amount: 150,
    });
  });

  it('takes no other parameters and no other endpoint', async () => {
    const { loopback, stripe } = await start();
    const params = holdOf(await driverOf(stripe));
    const options = { idempotencyKey: 'k1' };
    const { id } = await stripe.paymentIntents.create(params, options);
    await stripe.customers.create({}, { idempotencyKey: 'k2' });
    for (const call of [
      stripe.paymentIntents.create({ ...params, amount: 6000 }, options),
      stripe.paymentIntents.create({ ...params, metadata: { a: 'b' } }, options),
      // the same parameters: none
      stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'k2' }),
    ]) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
      expect(failure).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' });
    }
    expect(loopback.books.paymentIntents.size).toBe(1);
    const reordered = Object.fromEntries(Object.entries(params).reverse()) as unknown as typeof params;
    expect((await stripe.paymentIntents.create(reordered, options)).id).toBe(id);
  });

  it('is refused with 409 while its first request is under way', async () => {
    const { loopback, stripe } = await start();
    const params = holdOf(await driverOf(stripe));
    const options = { idempotencyKey: 'k1' };
    const { promise, resolve } = Promise.withResolvers<void>();
    loopback.faults.plan({ kind: 'in_progress', during: () => promise });
    const first = stripe.paymentIntents.create(params, options);
    await eventually(() => loopback.faults.pending.length === 0);
    const second = await failureOf(stripe.paymentIntents.create(params, options));
    expect(second).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    resolve();
    const { id } = await first;
    expect((await stripe.paymentIntents.create(params, options)).id).toBe(id);
    expect(loopback.books.paymentIntents.size).toBe(1);
  });

  it('is forgotten after 24 hours', async () => {
    const { loopback, stripe } = await start();
    const create = () => stripe.customers.create({}, { idempotencyKey: 'k1' });
    const first = await create();
    loopback.clock.advance(DAY_MS - 5000);
    expect((await create()).id).toBe(first.id);
    loopback.clock.advance(5000);
    expect((await create()).id).not.toBe(first.id);
  });
});

describe('a fault', () => {
  it('of 500 after success has been done, and is answered 500 under the same key for ever', async () => {
    const { loopback, stripe } = await start();
    const driver = await driverOf(stripe);
    loopback.faults.plan({ kind: 'server_error', when: 'after', on: 'payment_intents.create' });
    const create = () => stripe.paymentIntents.create(holdOf(driver), { idempotencyKey: 'k1' });
    const failure = await failureOf(create());
    expect(failure).toMatchObject({ statusCode: 500, rawType: 'api_error' });
    expect(failure.headers!['stripe-should-retry']).toBe('false');
    expect(await failureOf(create())).toMatchObject({ statusCode: 500 });
    const { data } = await stripe.paymentIntents.list({ customer: driver.customer });
    expect(data).toMatchObject([{ status: 'requires_capture' }]);
  });

  it('of 500 before anything was done leaves no trace but the answer', async () => {
    const { loopback, stripe } = await start();
    const params = holdOf(await driverOf(stripe));
    loopback.faults.plan({ kind: 'server_error', when: 'before' });
    const create = (idempotencyKey: string) => stripe.paymentIntents.create(params, { idempotencyKey });
    expect(await failureOf(create('k1'))).toMatchObject({ statusCode: 500 });
    expect(await failureOf(create('k1'))).toMatchObject({ statusCode: 500 });
    expect(loopback.books.paymentIntents.size).toBe(0);
    expect(await create('k2')).toMatchObject({ status: 'requires_capture' });
  });

  it('of 500 that was not kept lets the same key find out', async () => {
    const { loopback } = await start();
    const retrying = sdkOf(loopback, { maxNetworkRetries: 1 });
    const params = holdOf(await driverOf(retrying));
    for (const when of ['before', 'after'] as const) {
      loopback.faults.plan({ kind: 'server_error', when, stored: false });
      expect(await retrying.paymentIntents.create(params)).toMatchObject({ status: 'requires_capture' });
    }
    expect(loopback.books.paymentIntents.size).toBe(2);
  });

  it.each(['no_answer', 'reset'] as const)('of %s may have done it or not; the key tells', async kind => {
    const { loopback } = await start();
    const stripe = sdkOf(loopback, { timeout: 200 });
    const driver = await driverOf(stripe);
    const create = (idempotencyKey: string) =>
      stripe.paymentIntents.create(holdOf(driver), { idempotencyKey });
    // a reset connection is tried once more by the SDK itself
    const times = kind === 'reset' ? 2 : 1;
    loopback.faults.plan({ kind, when: 'before', times });
    expect(await failureOf(create('k1'))).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(loopback.books.paymentIntents.size).toBe(0);
    loopback.faults.plan({ kind, when: 'after', times });
    expect(await failureOf(create('k1'))).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(loopback.books.paymentIntents.size).toBe(1);
    const found = await create('k1');
    expect(found.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect([...loopback.books.paymentIntents.keys()]).toEqual([found.id]);
  });

  it('of a request that is lost on its way is known once it is', async () => {
    const { loopback } = await start();
    const stripe = sdkOf(loopback);
    const seen: number[] = [];
    const during = async () => void seen.push(loopback.books.customers.size);
    loopback.faults.plan({ kind: 'in_progress', during, lost: true, on: 'customers.create', times: 2 });
    const create = () => stripe.customers.create({}, { idempotencyKey: 'k1' });
    expect(await failureOf(create())).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(seen).toEqual([0, 0]);
    expect(loopback.books.customers.size).toBe(0);
    expect((await create()).lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  });

  it('of an answer that takes its time tells what was so before', async () => {
    const { loopback, stripe } = await start();
    const { id } = await stripe.customers.create({ name: 'Ada' });
    const during = () => stripe.customers.update(id, { name: 'Bob' });
    loopback.faults.plan({ kind: 'late_answer', during, on: 'customers.retrieve' });
    expect(await stripe.customers.retrieve(id)).toMatchObject({ name: 'Ada' });
    expect(await stripe.customers.retrieve(id)).toMatchObject({ name: 'Bob' });
  });

  it('of too many requests does nothing and spends no key', async () => {
    const { loopback, stripe } = await start();
    const params = holdOf(await driverOf(stripe));
    loopback.faults.plan({ kind: 'rate_limit' });
    const create = () => stripe.paymentIntents.create(params, { idempotencyKey: 'k1' });
    const failure = await failureOf(create());
    expect(failure).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(failure).toMatchObject({ statusCode: 429, code: 'rate_limit' });
    expect(await create()).toMatchObject({ status: 'requires_capture' });
  });

  it('befalls the operation it is planned for, as often as planned, after as many as go free', async () => {
    const { loopback, stripe } = await start();
    loopback.faults.plan({ kind: 'rate_limit', on: 'customers.create', skip: 1, times: 2 });
    const create = () => stripe.customers.create({});
    await create();
    expect(await failureOf(create())).toMatchObject({ statusCode: 429 });
    await stripe.customers.list();
    expect(await failureOf(create())).toMatchObject({ statusCode: 429 });
    await create();
    expect(loopback.books.customers.size).toBe(2);
    loopback.faults.plan({ kind: 'rate_limit' });
    loopback.faults.clear();
    await create();
  });
});

describe('a card', () => {
  it.each([
    { card: 'pm_card_chargeDeclined', code: 'card_declined', declineCode: 'generic_decline' },
    {
      card: 'pm_card_chargeDeclinedInsufficientFunds',
      code: 'card_declined',
      declineCode: 'insufficient_funds',
    },
    { card: 'pm_card_chargeDeclinedExpiredCard', code: 'expired_card', declineCode: '' },
  ])('$card is refused with $code, for a charge and for being saved', async ({ card, code, declineCode }) => {
    const { loopback, stripe } = await start();
    const { id } = await stripe.customers.create({});
    const charge = await failureOf(
      stripe.paymentIntents.create({
        amount: 500,
        currency: 'usd',
        payment_method: card,
        confirm: true,
        allowed_payment_method_types: ['card'],
      }),
    );
    expect(charge).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(charge).toMatchObject({ statusCode: 402, code, decline_code: declineCode });
    expect(charge.payment_intent).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code },
    });
    expect(loopback.books.charges.get(charge.charge!)).toMatchObject({
      status: 'failed',
      paid: false,
      captured: false,
    });
    expect(eventTypes(loopback)).toContain('payment_intent.payment_failed');
    expect(await failureOf(stripe.paymentMethods.attach(card, { customer: id }))).toMatchObject({ code });
    const setup = stripe.setupIntents.create({ customer: id, payment_method: card, confirm: true });
    expect((await failureOf(setup)).setup_intent).toMatchObject({ status: 'requires_payment_method' });
    expect((await stripe.customers.listPaymentMethods(id)).data).toEqual([]);
  });

  it('can be refused after it was saved, and another takes its place on the same intent', async () => {
    const { stripe } = await start();
    const { customer, paymentMethod } = await driverOf(stripe, 'pm_card_chargeCustomerFail');
    const failure = await failureOf(stripe.paymentIntents.create(holdOf({ customer, paymentMethod })));
    expect(failure).toMatchObject({ code: 'card_declined' });
    const again = await stripe.paymentIntents.confirm(failure.payment_intent!.id, {
      payment_method: 'pm_card_mastercard',
      off_session: true,
    });
    expect(again).toMatchObject({ status: 'requires_capture', last_payment_error: null });
  });

  it('that wants its driver says so: with a 402 off session, with a page on session', async () => {
    const { loopback, stripe } = await start();
    const { id: customer } = await stripe.customers.create({});
    const setup = await stripe.setupIntents.create({
      customer,
      payment_method: 'pm_card_authenticationRequired',
      confirm: true,
    });
    expect(setup.status).toBe('requires_action');
    loopback.authenticate(setup.id, true);
    const driver = { customer, paymentMethod: setup.payment_method as string };
    const failure = await failureOf(stripe.paymentIntents.create(holdOf(driver)));
    expect(failure).toMatchObject({ statusCode: 402, code: 'authentication_required' });
    expect(failure.payment_intent!.status).toBe('requires_payment_method');

    const onSession = { off_session: undefined, return_url: 'https://app.example/back' };
    const asks = await stripe.paymentIntents.create(holdOf(driver, onSession));
    expect(asks.status).toBe('requires_action');
    const answer = (result: string, intent: Stripe.PaymentIntent) =>
      fetch(intent.next_action!.redirect_to_url!.url!, {
        method: 'POST',
        body: new URLSearchParams({ result }),
        redirect: 'manual',
      });
    const back = await answer('passes', asks);
    expect(back.headers.get('location')).toBe(
      `https://app.example/back?payment_intent=${asks.id}&redirect_status=succeeded`,
    );
    expect(await stripe.paymentIntents.retrieve(asks.id)).toMatchObject({ status: 'requires_capture' });

    const refused = await stripe.paymentIntents.create(holdOf(driver, onSession));
    await answer('fails', refused);
    expect(await stripe.paymentIntents.retrieve(refused.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
  });

  it('that wanted its driver once is charged off session ever after', async () => {
    const { loopback, stripe } = await start();
    const driver = await driverOf(stripe, 'pm_card_authenticationRequiredOnSetup');
    loopback.authenticate([...loopback.books.setupIntents.keys()][0]!, true);
    expect(await stripe.paymentIntents.create(holdOf(driver))).toMatchObject({ status: 'requires_capture' });
  });

  it('belongs to one customer, and to nobody once it is detached', async () => {
    const { stripe } = await start();
    const [driver, other] = [await driverOf(stripe), await driverOf(stripe)];
    const { customer, paymentMethod } = driver;
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: paymentMethod } });
    const stolen = holdOf({ customer: other.customer, paymentMethod });
    expect(await failureOf(stripe.paymentIntents.create(stolen))).toMatchObject({ param: 'payment_method' });
    const take = stripe.paymentMethods.attach(paymentMethod, { customer: other.customer });
    expect(await failureOf(take)).toMatchObject({ statusCode: 400 });
    const choose = stripe.customers.update(other.customer, {
      invoice_settings: { default_payment_method: paymentMethod },
    });
    expect(await failureOf(choose)).toMatchObject({ code: 'resource_missing' });
    expect((await stripe.customers.listPaymentMethods(customer, { type: 'card' })).data).toMatchObject([
      { id: paymentMethod, customer, card: { brand: 'visa', last4: '4242' } },
    ]);

    expect(await stripe.paymentMethods.detach(paymentMethod)).toMatchObject({ customer: null });
    expect((await stripe.paymentMethods.list({ customer })).data).toEqual([]);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
    expect(await failureOf(stripe.paymentMethods.detach(paymentMethod))).toMatchObject({ statusCode: 400 });
    expect(await failureOf(stripe.paymentMethods.attach(paymentMethod, { customer }))).toMatchObject({
      statusCode: 400,
    });
    expect(await failureOf(stripe.paymentIntents.create(holdOf(driver)))).toMatchObject({ statusCode: 400 });
  });

  it('that may redirect needs somewhere to come back to', async () => {
    const { stripe } = await start();
    const driver = await driverOf(stripe);
    const onSession = holdOf(driver, { off_session: undefined });
    expect((await failureOf(stripe.paymentIntents.create(onSession))).message).toContain('return_url');
    const never = { enabled: true, allow_redirects: 'never' as const };
    expect(
      await stripe.paymentIntents.create({ ...onSession, automatic_payment_methods: never }),
    ).toMatchObject({
      status: 'requires_capture',
    });
  });
});

describe('a hosted page that saves a card', () => {
  async function openPage() {
    const { loopback, stripe } = await start();
    const { id: customer } = await stripe.customers.create({});
    const session = await stripe.checkout.sessions.create({
      mode: 'setup',
      currency: 'usd',
      customer,
      success_url: 'https://app.example/done?session={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://app.example/back',
      metadata: { driver: 'd1' },
    });
    const save = (card: string) =>
      fetch(session.url!, {
        method: 'POST',
        body: new URLSearchParams({ payment_method: card }),
        redirect: 'manual',
      });
    return { loopback, stripe, customer, session, save };
  }

  it('saves the card a person chooses, and leads back', async () => {
    const { loopback, stripe, customer, session, save } = await openPage();
    expect(session.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/c\/pay\/cs_test_/);
    expect(await (await fetch(session.url!)).text()).toContain('pm_card_visa');
    const refused = await save('pm_card_chargeDeclined');
    expect(await refused.text()).toContain('Your card was declined.');
    const done = await save('pm_card_authenticationRequiredOnSetup');
    expect([done.status, done.headers.get('location')]).toEqual([
      303,
      `https://app.example/done?session=${session.id}`,
    ]);
    const complete = await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent'] });
    expect(complete).toMatchObject({ status: 'complete', url: null, setup_intent: { status: 'succeeded' } });
    const { data } = await stripe.customers.listPaymentMethods(customer);
    expect(data).toMatchObject([{ id: (complete.setup_intent as Stripe.SetupIntent).payment_method }]);
    expect(eventTypes(loopback)).toEqual(
      expect.arrayContaining([
        'setup_intent.succeeded',
        'payment_method.attached',
        'checkout.session.completed',
      ]),
    );
    expect((await save('pm_card_visa')).status).toBe(410);
    expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(1);
  });

  it('ends after a day', async () => {
    const { loopback, stripe, session, save } = await openPage();
    loopback.clock.advance(DAY_MS);
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: 'expired' });
    expect((await save('pm_card_visa')).status).toBe(410);
    expect(eventTypes(loopback)).toContain('checkout.session.expired');
  });

  it('can be finished by a test', async () => {
    const { loopback, session, customer, stripe } = await openPage();
    expect(loopback.completeCheckout(session.id, 'pm_card_mastercard')).toMatchObject({ status: 'complete' });
    expect((await stripe.customers.listPaymentMethods(customer)).data).toMatchObject([
      { card: { last4: '4444' } },
    ]);
  });
});

describe('a refund', () => {
  async function captured(card?: string) {
    const { loopback, stripe } = await start();
    const driver = await driverOf(stripe, card);
    const { id } = await stripe.paymentIntents.create(holdOf(driver));
    const intent = await stripe.paymentIntents.capture(id, { amount_to_capture: 3000 });
    const refund = (amount?: number) => stripe.refunds.create({ payment_intent: id, amount });
    return { loopback, stripe, id, charge: intent.latest_charge as string, refund };
  }

  it('gives back parts of what was captured, never more than that', async () => {
    const { loopback, stripe, id, charge, refund } = await captured();
    expect(await refund(1000)).toMatchObject({ amount: 1000, status: 'succeeded', charge });
    expect(await failureOf(refund(2001))).toMatchObject({ statusCode: 400, param: 'amount' });
    expect(await refund()).toMatchObject({ amount: 2000 });
    expect(await failureOf(refund(1))).toMatchObject({ code: 'charge_already_refunded' });
    expect(loopback.settlementOf(id)).toEqual({ held: 0, captured: 3000, refunded: 3000 });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ refunded: true, amount_refunded: 5000 });
    const { data } = await stripe.refunds.list({ payment_intent: id });
    expect(data.map(({ amount }) => amount)).toEqual([2000, 1000, 2000]);
  });

  it('of what was only held is refused', async () => {
    const { stripe } = await start();
    const held = await stripe.paymentIntents.create(holdOf(await driverOf(stripe)));
    expect(await failureOf(stripe.refunds.create({ payment_intent: held.id }))).toMatchObject({
      statusCode: 400,
    });
    const charge = held.latest_charge as string;
    expect(await failureOf(stripe.refunds.create({ charge }))).toMatchObject({ statusCode: 400 });
    expect(await failureOf(stripe.refunds.create({ charge, payment_intent: held.id }))).toMatchObject({
      statusCode: 400,
    });
  });

  it('may stay pending, and fail in the end', async () => {
    const { loopback, id, refund } = await captured('pm_card_pendingRefund');
    const [lost, kept] = [await refund(1000), await refund(500)];
    expect(lost.status).toBe('pending');
    expect(loopback.settleRefund(lost.id, 'failed').status).toBe('failed');
    loopback.settleRefund(kept.id, 'succeeded');
    expect(loopback.settlementOf(id)).toEqual({ held: 0, captured: 3000, refunded: 500 });
    // what failed can be given back again
    expect(await refund()).toMatchObject({ amount: 2500 });
    expect(eventTypes(loopback)).toEqual(expect.arrayContaining(['refund.failed', 'refund.updated']));
  });

  it('of a disputed charge is refused, and the dispute ends one way or the other', async () => {
    const { loopback, stripe, charge, refund } = await captured();
    const dispute = loopback.dispute(charge);
    expect(dispute).toMatchObject({ amount: 3000, status: 'needs_response', charge });
    expect(await failureOf(refund(1))).toMatchObject({ code: 'charge_disputed' });
    loopback.closeDispute(dispute.id, 'won');
    expect(await stripe.disputes.retrieve(dispute.id)).toMatchObject({ status: 'won' });
    expect(eventTypes(loopback)).toEqual(
      expect.arrayContaining([
        'charge.dispute.created',
        'charge.dispute.funds_reinstated',
        'charge.dispute.closed',
      ]),
    );
  });
});

describe('a webhook', () => {
  interface Received {
    readonly event: Stripe.Event;
    readonly signature: string;
    readonly payload: string;
  }

  /** An endpoint that reads as the product would: with the SDK's own check. */
  async function listen({ loopback, stripe }: { loopback: LoopbackStripe; stripe: Stripe }) {
    const received: Received[] = [];
    const answers: number[] = [];
    const server = createServer(async (request, response) => {
      const payload = await text(request);
      const signature = request.headers['stripe-signature'] as string;
      const event = stripe.webhooks.constructEvent(payload, signature, secret);
      received.push({ event, signature, payload });
      response.writeHead(answers.shift() ?? 200).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    open.push({
      close: async () => {
        server.closeAllConnections();
        await new Promise(resolve => server.close(resolve));
      },
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const { secret } = loopback.webhooks.register({ url });
    const types = () => received.map(({ event }) => event.type);
    return { received, answers, secret, url, types };
  }

  it('tells every step of a payment, signed as Stripe signs', async () => {
    const { loopback, stripe } = await start();
    const driver = await driverOf(stripe);
    const { received, types, secret } = await listen({ loopback, stripe });
    const options = { idempotencyKey: 'k1' };
    const { id } = await stripe.paymentIntents.create(
      holdOf(driver, { metadata: { sessionId: 's1' } }),
      options,
    );
    await stripe.paymentIntents.capture(id, { amount_to_capture: 1234 });
    await stripe.refunds.create({ payment_intent: id });
    await loopback.webhooks.settled();
    expect(new Set(types())).toEqual(
      new Set([
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.amount_capturable_updated',
        'charge.captured',
        'payment_intent.succeeded',
        'refund.created',
        'charge.refunded',
      ]),
    );
    const held = received.find(({ event }) => event.type === 'payment_intent.amount_capturable_updated')!;
    // as it was then, not as it became
    expect(held.event.data.object).toMatchObject({
      id,
      status: 'requires_capture',
      metadata: { sessionId: 's1' },
    });
    expect(held.event.request).toEqual({ id: expect.stringMatching(/^req_/), idempotency_key: 'k1' });
    expect(held.signature).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
    const verify = (payload: string, key: string, receivedAt?: number) => () =>
      stripe.webhooks.constructEvent(payload, held.signature, key, 300, undefined, receivedAt);
    expect(verify(held.payload, secret)).not.toThrow();
    expect(verify(held.payload.replace('s1', 's2'), secret)).toThrow('No signatures found');
    expect(verify(held.payload, 'whsec_other')).toThrow('No signatures found');
    expect(verify(held.payload, secret, Date.now() + 301_000)).toThrow('tolerance');
  });

  it('comes again until it is accepted', async () => {
    const { loopback, stripe } = await start();
    const { received, answers } = await listen({ loopback, stripe });
    answers.push(500, 404);
    await stripe.customers.create({});
    await loopback.webhooks.settled();
    expect(new Set(received.map(({ event }) => event.id)).size).toBe(1);
    expect(loopback.webhooks.attempts.map(({ status }) => status)).toEqual([500, 404, 200]);
    expect([...loopback.books.events.values()]).toMatchObject([{ pending_webhooks: 0 }]);
  });

  it('can come twice, late, in another order, or never: then the list of events has it', async () => {
    const { loopback, stripe } = await start();
    const { received, types } = await listen({ loopback, stripe });
    loopback.faults.plan({ kind: 'webhook_copies', copies: 2, on: 'customer.created' });
    const { id } = await stripe.customers.create({});
    await loopback.webhooks.settled();
    expect(types()).toEqual(['customer.created', 'customer.created']);
    expect(received[0]!.event.id).toBe(received[1]!.event.id);

    loopback.faults.plan({ kind: 'webhook_held', times: 2 });
    await stripe.customers.update(id, { name: 'Ada' });
    await stripe.customers.update(id, { name: 'Bob' });
    await loopback.webhooks.settled();
    expect(received).toHaveLength(2);
    await loopback.webhooks.release(events => events.toReversed());
    expect(received.slice(2).map(({ event }) => (event.data.object as Stripe.Customer).name)).toEqual([
      'Bob',
      'Ada',
    ]);

    loopback.faults.plan({ kind: 'webhook_lost' });
    await stripe.customers.update(id, { name: 'Cyd' });
    await loopback.webhooks.settled();
    expect(received).toHaveLength(4);
    const { data } = await stripe.events.list({ type: 'customer.updated', delivery_success: false });
    expect(data).toMatchObject([{ data: { object: { name: 'Cyd' } }, pending_webhooks: 1 }]);
    expect(await loopback.webhooks.resend(data[0]!.id)).toEqual([200]);
    expect(received).toHaveLength(5);
  });

  it('goes to the endpoints that want it, with the secret each was given', async () => {
    const { loopback, stripe } = await start();
    const { types, url } = await listen({ loopback, stripe });
    const [first] = [...loopback.books.webhookEndpoints.keys()];
    await stripe.webhookEndpoints.update(first!, { enabled_events: ['customer.deleted'] });
    const made = await stripe.webhookEndpoints.create({
      url: `${url}/other`,
      enabled_events: ['charge.expired'],
    });
    expect(made.secret).toMatch(/^whsec_/);
    expect(await stripe.webhookEndpoints.retrieve(made.id)).not.toHaveProperty('secret');
    const { id } = await stripe.customers.create({});
    await stripe.customers.del(id);
    await loopback.webhooks.settled();
    expect(types()).toEqual(['customer.deleted']);
    expect(loopback.webhooks.attempts).toHaveLength(1);
  });
});
