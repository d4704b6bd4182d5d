import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJob } from '../../kernel/jobs.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { attemptOf, type Outcome } from './channels.ts';
import type { Notification } from './notification.entity.ts';
import { NOTIFICATION_JOBS } from './tell-drivers.ts';

/** Behind an attempt that was certainly refused; as many retries as delays. */
const DELAYS_SECONDS = [30, 120, 600, 1800];

/**
 * Job: sends a notification by its channel, at most once. That it is being sent is committed first: a process that
 * dies between that and the answer loses this one, where it might have doubled it otherwise.
 */
export async function sendNotification(
  ctx: Context,
  { notificationId }: { readonly notificationId: string },
): Promise<void> {
  const claimed = await inTransaction(ctx, tx => claim(tx, notificationId));
  if (!claimed) return;
  const { outcome, devices } = await attemptOf[claimed.channel](ctx, claimed);
  if (outcome.is !== 'sent' && outcome.is !== 'skipped') {
    ctx.log.warn({ notificationId, channel: claimed.channel, ...outcome }, 'notification not sent');
  }
  await inTransaction(ctx, tx => settle(tx, { ...claimed, devices: devices ?? null }, outcome));
}

async function claim(tx: Context, id: string): Promise<Notification | null> {
  const found = (await db(tx)
    .selectFrom('notifications')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()) as Notification | undefined;
  if (found?.status === 'sending') {
    await end(tx, found, 'unknown', 'The process that was sending it came to an end.');
    return null;
  }
  if (found?.status !== 'pending') return null;
  if (epochMs(found.usefulUntil) <= tx.now().epochMilliseconds) {
    const isTried = found.attemptCount > 0;
    await end(tx, found, isTried ? 'failed' : 'skipped', isTried ? found.reason : 'It was too late to tell.');
    return null;
  }
  const attemptCount = found.attemptCount + 1;
  await db(tx)
    .updateTable('notifications')
    .set({ status: 'sending', attemptCount })
    .where('id', '=', id)
    .execute();
  return { ...found, attemptCount };
}

async function settle(tx: Context, notification: Notification, outcome: Outcome): Promise<void> {
  const { id, networkId, channel, attemptCount, devices } = notification;
  if (devices) {
    await db(tx)
      .updateTable('notifications')
      .set({ devices: jsonb(devices) })
      .where('id', '=', id)
      .execute();
  }
  if (outcome.is === 'sent') return end(tx, notification, 'sent', null, outcome.providerId ?? null);
  if (outcome.is !== 'refused') return end(tx, notification, outcome.is, outcome.reason);
  const delay = DELAYS_SECONDS[attemptCount - 1];
  if (delay === undefined) return end(tx, notification, endOfRefused(notification), outcome.reason);
  await db(tx)
    .updateTable('notifications')
    .set({ status: 'pending', reason: outcome.reason })
    .where('id', '=', id)
    .execute();
  await addJob(
    tx,
    NOTIFICATION_JOBS[channel],
    { networkId, notificationId: id },
    { runAt: tx.now().add({ seconds: delay }) },
  );
}

/** One device that took it is enough. */
const endOfRefused = ({ devices }: Notification): 'sent' | 'failed' =>
  Object.values(devices ?? {}).includes('sent') ? 'sent' : 'failed';

async function end(
  tx: Context,
  notification: Pick<Notification, 'id'>,
  status: 'sent' | 'failed' | 'unknown' | 'skipped',
  reason: string | null | undefined,
  providerId: string | null = null,
): Promise<void> {
  await db(tx)
    .updateTable('notifications')
    .set({ status, reason: reason ?? null, providerId, completedAt: tx.now().toString() })
    .where('id', '=', notification.id)
    .execute();
}
