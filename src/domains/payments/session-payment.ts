import type { Context } from '../../kernel/context.ts';
import {
  ChargerOfflineError,
  ChargerRejectedError,
  DomainError,
  PaymentFailedError,
  StripeError,
  UnavailableError,
} from '../../kernel/errors.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { Session } from '../sessions/session.entity.ts';
import { isRunning } from '../sessions/session-states.ts';
import { askStripe, refusal } from './ask-stripe.ts';
import { cardToCharge } from './cards.ts';
import { drivePayment, planNext } from './drive-payment.ts';
import { lockPayment, minor, savePayment } from './lock-payment.ts';
import type { SessionPayment } from './payment.entity.ts';
import type { PaymentSettings } from './payment-settings.entity.ts';
import { paymentsOf } from './payment-settings.ts';
import { advancePayment, publicStatus } from './payment-states.ts';
import { chargeable } from './stripe-amount.ts';
import type { PaymentStatus } from './transaction.entity.ts';

type Payer = Pick<Session, 'id' | 'networkId'> & { readonly driverId?: string | null };
interface Price {
  readonly currency: string;
  readonly isFree: boolean;
}

/**
 * Begins a session's payment in the transaction that begins the session, where the network takes payments and the
 * charge is not free: the hold is written down, and asked for once that is committed (`holdFor`).
 */
export async function openPayment(tx: Context, session: Payer, price: Price | null): Promise<void> {
  if (!session.driverId || !price || price.isFree) return;
  const settings = await db(tx)
    .selectFrom('payment_settings')
    .selectAll()
    .where('networkId', '=', session.networkId)
    .where('isEnabled', '=', true)
    .executeTakeFirst();
  if (!settings) return;
  // a bill in another currency than the settings' has neither hold nor bounds
  const bounds =
    settings.currency === price.currency
      ? boundsOf(settings as PaymentSettings)
      : { holdAmount: null, minimumAmount: null, maximumAmount: null };
  const now = tx.now().toString();
  const payment = (await db(tx)
    .insertInto('session_payments')
    .values({
      sessionId: session.id,
      networkId: session.networkId,
      driverId: session.driverId,
      currency: price.currency,
      state: 'open',
      reason: null,
      ...bounds,
      holdIntentId: null,
      captureBefore: null,
      staleIntentId: null,
      disputeStatus: null,
      createdAt: now,
      updatedAt: now,
    })
    .onConflict(conflict => conflict.column('sessionId').doNothing())
    .returningAll()
    .executeTakeFirst()) as SessionPayment | undefined;
  if (payment) await planNext(tx, payment);
  else await reopen(tx, session.id);
}

/** A session that was given up has begun after all: its hold is gone by now, or about to be. */
async function reopen(tx: Context, sessionId: string): Promise<void> {
  const payment = await lockPayment(tx, sessionId);
  if (!payment || payment.holdIntentId || payment.state !== 'released') return;
  advancePayment(payment, 'open');
  await savePayment(tx, payment);
}

function boundsOf(settings: PaymentSettings) {
  const { currency, minimumAmount, maximumAmount } = settings;
  const hold = minor(settings.holdAmount);
  return {
    holdAmount: hold === null ? null : String(chargeable(hold, currency)),
    minimumAmount: minimumAmount ?? null,
    maximumAmount: maximumAmount ?? null,
  };
}

/**
 * Holds the money for a session that somebody waits for. Throws PaymentFailedError, AuthenticationRequiredError, or
 * StripeError where nobody knows: then the hold, if there is one, is let go once the session is given up.
 */
export async function holdFor(ctx: Context, session: Payer): Promise<void> {
  const before = await paymentOf(ctx, session.id);
  if (!before) return;
  if (before.holdAmount === null) return requireCard(ctx, session);
  await drivePayment(ctx, session.id);
  const after = (await paymentOf(ctx, session.id))!;
  if (after.state === 'authorized') return;
  if (after.state === 'refused') throw refusal(after.reason ?? null);
  throw new StripeError();
}

async function requireCard(ctx: Context, session: Payer): Promise<void> {
  const payments = await paymentsOf(ctx, session.networkId);
  const driver = { id: session.driverId!, networkId: session.networkId };
  const card = payments && (await askStripe(ctx, () => cardToCharge(ctx, payments.stripe, driver)));
  if (!card) throw refusal('no_card');
}

async function paymentOf(ctx: Context, sessionId: string): Promise<SessionPayment | undefined> {
  return (await db(ctx)
    .selectFrom('session_payments')
    .selectAll()
    .where('sessionId', '=', sessionId)
    .executeTakeFirst()) as SessionPayment | undefined;
}

/** The station has begun: the money is held in the background, where it is not held yet. */
export async function holdLater(tx: Context, session: Payer, price: Price): Promise<void> {
  await openPayment(tx, session, price);
  await settleLater(tx, session, 'hold-payment');
}

export async function hasPayment(tx: Context, sessionId: string): Promise<boolean> {
  return (await paymentOf(tx, sessionId)) !== undefined;
}

/** The session is over, or its bill has changed: its money is settled. In the transaction that says so. */
export async function settleLater(
  tx: Context,
  { id: sessionId, networkId }: Pick<Session, 'id' | 'networkId'>,
  job: 'settle-payment' | 'hold-payment' = 'settle-payment',
): Promise<void> {
  if (!(await hasPayment(tx, sessionId))) return;
  await addJob(tx, job, { networkId, sessionId }, { key: `${job}:${sessionId}` });
}

/** What a new transaction says of a payment that has begun. */
export async function paymentStatusOf(tx: Context, sessionId: string): Promise<PaymentStatus | null> {
  const payment = await lockPayment(tx, sessionId);
  return payment ? publicStatus(payment.state) : null;
}

/** Job: holds the money of a charge that runs already; where it is refused, the charge is stopped. */
export async function holdPayment(
  ctx: Context,
  { sessionId }: { readonly sessionId: string },
): Promise<void> {
  const session = (await db(ctx)
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', sessionId)
    .executeTakeFirst()) as Session | undefined;
  if (!session) return;
  try {
    await holdFor(ctx, session);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // nobody knows yet: the look-up will tell, and come here again
    if (error instanceof StripeError) return holdAgain(ctx, session);
    await stopUnpaid(ctx, session, error);
  }
}

const AGAIN_SECONDS = 10;

async function holdAgain(ctx: Context, { id: sessionId, networkId }: Session): Promise<void> {
  const payment = await paymentOf(ctx, sessionId);
  const session = await db(ctx)
    .selectFrom('sessions')
    .select('status')
    .where('id', '=', sessionId)
    .executeTakeFirstOrThrow();
  if (payment?.state !== 'open' || !isRunning(session.status)) return;
  await addJob(
    ctx,
    'hold-payment',
    { networkId, sessionId },
    { key: `hold-payment:${sessionId}`, runAt: ctx.now().add({ seconds: AGAIN_SECONDS }) },
  );
}

/** Flags the session for a person, and asks the station to end it. */
async function stopUnpaid(ctx: Context, session: Session, error: DomainError): Promise<void> {
  const flag = error instanceof PaymentFailedError ? 'payment_failed' : 'authentication_required';
  const isRunningStill = await inTransaction(ctx, async tx => {
    const { status, flags } = await db(tx)
      .selectFrom('sessions')
      .select(['status', 'flags'])
      .where('id', '=', session.id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    await db(tx)
      .updateTable('sessions')
      .set({ flags: [...new Set([...flags, flag])] })
      .where('id', '=', session.id)
      .execute();
    return isRunning(status);
  });
  const transactionId = session.stationTransactionId ?? session.transactionNumber;
  if (!isRunningStill || transactionId == null) return;
  try {
    await ctx.chargers.ask(session.chargerId, 'remoteStop', { transactionId: String(transactionId) });
  } catch (failure) {
    const isStations =
      failure instanceof ChargerOfflineError ||
      failure instanceof ChargerRejectedError ||
      failure instanceof UnavailableError;
    // tried again by the queue: the station may be back by then
    if (isStations) throw new Error(`An unpaid charge could not be stopped: ${failure.message}`);
    throw failure;
  }
}
