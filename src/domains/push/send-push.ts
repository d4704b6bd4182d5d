import webPush from 'web-push';
import type { Context } from '../../kernel/context.ts';
import { UnreachableError } from '../../kernel/guarded-fetch.ts';
import { db } from '../db.ts';
import type { PushOutcome, PushSubscription } from './push-subscription.entity.ts';
import { vapidKeys } from './vapid-keys.ts';

const TTL_SECONDS = 3600;

/** What a device shows. */
export interface PushMessage {
  readonly title: string;
  readonly body: string;
  /** What the device opens. */
  readonly url?: string;
  /** A later message with the same tag takes the place of an earlier one. */
  readonly tag?: string;
  /** For the app, which opens what it names. */
  readonly data?: Readonly<Record<string, string>>;
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
    if (status !== 404 && status !== 410) return 'refused';
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return error.mayHaveArrived ? 'unknown' : 'refused';
  }
  await db(ctx).deleteFrom('push_subscriptions').where('id', '=', id).execute();
  return 'gone';
}
