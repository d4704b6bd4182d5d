import Stripe from 'stripe';
import type { Context } from '../../kernel/context.ts';
import { NotFoundError, UnauthorizedError } from '../../kernel/errors.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { webhookSecretOf } from './payment-settings.ts';

const TOLERANCE_SECONDS = 300;
/** Stripe tries for three days. */
const REMEMBERED_DAYS = 30;

/**
 * Takes an event of Stripe's: checked by its signature over the raw body, remembered by its id, and looked into by a
 * job. A second one with the same id, and one of a kind that means nothing to us, changes nothing. Throws
 * NotFoundError for a network that takes none, UnauthorizedError for a signature that is none.
 */
export async function takeStripeEvent(
  ctx: Context,
  networkId: string,
  body: string,
  signature: string,
): Promise<void> {
  const secret = await webhookSecretOf(ctx, networkId);
  if (!secret) throw new NotFoundError('webhook');
  const event = verified(body, signature, secret);
  await inTransaction(ctx, async tx => {
    const isNew = await db(tx)
      .insertInto('stripe_events')
      .values({ networkId, eventId: event.id, type: event.type, receivedAt: tx.now().toString() })
      .onConflict(conflict => conflict.doNothing())
      .returning('eventId')
      .executeTakeFirst();
    if (!isNew) return;
    await db(tx)
      .deleteFrom('stripe_events')
      .where('networkId', '=', networkId)
      .where(
        'receivedAt',
        '<',
        tx
          .now()
          .subtract({ hours: 24 * REMEMBERED_DAYS })
          .toString(),
      )
      .execute();
    const paymentIntentId = intentOf(event);
    if (!paymentIntentId) return;
    await addJob(
      tx,
      'sync-payment',
      { networkId, paymentIntentId },
      { key: `sync-payment:${networkId}:${paymentIntentId}` },
    );
  });
}

function verified(body: string, signature: string, secret: string): Stripe.Event {
  try {
    const event = Stripe.webhooks.constructEvent(body, signature, secret, TOLERANCE_SECONDS);
    if (typeof event.id === 'string' && typeof event.type === 'string') return event;
  } catch {
    // told below; whatever was wrong is nobody's business
  }
  throw new UnauthorizedError('The signature is not valid.');
}

/** The payment intent that the event is about; null for none. */
function intentOf({ data }: Stripe.Event): string | null {
  const subject = (data?.object ?? {}) as { object?: unknown; id?: unknown; payment_intent?: unknown };
  const id = subject.object === 'payment_intent' ? subject.id : subject.payment_intent;
  return typeof id === 'string' ? id : null;
}
