import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { NotSentError } from '../../kernel/not-sent-error.ts';
import { phoneNumber } from '../../kernel/phone-number.ts';
import { db } from '../db.ts';
import type { PushOutcome, PushSubscription } from '../push/push-subscription.entity.ts';
import { type PushMessage, pushTo } from '../push/send-push.ts';
import { brandedMail } from './branded-mail.ts';
import type { Channel, Notification } from './notification.entity.ts';

/** What came of one attempt; `refused` may be tried again. */
export type Outcome =
  | { readonly is: 'sent'; readonly providerId?: string | null }
  | { readonly is: 'refused' | 'failed' | 'unknown' | 'skipped'; readonly reason: string };

interface Attempt {
  readonly outcome: Outcome;
  readonly devices?: Notification['devices'];
}

type Send = (ctx: Context, notification: Notification) => Promise<Attempt>;

/** Hands a notification over, and never throws for what the other side does. */
export const attemptOf: Record<Channel, Send> = {
  push: sendByPush,
  email: (ctx, notification) => handOver(() => sendByMail(ctx, notification)),
  sms: (ctx, notification) => handOver(() => sendBySms(ctx, notification)),
};

async function handOver(send: () => Promise<string | null>): Promise<Attempt> {
  try {
    return { outcome: { is: 'sent', providerId: await send() } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof NotSentError)) return { outcome: { is: 'unknown', reason } };
    return { outcome: { is: error.isFinal ? 'failed' : 'refused', reason } };
  }
}

async function sendByMail(ctx: Context, { driverId, recipient, content }: Notification): Promise<string> {
  const { firstName, ...network } = await networkOf(ctx, driverId);
  const url = linkTo(network.appUrl, content.path);
  return ctx.mail.send(
    brandedMail(network, {
      to: recipient!,
      subject: content.title,
      greeting: `Hello ${firstName},`,
      paragraphs: [content.body],
      details: content.details,
      action: url === null ? null : { label: 'Open in the app', url },
      footer: 'You choose in the app what you are told, and how.',
    }),
  );
}

/** Longer ones are cut: an SMS is paid for by its parts. */
const MAX_SMS = 320;

async function sendBySms(
  ctx: Context,
  { driverId, recipient, content }: Notification,
): Promise<string | null> {
  if (!ctx.sms) throw new NotSentError('This installation sends no SMS.', { isFinal: true });
  const { name } = await networkOf(ctx, driverId);
  const text = `${name}: ${content.title}. ${content.body}`;
  const cut = text.length > MAX_SMS ? `${text.slice(0, MAX_SMS - 3)}...` : text;
  return ctx.sms.send({ to: phoneNumber(recipient!)!, text: cut });
}

/** To each device that has not had it; at the second attempt those are what refused it at the first. */
async function sendByPush(ctx: Context, notification: Notification): Promise<Attempt> {
  const { driverId, networkId, content, sourceId } = notification;
  const { appUrl } = await networkOf(ctx, driverId);
  const url = linkTo(appUrl, content.path);
  const message: PushMessage = {
    title: content.title,
    body: content.body,
    tag: sourceId,
    data: content.data,
    ...(url !== null && { url }),
  };
  const before = notification.devices ?? {};
  const present = (await db(ctx)
    .selectFrom('push_subscriptions')
    .selectAll()
    .where('driverId', '=', driverId)
    .where('networkId', '=', networkId)
    .execute()) as PushSubscription[];
  const ttlSeconds = Math.max(
    0,
    Math.floor((epochMs(notification.usefulUntil) - ctx.now().epochMilliseconds) / 1000),
  );
  const left = present.filter(({ id }) => notification.devices == null || before[id] === 'refused');
  const outcomes = await Promise.all(
    left.map(async device => [device.id, await pushTo(ctx, device, message, ttlSeconds)] as const),
  );
  // one that refused and has withdrawn since is no more
  const withdrawn = Object.keys(before).filter(id => !present.some(device => device.id === id));
  const devices: Record<string, PushOutcome> = {
    ...before,
    ...Object.fromEntries(withdrawn.flatMap(id => (before[id] === 'refused' ? [[id, 'gone' as const]] : []))),
    ...Object.fromEntries(outcomes),
  };
  return { devices, outcome: outcomeOf(Object.values(devices)) };
}

function outcomeOf(devices: readonly PushOutcome[]): Outcome {
  const count = (outcome: PushOutcome) => devices.filter(one => one === outcome).length;
  if (count('refused') > 0) {
    const reason = `${count('refused')} of ${devices.length} push services did not take it.`;
    return { is: 'refused', reason };
  }
  if (count('sent') > 0) return { is: 'sent' };
  if (count('unknown') > 0) return { is: 'unknown', reason: 'No push service answered.' };
  return { is: 'skipped', reason: 'The driver has no device that takes messages.' };
}

const networkOf = (ctx: Context, driverId: string) =>
  db(ctx)
    .selectFrom('drivers as d')
    .innerJoin('networks as n', 'n.id', 'd.networkId')
    .select(['n.name', 'n.branding', 'n.appUrl', 'd.firstName'])
    .where('d.id', '=', driverId)
    .executeTakeFirstOrThrow();

const linkTo = (appUrl: string | null | undefined, path: string): string | null =>
  appUrl ? `${appUrl.replace(/\/$/, '')}${path}` : null;
