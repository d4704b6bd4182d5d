import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Fault } from '../../simulator/stripe/faults.ts';
import { eventually } from './eventually.ts';
import { type PayingNetwork, SLOTS } from './paying-network.ts';

/** A charge as its station knows it, which is the witness. */
export interface Charge {
  readonly transactionId: number;
  readonly startedAt: number;
  readonly meterStart: number;
  meter: number;
  /** Set once the server has acknowledged the stop. */
  stoppedAt?: number;
}

/** What has been said and was acknowledged; nothing of it may be lost. */
export interface Told {
  /** The running charge of each station. */
  readonly running: (Charge | undefined)[];
  readonly ended: Charge[];
  /** Minor units by transaction number: what somebody asked to be given back, and was told had been. */
  readonly asked: Map<number, number>;
  readonly refunded: Map<number, number>;
  /** Banks were made to refuse: payments may have failed. */
  hasDeclines: boolean;
  /** Not one webhook of Stripe's arrives: what is to be done is found without them. */
  readonly hearsNothing: boolean;
}

export const nothingTold = (hearsNothing: boolean): Told => ({
  hearsNothing,
  running: Array.from({ length: SLOTS }, () => undefined),
  ended: [],
  asked: new Map(),
  refunded: new Map(),
  hasDeclines: false,
});

type Command = fc.AsyncCommand<Told, PayingNetwork>;

const command = (
  name: string,
  check: (told: Told) => boolean,
  run: (told: Told, network: PayingNetwork) => Promise<void>,
): Command => ({ check, run, toString: () => name });

const HOUR_MS = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
/** Registers only ever grow. */
const registers: number[] = Array.from({ length: SLOTS }, () => 1000);
const wholeSecond = (ms: number) => Math.floor(ms / 1000) * 1000;

async function begin(told: Told, network: PayingNetwork, slot: number, startedAt: number): Promise<void> {
  registers[slot]! += 1;
  const meterStart = registers[slot]!;
  const { transactionId } = await network.say<{ transactionId: number }>(slot, 'StartTransaction', {
    connectorId: 1,
    idTag: network.tokenOf(slot),
    meterStart,
    timestamp: iso(startedAt),
  });
  told.running[slot] = { transactionId, startedAt, meterStart, meter: meterStart };
}

/** At the station, which began an hour ago and says so now. */
const startAtStation = (slot: number) =>
  command(
    `start(${slot})`,
    told => !told.running[slot],
    (told, network) => begin(told, network, slot, wholeSecond(Date.now()) - HOUR_MS),
  );

const startInApp = (slot: number) =>
  command(
    `startInApp(${slot})`,
    told => !told.running[slot],
    async (told, network) => {
      if (await network.startByApp(slot)) await begin(told, network, slot, wholeSecond(Date.now()));
    },
  );

const meter = (slot: number, wh: number) =>
  command(
    `meter(${slot}, ${wh})`,
    told => told.running[slot] !== undefined,
    async (told, network) => {
      const charge = told.running[slot]!;
      charge.meter += wh;
      registers[slot] = charge.meter;
      await network.say(slot, 'MeterValues', {
        connectorId: 1,
        transactionId: charge.transactionId,
        meterValue: [
          {
            timestamp: iso(Date.now()),
            sampledValue: [
              { measurand: 'Energy.Active.Import.Register', unit: 'Wh', value: String(charge.meter) },
            ],
          },
        ],
      });
    },
  );

export async function stopCharge(
  told: Told,
  network: PayingNetwork,
  slot: number,
  wh: number,
): Promise<void> {
  const charge = told.running[slot]!;
  charge.meter += wh;
  registers[slot] = charge.meter;
  const stoppedAt = wholeSecond(Date.now());
  const timestamp = iso(stoppedAt);
  await network.say(slot, 'StopTransaction', {
    transactionId: charge.transactionId,
    meterStop: charge.meter,
    timestamp,
    reason: 'Local',
  });
  charge.stoppedAt = stoppedAt;
  told.running[slot] = undefined;
  told.ended.push(charge);
  // unplugged at once: no idle time
  const unplugged = { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp };
  await network.say(slot, 'StatusNotification', unplugged);
}

const stop = (slot: number, wh: number) =>
  command(
    `stop(${slot}, ${wh})`,
    told => told.running[slot] !== undefined,
    (told, network) => stopCharge(told, network, slot, wh),
  );

/** Nobody hears what Stripe did about the end of the charge, if anything, and the queue forgets to look. */
const stopUnheard = (slot: number, wh: number, when: 'before' | 'after') =>
  command(
    `stopUnheard(${slot}, ${wh}, ${when})`,
    told => told.running[slot] !== undefined,
    async (told, network) => {
      network.stripe.faults.plan({ kind: 'no_answer', when, times: 2 });
      await stopCharge(told, network, slot, wh);
      await network.up();
      await network.loseJobs();
    },
  );

const REFUND = `mutation ($input: RefundInput!) {
  result: refundTransaction(input: $input) { __typename }
}`;

const add = (sums: Map<number, number>, key: number, amount: number) =>
  sums.set(key, (sums.get(key) ?? 0) + amount);

/**
 * A part of what one of the charges came to, under one name: asked for by so many at once, and by the patient until
 * there is an answer.
 */
const refund = (nth: number, percent: number, atOnce: number, isPatient: boolean) =>
  command(
    `refund(${nth}, ${percent}%${atOnce > 1 ? `, ${atOnce} at once` : ''}${isPatient ? ', patiently' : ''})`,
    told => told.ended.length > 0,
    async (told, network) => {
      const { transactionId } = told.ended[nth % told.ended.length]!;
      const [bill] = await network.sql<{ id: string; total: string }>(
        `select t.id, t.total from transactions t join sessions s on s.id = t.session_id
          where s.transaction_number = $1`,
        [transactionId],
      );
      const minor = Math.floor((Number(bill?.total ?? 0) * percent) / 100);
      if (!bill || minor === 0) return;
      const input = {
        transactionId: Buffer.from(`Transaction:${bill.id}`).toString('base64'),
        amount: (minor / 100).toFixed(2),
        requestKey: randomUUID(),
      };
      add(told.asked, transactionId, minor);
      for (let attempt = 0; attempt < (isPatient ? 5 : 1); attempt++) {
        const answers = await Promise.all(
          Array.from({ length: atOnce }, () =>
            network.graphql<{ result: { __typename: string } }>(REFUND, { input }),
          ),
        );
        const known = answers.filter(answer => answer !== undefined);
        if (known.some(({ result }) => result.__typename === 'Transaction'))
          add(told.refunded, transactionId, minor);
        if (known.length > 0) return;
      }
    },
  );

/** What waits for its time gets it, while charges go on. */
const timePasses = command(
  'timePasses',
  () => true,
  async (_, network) => {
    await network.up();
    await network.stripe.webhooks.settled();
    await network.hurry();
    let due: object[] = [];
    await eventually(async () => {
      due = await network.dueJobs();
      return due.length === 0;
    }).catch(cause => {
      throw new Error(`Jobs stay due: ${JSON.stringify(due)}`, { cause });
    });
  },
);

const kill = command(
  'kill',
  () => true,
  (_, network) => network.kill(),
);

const OPERATIONS = [
  'payment_intents.create',
  'payment_intents.capture',
  'payment_intents.cancel',
  'refunds.create',
] as const;
type OperationName = (typeof OPERATIONS)[number];

/** The process dies while Stripe does what it was asked, or the asking never gets there; and its jobs with it. */
const killDuring = (on: OperationName, lost: boolean, losesJobs: boolean) =>
  command(
    `killDuring(${on}${lost ? ', lost' : ''}${losesJobs ? ', with its jobs' : ''})`,
    () => true,
    async (_, network) => {
      const during = async () => {
        await network.kill();
        if (losesJobs) await network.loseJobs();
      };
      network.stripe.faults.plan({ kind: 'in_progress', during, lost, on });
    },
  );

const fails = (fault: Fault) =>
  command(
    `fails(${JSON.stringify(fault)})`,
    () => true,
    async (told, network) => {
      if (fault.kind === 'decline' || fault.kind === 'authentication_required') told.hasDeclines = true;
      network.stripe.faults.plan(fault);
    },
  );

/** Stripe sends an event once more that it sent before. */
const resend = (nth: number) =>
  command(
    `resend(${nth})`,
    told => !told.hearsNothing,
    async (_, network) => {
      await network.up();
      const events = [...network.stripe.books.events.keys()].slice(-20);
      await network.stripe.webhooks.resend(events[nth % events.length]!);
    },
  );

const renewsHolds = command(
  'renewsHolds',
  () => true,
  async (_, network) => {
    await network.up();
    await network.renewHolds();
  },
);

const losesJobs = command(
  'losesJobs',
  () => true,
  (_, network) => network.loseJobs(),
);

/** Stripe forgets its keys; nothing is on its way for so long. */
const aDayPasses = command(
  'aDayPasses',
  () => true,
  async (_, network) => {
    await network.up();
    await eventually(async () => (await network.dueJobs()).length === 0);
    await network.aDayPasses();
  },
);

const slot = fc.nat({ max: SLOTS - 1 });
const energy = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 20_000 }),
  fc.integer({ min: 1, max: 80_000 }),
);
const on = fc.constantFrom(...OPERATIONS);
const when = fc.constantFrom('before' as const, 'after' as const);
const stored = fc.boolean();

/** So long may an answer take that other things happen meanwhile. */
const aWhile = () => new Promise(resolve => setTimeout(resolve, 400));

const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('server_error' as const), when, stored, on }),
  fc.record({ kind: fc.constant('no_answer' as const), when, on }),
  // the SDK tries a reset connection once more by itself
  fc.record({ kind: fc.constant('reset' as const), when, on, times: fc.constantFrom(1, 2) }),
  fc.record({ kind: fc.constant('rate_limit' as const), on }),
  fc
    .tuple(fc.constantFrom(...OPERATIONS, 'payment_intents.retrieve'), fc.constantFrom(1, 2))
    .map(([slow, times]): Fault => ({ kind: 'late_answer', during: aWhile, on: slow, times })),
  fc.constant({
    kind: 'decline' as const,
    code: 'card_declined',
    declineCode: 'insufficient_funds',
    on: 'payment_intents.create',
  }),
  fc.constant({ kind: 'authentication_required' as const, on: 'payment_intents.create' }),
  fc.record({ kind: fc.constant('webhook_copies' as const), copies: fc.constantFrom(2, 3) }),
  fc.record({ kind: fc.constant('webhook_held' as const), times: fc.constantFrom(1, 3) }),
  fc.record({ kind: fc.constant('webhook_lost' as const), times: fc.constantFrom(1, 50) }),
);

const ordinary = [
  slot.map(startAtStation),
  slot.map(startAtStation),
  slot.map(startInApp),
  fc.tuple(slot, energy).map(([at, wh]) => meter(at, wh)),
  fc.tuple(slot, energy).map(([at, wh]) => stop(at, wh)),
  fc.tuple(slot, energy).map(([at, wh]) => stop(at, wh)),
  fc.tuple(slot, energy, when).map(([at, wh, moment]) => stopUnheard(at, wh, moment)),
  fc
    .tuple(fc.nat({ max: 9 }), fc.integer({ min: 1, max: 100 }), fc.constantFrom(1, 1, 2), fc.boolean())
    .map(([nth, percent, atOnce, isPatient]) => refund(nth, percent, atOnce, isPatient)),
  fc.constant(timePasses),
  fc.constant(renewsHolds),
  fc.constant(losesJobs),
  fc.constant(aDayPasses),
  faults.map(fails),
  fc.nat({ max: 19 }).map(resend),
];

export const withoutKills = ordinary;
export const withKills = [
  ...ordinary,
  fc.constant(kill),
  fc.tuple(on, fc.boolean(), fc.boolean()).map(([operation, ...how]) => killDuring(operation, ...how)),
];
