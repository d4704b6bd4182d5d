import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { WebhookAttempt, WebhookDelivery, WebhookSubscription } from './webhook.entity.ts';

const order = <Row extends { readonly createdAt: string; readonly id: string }>(alias: string) => ({
  columns: [`${alias}.created_at`, `${alias}.id`] as const,
  types: ['timestamptz', 'uuid'] as const,
  descending: true,
  keyOf: (row: Row) => [row.createdAt, row.id] as const,
});

/** The newest first. */
export async function listWebhooks(ctx: Context, request: PageRequest): Promise<Page<WebhookSubscription>> {
  authorize(ctx.viewer, 'admin');
  return pageOf<WebhookSubscription>(webhooks(ctx), order('w'), request);
}

export async function loadWebhooks(ctx: Context, ids: readonly string[]): Promise<WebhookSubscription[]> {
  authorize(ctx.viewer, 'admin');
  return (await webhooks(ctx)
    .where('w.id', 'in', [...ids])
    .execute()) as WebhookSubscription[];
}

/** One subscription's, the newest first. */
export async function listDeliveries(
  ctx: Context,
  webhookId: string,
  status: WebhookDelivery['status'] | null | undefined,
  request: PageRequest,
): Promise<Page<WebhookDelivery>> {
  authorize(ctx.viewer, 'admin');
  const query = deliveries(ctx)
    .where('d.subscriptionId', '=', webhookId)
    .$if(status != null, q => q.where('d.status', '=', status!));
  return pageOf<WebhookDelivery>(query, order('d'), request);
}

export async function loadDeliveries(ctx: Context, ids: readonly string[]): Promise<WebhookDelivery[]> {
  authorize(ctx.viewer, 'admin');
  return (await deliveries(ctx)
    .where('d.id', 'in', [...ids])
    .execute()) as WebhookDelivery[];
}

/** The attempts at each delivery, the first one first. */
export async function attemptsOf(
  ctx: Context,
  deliveryIds: readonly string[],
): Promise<Map<string, WebhookAttempt[]>> {
  const found = (await attempts(ctx, deliveryIds)
    .orderBy('a.deliveryId')
    .orderBy('a.number')
    .execute()) as WebhookAttempt[];
  return Map.groupBy(found, attempt => attempt.deliveryId);
}

/** The last attempt at each delivery. */
export async function lastAttemptOf(
  ctx: Context,
  deliveryIds: readonly string[],
): Promise<Map<string, WebhookAttempt>> {
  const found = (await attempts(ctx, deliveryIds)
    .distinctOn('a.deliveryId')
    .orderBy('a.deliveryId')
    .orderBy('a.number', 'desc')
    .execute()) as WebhookAttempt[];
  return new Map(found.map(attempt => [attempt.deliveryId, attempt]));
}

const webhooks = (ctx: Context) =>
  db(ctx)
    .selectFrom('webhook_subscriptions as w')
    .selectAll('w')
    .where('w.networkId', 'in', [...ctx.scope.networkIds]);

const deliveries = (ctx: Context) =>
  db(ctx)
    .selectFrom('webhook_deliveries as d')
    .selectAll('d')
    .where('d.networkId', 'in', [...ctx.scope.networkIds]);

const attempts = (ctx: Context, deliveryIds: readonly string[]) =>
  db(ctx)
    .selectFrom('webhook_attempts as a')
    .selectAll('a')
    .where('a.deliveryId', 'in', [...deliveryIds])
    .where('a.networkId', 'in', [...ctx.scope.networkIds]);
