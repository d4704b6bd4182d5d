import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settlementOf } from '../simulator/stripe/books.ts';
import { eventually } from './support/eventually.ts';
import { HOLD, LEAST, PayingNetwork, SLOTS } from './support/paying-network.ts';
import {
  type Charge,
  nothingTold,
  stopCharge,
  type Told,
  withKills,
  withoutKills,
} from './support/payment-commands.ts';
import { endPrograms } from './support/process.ts';

/** How many sequences; `npm run soak:payments` runs more. */
const SEQUENCES = Number(process.env.PAYMENT_SEQUENCES ?? 20);
const SEED = process.env.PAYMENT_SEED ? Number(process.env.PAYMENT_SEED) : undefined;
const MINUTE_MS = 60_000;

let network: PayingNetwork;
beforeAll(async () => {
  network = await PayingNetwork.open();
}, MINUTE_MS);
afterAll(async () => {
  await network?.close();
  await endPrograms();
});

interface Row {
  sessionId: string;
  transactionNumber: number | null;
  status: string;
  state: string;
  captured: string;
  refunded: string;
  waived: string;
  holdIntentId: string | null;
  staleIntentId: string | null;
  total: string | null;
  energyWh: string | null;
  billRefunded: string | null;
  paymentStatus: string | null;
}

const rows = () =>
  network.sql<Row>(
    `select s.id "sessionId", s.transaction_number "transactionNumber", s.status, p.state, p.captured, p.refunded,
            p.waived, p.hold_intent_id "holdIntentId", p.stale_intent_id "staleIntentId", t.total,
            t.energy_wh "energyWh", t.refunded "billRefunded", t.payment_status "paymentStatus"
       from sessions s join session_payments p on p.session_id = s.id
       left join transactions t on t.session_id = s.id`,
  );

/** What is still under way. */
const underWay = () =>
  network.sql(
    `select 'operation' what, kind || ' ' || status detail from payment_operations where status in ('pending', 'unknown')
     union all
     select 'refund', id::text from refunds where status = 'pending'
     union all
     select 'session', id::text from sessions where status in ('pending', 'active', 'idle', 'stopping')
     union all
     select 'hold', session_id::text from session_payments where hold_intent_id is not null or stale_intent_id is not null
     union all
     select 'job', concat_ws(' ', task_identifier, attempts, last_error) from graphile_worker.jobs
      where task_identifier in ('settle-payment', 'hold-payment', 'sync-payment')
        -- one that has been given up without an error was replaced while a process that died had it
        and (attempts < max_attempts or last_error is not null)`,
  );

/** From now on, but for webhooks that never come at all. */
function breakNothing({ hearsNothing }: Told): void {
  network.stripe.faults.clear();
  if (hearsNothing) network.stripe.faults.plan({ kind: 'webhook_lost', times: Number.POSITIVE_INFINITY });
}

/** Nothing breaks any more, everybody has unplugged, and everything that waits for its time gets it. */
async function comeToRest(told: Told): Promise<void> {
  breakNothing(told);
  for (let slot = 0; slot < SLOTS; slot++) if (told.running[slot]) await stopCharge(told, network, slot, 0);
  await network.up();
  await network.stripe.webhooks.release(events => events.toReversed());
  await network.stripe.webhooks.settled();
  let left: object[] = [];
  const isAtRest = async () => {
    await network.hurry();
    left = await underWay();
    return left.length === 0;
  };
  await eventually(isAtRest, { timeoutMs: 90_000, everyMs: 150 }).catch(cause => {
    throw new Error(`It does not come to rest: ${JSON.stringify(left)}`, { cause });
  });
}

/** The demo's standard tariff: 0.35 for each kWh, 0.02 a minute, 0.50, and 11.5 percent, each rounded half up. */
function totalOf({ startedAt, stoppedAt, meterStart, meter }: Charge): number {
  const half = (numerator: number, denominator: number) =>
    Math.floor((2 * numerator + denominator) / (2 * denominator));
  const energy = half((meter - meterStart) * 35, 1000);
  const time = half(((stoppedAt! - startedAt) / 1000) * 2, 60);
  const subtotal = energy + time + 50;
  return subtotal + half(subtotal * 115, 1000);
}

async function agree(told: Told, before: ReadonlySet<string>): Promise<void> {
  const { books } = network.stripe;
  const operations = await network.sql<{ sessionId: string; kind: string; amount: string }>(
    `select session_id "sessionId", kind, amount from payment_operations where status = 'succeeded'`,
  );
  const payments = (await rows()).filter(({ sessionId }) => !before.has(sessionId));
  const sum = (sessionId: string, ...kinds: string[]) =>
    operations
      .filter(operation => operation.sessionId === sessionId && kinds.includes(operation.kind))
      .reduce((total, { amount }) => total + Number(amount), 0);

  for (const payment of payments) {
    const { sessionId } = payment;
    const intents = [...books.paymentIntents.values()].filter(
      intent => intent.metadata.sessionId === sessionId,
    );
    const atStripe = intents
      .map(({ id }) => settlementOf(books, id))
      .reduce(
        (all, one) => ({
          held: all.held + one.held,
          captured: all.captured + one.captured,
          refunded: all.refunded + one.refunded,
        }),
        { held: 0, captured: 0, refunded: 0 },
      );
    const ours = { held: 0, captured: Number(payment.captured), refunded: Number(payment.refunded) };
    expect(atStripe, `session ${sessionId} at Stripe and with us`).toEqual(ours);
    expect(ours.captured, 'the ledger').toBe(sum(sessionId, 'capture', 'charge'));
    const entries = operations.filter(operation => operation.sessionId === sessionId);
    for (const { amount } of entries)
      expect(Number(amount), 'an entry of the ledger').toBeGreaterThanOrEqual(0);
    expect(ours.refunded, 'the ledger').toBe(sum(sessionId, 'refund') - sum(sessionId, 'refund_returned'));
    for (const intent of intents.filter(({ capture_method }) => capture_method === 'manual')) {
      expect(intent.amount, 'a hold').toBeLessThanOrEqual(HOLD);
      expect(intent.amount_received).toBeLessThanOrEqual(intent.amount);
    }
    const total = Number(payment.total ?? 0);
    const owed = total < LEAST ? 0 : total;
    expect(ours.captured, 'charged once').toBeLessThanOrEqual(owed);
    expect(ours.refunded).toBeLessThanOrEqual(ours.captured);
    const isPaid = ours.captured + Number(payment.waived) === owed;
    if (!told.hasDeclines) expect({ isPaid, payment }).toMatchObject({ isPaid: true });
    expect(isPaid || payment.state === 'failed', 'paid, or known not to be').toBe(true);
    if (total > 0 && owed === 0) expect(payment.state, 'a waived bill').toBe('released');
    if (payment.total !== null) {
      expect(Number(payment.billRefunded)).toBe(ours.refunded);
      const isGivenBack = ours.captured > 0 && ours.refunded === ours.captured;
      const status = isGivenBack ? 'refunded' : !isPaid ? 'failed' : ours.captured > 0 ? 'captured' : null;
      expect(payment.paymentStatus).toBe(status);
    }
  }

  // nothing that was acknowledged is lost, and nothing is there twice
  for (const charge of told.ended) {
    const found = payments.filter(({ transactionNumber }) => transactionNumber === charge.transactionId);
    expect(found, `the session of transaction ${charge.transactionId}`).toHaveLength(1);
    const [{ total, energyWh, refunded }] = found as [Row];
    const delivered = charge.meter - charge.meterStart;
    expect(Number(energyWh ?? 0)).toBe(delivered);
    expect(total === null ? null : Number(total)).toBe(delivered > 0 ? totalOf(charge) : null);
    expect(Number(refunded)).toBeGreaterThanOrEqual(told.refunded.get(charge.transactionId) ?? 0);
    expect(Number(refunded)).toBeLessThanOrEqual(told.asked.get(charge.transactionId) ?? 0);
  }
  const begun = payments.filter(({ transactionNumber }) => transactionNumber !== null);
  expect(begun).toHaveLength(told.ended.length);
}

/** Runs random sequences, each to its rest, and looks at all three books after each. */
async function run(commands: typeof withKills, numRuns: number, maxCommands: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.commands(commands, { maxCommands, size: 'max' }),
      async (deaf, sequence) => {
        const before = new Set((await rows()).map(({ sessionId }) => sessionId));
        const told = nothingTold(deaf);
        breakNothing(told);
        await fc.asyncModelRun(() => ({ model: told, real: network }), sequence);
        await comeToRest(told);
        await agree(told, before);
      },
    ),
    { numRuns, endOnFailure: true, ...(SEED !== undefined && { seed: SEED }) },
  );
}

describe('the ledger, the books of Stripe and the transactions agree to the cent', () => {
  it('whatever Stripe does', { timeout: SEQUENCES * MINUTE_MS }, async () => {
    await run(withoutKills, Math.ceil(SEQUENCES * 0.75), 14);
  });

  it('whenever the process dies', { timeout: SEQUENCES * MINUTE_MS }, async () => {
    const kills = network.kills;
    await run(withKills, Math.ceil(SEQUENCES * 0.25), 14);
    expect(network.kills).toBeGreaterThan(kills);
  });
});
