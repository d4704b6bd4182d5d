import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { emit } from '../../kernel/events.ts';
import { UnreachableError } from '../../kernel/guarded-fetch.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { raiseAlert } from '../notifications/raise-alert.ts';
import { retryDelayMs } from './retry-schedule.ts';
import type { WebhookAttempt, WebhookDelivery, WebhookSubscription } from './webhook.entity.ts';
import { signatureHeaders, signingSecrets } from './webhook-secret.ts';

/** So many deliveries given up in a row disable their subscription. */
const DISABLED_AT = 20;

type Outcome = Pick<WebhookAttempt, 'attemptedAt' | 'httpStatus' | 'responseBody' | 'error' | 'durationMs'>;

/** Posts a delivery and writes down what came of it. Answers whether its subscription goes on. */
export async function attemptDelivery(
  ctx: Context,
  subscription: WebhookSubscription,
  delivery: WebhookDelivery,
): Promise<boolean> {
  const outcome = await post(ctx, subscription, delivery);
  return inTransaction(ctx, tx => record(tx, delivery.id, outcome));
}

async function post(
  ctx: Context,
  subscription: WebhookSubscription,
  { id, payload }: WebhookDelivery,
): Promise<Outcome> {
  const at = ctx.now();
  const startedMs = performance.now();
  const outcome = (answer: Pick<Outcome, 'httpStatus' | 'responseBody' | 'error'>): Outcome => ({
    ...answer,
    attemptedAt: at.toString(),
    durationMs: Math.round(performance.now() - startedMs),
  });
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Chargegraph-Webhooks/1',
    ...signatureHeaders(signingSecrets(ctx.secret, subscription, at), { id, at, body: payload }),
  };
  try {
    const { status, body } = await ctx.outgoing.post(subscription.url, headers, payload);
    return outcome({ httpStatus: status, responseBody: body, error: null });
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return outcome({ httpStatus: null, responseBody: null, error: error.message });
  }
}

/** Any 2xx is a success; a redirect is none. */
const isSuccess = ({ httpStatus }: Outcome): boolean =>
  httpStatus != null && httpStatus >= 200 && httpStatus < 300;

/** The receiver wants no more of them (Standard Webhooks, "Response status codes"). */
const isRefusedForGood = ({ httpStatus }: Outcome): boolean => httpStatus === 410;

async function record(tx: Context, deliveryId: string, outcome: Outcome): Promise<boolean> {
  const delivery = await db(tx)
    .selectFrom('webhook_deliveries')
    .select(['networkId', 'subscriptionId', 'status', 'attemptCount', 'maxAttempts'])
    .where('id', '=', deliveryId)
    .forUpdate()
    .executeTakeFirst();
  if (!delivery) return false;
  const { networkId, subscriptionId, maxAttempts } = delivery;
  const number = delivery.attemptCount + 1;
  await db(tx)
    .insertInto('webhook_attempts')
    .values({ deliveryId, number, networkId, ...outcome })
    .execute();
  const now = tx.now();
  const over = { completedAt: now.toString(), nextAttemptAt: null, isManual: false };
  const isGivenUp = isRefusedForGood(outcome) || (!isSuccess(outcome) && number >= maxAttempts);
  const remaining = maxAttempts - number;
  await db(tx)
    .updateTable('webhook_deliveries')
    .set({
      attemptCount: number,
      ...(isSuccess(outcome)
        ? { status: 'delivered', ...over }
        : isGivenUp
          ? { status: 'failed', ...over }
          : {
              nextAttemptAt: now.add({ milliseconds: retryDelayMs(remaining, Math.random()) }).toString(),
            }),
    })
    .where('id', '=', deliveryId)
    .where('status', '=', 'pending')
    .execute();
  if (isSuccess(outcome)) await countNoFailure(tx, subscriptionId);
  return isGivenUp ? countFailure(tx, subscriptionId, isRefusedForGood(outcome)) : true;
}

const countNoFailure = (tx: Context, subscriptionId: string) =>
  db(tx)
    .updateTable('webhook_subscriptions')
    .set({ consecutiveFailures: 0 })
    .where('id', '=', subscriptionId)
    .where('consecutiveFailures', '>', 0)
    .execute();

/** Disables the subscription where it was one too many, or the last. Answers whether it is still active. */
async function countFailure(tx: Context, subscriptionId: string, isLast: boolean): Promise<boolean> {
  const { networkId, url, isActive, consecutiveFailures } = await db(tx)
    .updateTable('webhook_subscriptions')
    .set({ consecutiveFailures: sql<number>`consecutive_failures + 1` })
    .where('id', '=', subscriptionId)
    .returning(['networkId', 'url', 'isActive', 'consecutiveFailures'])
    .executeTakeFirstOrThrow();
  if (!isActive || !(isLast || consecutiveFailures >= DISABLED_AT)) return isActive;
  const now = tx.now().toString();
  // the rest of the URL may hold a secret of the receiver's
  const { host } = new URL(url);
  const reason = isLast
    ? 'The receiver answered 410 Gone.'
    : `${consecutiveFailures} deliveries in a row failed.`;
  await db(tx)
    .updateTable('webhook_subscriptions')
    .set({ isActive: false, disabledAt: now, disabledReason: reason, updatedAt: now })
    .where('id', '=', subscriptionId)
    .execute();
  await emit(tx, {
    type: 'webhook.disabled',
    networkId,
    payload: { webhookId: subscriptionId, host, reason },
  });
  await raiseAlert(tx, {
    networkId,
    type: 'webhook_disabled',
    subject: subscriptionId,
    message: `The webhook to ${host} was disabled: ${reason}`,
    locationId: null,
    chargerId: null,
  });
  return false;
}
