import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { type InstantText, instantOf } from '../../kernel/instant.ts';
import type { JobMap } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { attemptDelivery } from './attempt-delivery.ts';
import { sendAfterLease, sendWhenDue } from './send-soon.ts';
import type { WebhookDelivery, WebhookSubscription } from './webhook.entity.ts';

/** Requests to one endpoint at a time, over all processes. */
const IN_FLIGHT = 8;
const BATCH = 100;
/** No request begins later than this in a round: then others have their turn. */
const ROUND_MS = 5_000;
/** Longer than any round with its last requests takes. */
const LEASE_SECONDS = 120;
const KEPT_DAYS = 30;
const FORGET_AT_ONCE = 1_000;

/**
 * Job: sends what is due to one subscription, in one process at a time. An endpoint that hangs holds up a round of its
 * own and nobody else's. What a dead process had posted and not written down is posted again.
 */
export async function sendWebhooks(
  ctx: Context,
  { networkId, subscriptionId }: JobMap['send-webhooks'],
): Promise<void> {
  const subscription = await lease(ctx, subscriptionId);
  if (!subscription) return;
  const until = performance.now() + ROUND_MS;
  let isActive = true;
  const isOver = () => !isActive || performance.now() > until;
  try {
    let due = await dueDeliveries(ctx, subscription);
    while (due.length > 0 && !isOver()) {
      const rest = due.values();
      const lane = async () => {
        for (const delivery of rest) {
          if (isOver()) return;
          isActive = (await attemptDelivery(ctx, subscription, delivery)) && isActive;
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      due = await dueDeliveries(ctx, subscription);
    }
  } finally {
    await release(ctx, { id: subscriptionId, networkId });
  }
  await forgetOld(ctx, subscriptionId);
}

/** The subscription, if no other process is sending to it. */
async function lease(ctx: Context, id: string): Promise<WebhookSubscription | null> {
  return inTransaction(ctx, async tx => {
    const found = await db(tx)
      .selectFrom('webhook_subscriptions')
      .selectAll()
      .select(sql<boolean>`coalesce(sending_until > now(), false)`.as('isTaken'))
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (!found) return null;
    if (found.isTaken) {
      await sendAfterLease(tx, found, instantOf(found.sendingUntil!));
      return null;
    }
    await db(tx)
      .updateTable('webhook_subscriptions')
      .set({ sendingUntil: sql<string>`now() + make_interval(secs => ${LEASE_SECONDS})` })
      .where('id', '=', id)
      .execute();
    return found as WebhookSubscription;
  });
}

/**
 * Who was sending has died: the next one need not wait for the lease to end. One that was taken behind the instant may
 * be another's, whose job began then.
 */
export async function endLease(ctx: Context, subscriptionId: string, takenBefore: string): Promise<void> {
  await db(ctx)
    .updateTable('webhook_subscriptions')
    .set({ sendingUntil: null })
    .where('id', '=', subscriptionId)
    .where(
      'sendingUntil',
      '<',
      sql<string>`${takenBefore}::timestamptz + make_interval(secs => ${LEASE_SECONDS})`,
    )
    .execute();
}

/** Lets go first, then looks: who came in vain meanwhile left something to find. */
async function release(ctx: Context, subscription: { id: string; networkId: string }): Promise<void> {
  await inTransaction(ctx, async tx => {
    const released = await db(tx)
      .updateTable('webhook_subscriptions')
      .set({ sendingUntil: null })
      .where('id', '=', subscription.id)
      .returning('isActive')
      .executeTakeFirst();
    if (!released) return;
    if (!released.isActive) await skipPending(tx, subscription.id);
    const { next } = await db(tx)
      .selectFrom('webhook_deliveries')
      .select(eb => eb.fn.min('nextAttemptAt').as('next'))
      .where('subscriptionId', '=', subscription.id)
      .where('status', '=', 'pending')
      .executeTakeFirstOrThrow();
    if (next) await sendWhenDue(tx, subscription, instantOf(next as InstantText));
  });
}

/** Nothing is sent to a disabled subscription but what a person asked for. */
export const skipPending = (tx: Context, subscriptionId: string) =>
  db(tx)
    .updateTable('webhook_deliveries')
    .set({ status: 'skipped', nextAttemptAt: null, completedAt: tx.now().toString() })
    .where('subscriptionId', '=', subscriptionId)
    .where('status', '=', 'pending')
    .where('isManual', '=', false)
    .execute();

const dueDeliveries = async (ctx: Context, { id }: WebhookSubscription): Promise<WebhookDelivery[]> =>
  (await db(ctx)
    .selectFrom('webhook_deliveries as d')
    .innerJoin('webhook_subscriptions as s', 's.id', 'd.subscriptionId')
    .selectAll('d')
    .where('d.subscriptionId', '=', id)
    .where('d.status', '=', 'pending')
    .where('d.nextAttemptAt', '<=', ctx.now().toString())
    .where(eb => eb.or([eb('s.isActive', '=', true), eb('d.isManual', '=', true)]))
    .orderBy('d.nextAttemptAt')
    .orderBy('d.eventSequence')
    .limit(BATCH)
    .execute()) as WebhookDelivery[];

async function forgetOld(ctx: Context, subscriptionId: string): Promise<void> {
  const before = ctx
    .now()
    .subtract({ hours: KEPT_DAYS * 24 })
    .toString();
  await db(ctx)
    .deleteFrom('webhook_deliveries')
    .where('id', 'in', eb =>
      eb
        .selectFrom('webhook_deliveries')
        .select('id')
        .where('subscriptionId', '=', subscriptionId)
        .where('createdAt', '<', before)
        .where('status', '<>', 'pending')
        .limit(FORGET_AT_ONCE),
    )
    .execute();
}
