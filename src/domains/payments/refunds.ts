import Big from 'big.js';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ConflictError,
  invalid,
  NotFoundError,
  PaymentFailedError,
  StripeError,
} from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { minorDigits, toMinor } from '../../kernel/money.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { drivePayment } from './drive-payment.ts';
import { lockPayment, savePayment } from './lock-payment.ts';
import type { Refund, SessionPayment } from './payment.entity.ts';
import { advancePayment } from './payment-states.ts';
import { chargeable } from './stripe-amount.ts';

export interface RefundInput {
  readonly transactionId: string;
  /** Major units, an exact decimal; all that is left where left out. */
  readonly amount?: string | null;
  readonly reason?: string | null;
  /** The caller's own name for this refund: the same again changes nothing. */
  readonly requestKey?: string | null;
}

/**
 * Gives money back, in part or whole, and answers the transaction. Decided under the payment's lock, so that however
 * many ask at once, no more is given back than came in. Throws NotFoundError, ConflictError where that much is not
 * left, PaymentFailedError where Stripe refuses, StripeError where nobody knows yet: then it goes on by itself.
 */
export async function refundTransaction(ctx: Context, input: RefundInput): Promise<string> {
  authorize(ctx.viewer, 'billing');
  if (input.reason != null && input.reason.length > 500) invalid('reason', 'may have at most 500 characters');
  if (input.requestKey != null && !/^[\x21-\x7e]{1,255}$/.test(input.requestKey)) {
    invalid('requestKey', 'must be 1 to 255 printable characters');
  }
  const refund = await decide(ctx, input);
  if (refund.status === 'pending') await drivePayment(ctx, refund.sessionId);
  const { status } = await db(ctx)
    .selectFrom('refunds')
    .select('status')
    .where('id', '=', refund.id)
    .executeTakeFirstOrThrow();
  if (status === 'failed') throw new PaymentFailedError('The refund was refused.');
  if (status === 'pending') throw new StripeError();
  return input.transactionId;
}

async function decide(ctx: Context, input: RefundInput): Promise<Refund> {
  return inTransaction(ctx, async tx => {
    const { payment } = await lockPaymentOf(tx, input.transactionId);
    const before = input.requestKey && (await sameRequest(tx, payment, input));
    if (before) return before;
    const pending = await db(tx)
      .selectFrom('refunds')
      .select(({ fn }) => fn.sum<string | null>('amount').as('amount'))
      .select(({ fn }) => fn.sum<string | null>('done').as('done'))
      .where('sessionId', '=', payment.sessionId)
      .where('status', '=', 'pending')
      .executeTakeFirstOrThrow();
    const left =
      BigInt(payment.captured) -
      BigInt(payment.refunded) -
      BigInt(pending.amount ?? 0) +
      BigInt(pending.done ?? 0);
    const amount = input.amount == null ? left : minorOf(input.amount, payment.currency);
    if (amount <= 0n || amount > left) {
      throw new ConflictError('No more can be given back than was captured and is not given back yet.');
    }
    const refund = (await db(tx)
      .insertInto('refunds')
      .values({
        id: newId(),
        networkId: payment.networkId,
        sessionId: payment.sessionId,
        status: 'pending',
        amount: String(amount),
        currency: payment.currency,
        reason: input.reason ?? null,
        requestKey: input.requestKey ?? null,
        errorCode: null,
        createdAt: tx.now().toString(),
        settledAt: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow()) as Refund;
    await settleSoon(tx, payment);
    return refund;
  });
}

const TAKE_OVER_SECONDS = 60;

/** A process that dies with it in its hands leaves it to the queue. */
const settleSoon = (tx: Context, { networkId, sessionId }: SessionPayment): Promise<void> =>
  addJob(
    tx,
    'settle-payment',
    { networkId, sessionId },
    { key: `settle-payment:${sessionId}`, runAt: tx.now().add({ seconds: TAKE_OVER_SECONDS }) },
  );

async function sameRequest(
  tx: Context,
  payment: SessionPayment,
  input: RefundInput,
): Promise<Refund | undefined> {
  const refund = (await db(tx)
    .selectFrom('refunds')
    .selectAll()
    .where('networkId', '=', payment.networkId)
    .where('requestKey', '=', input.requestKey!)
    .executeTakeFirst()) as Refund | undefined;
  if (!refund) return undefined;
  const isSame =
    refund.sessionId === payment.sessionId &&
    (input.amount == null || minorOf(input.amount, payment.currency) === BigInt(refund.amount));
  if (!isSame) throw new ConflictError('The requestKey was used for another refund.');
  return refund;
}

function minorOf(decimal: string, currency: string): bigint {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(decimal)) invalid('amount', 'must be an amount above zero');
  const [, places = ''] = decimal.replace(/0+$/, '').split('.');
  if (places.length > minorDigits(currency)) invalid('amount', `has more decimals than ${currency}`);
  const minor = toMinor(new Big(decimal), currency);
  if (minor === 0n || chargeable(minor, currency) !== minor) {
    invalid('amount', `must be an amount of ${currency} that a card can take`);
  }
  return minor;
}

/** Tries once more to get what is owed, after it was given up. Answers the transaction. */
export async function retryPayment(ctx: Context, transactionId: string): Promise<string> {
  authorize(ctx.viewer, 'billing');
  const sessionId = await inTransaction(ctx, async tx => {
    const { payment } = await lockPaymentOf(tx, transactionId);
    if (payment.state !== 'failed') throw new ConflictError('Nothing is owed that was given up.');
    advancePayment(payment, 'open');
    payment.reason = null;
    await savePayment(tx, payment);
    await settleSoon(tx, payment);
    return payment.sessionId;
  });
  await drivePayment(ctx, sessionId);
  return transactionId;
}

/** Throws NotFoundError for a transaction that the caller does not see, ConflictError for one that was not paid so. */
async function lockPaymentOf(tx: Context, transactionId: string): Promise<{ payment: SessionPayment }> {
  const transaction = await db(tx)
    .selectFrom('transactions')
    .select('sessionId')
    .where('id', '=', transactionId)
    .where('networkId', 'in', [...tx.scope.networkIds])
    .executeTakeFirst();
  if (!transaction) throw new NotFoundError('transaction');
  const payment = await lockPayment(tx, transaction.sessionId);
  if (!payment) throw new ConflictError('Nothing was paid for this transaction here.');
  return { payment };
}
