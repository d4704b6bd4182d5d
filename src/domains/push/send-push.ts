import webPush from 'web-push';
import type { Context } from '../../kernel/context.ts';
import { UnreachableError } from '../../kernel/guarded-fetch.ts';
import { addJob, type JobMap, type PushMessage } from '../../kernel/jobs.ts';
import { db } from '../db.ts';
import type { PushSubscription } from './push-subscription.entity.ts';
import { vapidKeys } from './vapid-keys.ts';

const TTL_SECONDS = 3600;

/** What a push service said: `gone` where the device has withdrawn. */
export type PushOutcome = 'sent' | 'gone' | 'failed';

/** Tells a driver on each of their devices, if the running transaction is committed; of no use after an hour. */
export async function sendPush(
  tx: Context,
  driver: { readonly id: string; readonly networkId: string },
  message: PushMessage,
): Promise<void> {
  const expiresAt = tx.now().add({ seconds: TTL_SECONDS }).toString();
  const devices = await db(tx)
    .selectFrom('push_subscriptions')
    .select('id')
    .where('driverId', '=', driver.id)
    .where('networkId', '=', driver.networkId)
    .execute();
  for (const { id } of devices) {
    await addJob(tx, 'send-push', { networkId: driver.networkId, subscriptionId: id, message, expiresAt });
  }
}

/** Job: one message to one device; tried again until it is of no use. */
export async function deliverPush(
  ctx: Context,
  { subscriptionId, message, expiresAt }: JobMap['send-push'],
): Promise<void> {
  const ttlSeconds = Math.floor(ctx.now().until(expiresAt).total('seconds'));
  const device = await db(ctx)
    .selectFrom('push_subscriptions')
    .selectAll()
    .where('id', '=', subscriptionId)
    .executeTakeFirst();
  if (!device || ttlSeconds <= 0) return;
  const outcome = await pushTo(ctx, device as PushSubscription, message, ttlSeconds);
  if (outcome === 'failed') throw new Error('The push service did not take the message.');
}

/** Encrypts the message to the device (RFC 8291) and posts it; a device that is gone is forgotten. */
export async function pushTo(
  ctx: Context,
  { id, endpoint, p256dh, auth }: PushSubscription,
  message: PushMessage,
  ttlSeconds = TTL_SECONDS,
): Promise<PushOutcome> {
  const request = webPush.generateRequestDetails(
    { endpoint, keys: { p256dh, auth } },
    JSON.stringify(message),
    { TTL: ttlSeconds, vapidDetails: { subject: ctx.outgoing.contact, ...(await vapidKeys(ctx)) } },
  );
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  try {
    const { status } = await ctx.outgoing.post(endpoint, headers, request.body!);
    if (status >= 200 && status < 300) return 'sent';
    if (status !== 404 && status !== 410) return 'failed';
  } catch (error) {
    if (error instanceof UnreachableError) return 'failed';
    throw error;
  }
  await db(ctx).deleteFrom('push_subscriptions').where('id', '=', id).execute();
  return 'gone';
}
