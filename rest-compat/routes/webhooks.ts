import { z } from 'zod';
import { nothing, page } from '../answers/fields.ts';
import {
  delivery,
  deliveryItem,
  eventTypes,
  newWebhook,
  retriedDelivery,
  webhook,
  webhookTest,
} from '../answers/webhooks.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { boolean, optional, paging, sliceOf, text } from '../parameters.ts';
import { row } from '../row.ts';
import { time } from '../values.ts';

interface Webhook {
  id: string;
  url: string;
  events: string[];
  description: string;
  isActive: boolean;
  consecutiveFailures: number;
  disabledAt: string | null;
  disabledReason: string | null;
  createdAt: string;
  updatedAt: string;
}

interface DeliveryItem {
  id: string;
  eventType: string;
  status: string;
  attemptCount: number;
  createdAt: string;
  completedAt: string | null;
  lastAttempt: { httpStatus: number | null } | null;
}

interface Delivery extends DeliveryItem {
  payload: string;
  maxAttempts: number;
  nextAttemptAt: string | null;
  lastAttempt: { httpStatus: number | null; responseBody: string | null; durationMs: number } | null;
}

const WEBHOOK = `
  fragment Detail on WebhookSubscription {
    id url events description isActive consecutiveFailures disabledAt disabledReason createdAt updatedAt
  }`;

const webhookOf = (webhook: Webhook) => ({
  id: toUuid(webhook.id),
  url: webhook.url,
  events: webhook.events.join(','),
  description: webhook.description,
  is_active: webhook.isActive,
  consecutive_failures: webhook.consecutiveFailures,
  disabled_at: time(webhook.disabledAt),
  disabled_reason: webhook.disabledReason,
  created_at: time(webhook.createdAt),
  updated_at: time(webhook.updatedAt),
});

/** PENDING as Pending. */
const word = (status: string): string => status[0] + status.slice(1).toLowerCase();

const itemOf = (delivery: DeliveryItem) => ({
  id: toUuid(delivery.id),
  event_type: delivery.eventType,
  http_status: delivery.lastAttempt?.httpStatus ?? null,
  success: delivery.status === 'DELIVERED',
  status: word(delivery.status),
  attempts: delivery.attemptCount,
  created_at: time(delivery.createdAt),
  completed_at: time(delivery.completedAt),
});

const access = { scope: 'admin', audience: 'operator' } as const;
const subject = 'WebhookSubscription';
const idOf = (path: Readonly<Record<string, string>>) => toGlobalId(subject, path.webhookId);
const deliveryIdOf = (path: Readonly<Record<string, string>>) =>
  toGlobalId('WebhookDelivery', path.deliveryId);

export const listWebhooks = row({
  method: 'GET',
  path: '/webhooks',
  title: 'List webhook subscriptions',
  access,
  operation: `query Webhooks { webhooks(first: 100) { nodes { ...Detail } } } ${WEBHOOK}`,
  variables: () => ({}),
  response: z.array(webhook),
  answer: ({ webhooks }: { webhooks: { nodes: Webhook[] } }) => webhooks.nodes.map(webhookOf),
});

export const createWebhook = row({
  method: 'POST',
  path: '/webhooks',
  title: 'Create a webhook subscription',
  access,
  body: z.object({ url: text, events: text, description: text }),
  operation: `
    mutation CreateWebhook($input: CreateWebhookInput!) {
      result: createWebhook(input: $input) {
        ... on WebhookSecret { secret webhook { ...Detail } }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    } ${WEBHOOK}`,
  variables: ({ body }) => ({
    input: { ...body, events: body.events.split(',').flatMap(type => type.trim() || []) },
  }),
  response: newWebhook,
  answer: ({ result: { secret, webhook } }: { result: { secret: string; webhook: Webhook } }) => {
    const { id, url, events, description, is_active, created_at } = webhookOf(webhook);
    return { id, url, events, description, hmac_secret: secret, is_active, created_at };
  },
  status: 201,
});

export const updateWebhook = row({
  method: 'PATCH',
  path: '/webhooks/{webhookId}',
  title: 'Update a webhook subscription',
  access,
  subject,
  body: z.object({
    url: optional(text),
    events: optional(z.array(text, { message: 'must be a list of strings' })),
    description: optional(text),
    isActive: optional(boolean),
  }),
  operation: `
    mutation UpdateWebhook($input: UpdateWebhookInput!) {
      result: updateWebhook(input: $input) {
        ... on WebhookSubscription { ...Detail }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    } ${WEBHOOK}`,
  variables: ({ path, body }) => ({ input: { id: idOf(path), ...body } }),
  response: webhook,
  answer: ({ result }: { result: Webhook }) => webhookOf(result),
});

export const deleteWebhook = row({
  method: 'DELETE',
  path: '/webhooks/{webhookId}',
  title: 'Delete a webhook subscription',
  access,
  operation:
    'mutation DeleteWebhook($id: ID!) { result: deleteWebhook(id: $id) { ... on Error { code message } } }',
  variables: ({ path }) => ({ id: idOf(path) }),
  response: nothing,
  answer: () => null,
  status: 204,
});

export const testWebhook = row({
  method: 'POST',
  path: '/webhooks/{webhookId}/test',
  title: 'Send a test event to a webhook',
  access,
  operation: `
    mutation TestWebhook($id: ID!) {
      result: testWebhook(id: $id) { ... on WebhookSubscription { id } ... on Error { code message } }
    }`,
  variables: ({ path }) => ({ id: idOf(path) }),
  response: webhookTest,
  answer: ({ result }: { result: { id: string } }) => ({
    webhook_id: toUuid(result.id),
    test_enqueued: true,
  }),
});

export const listDeliveries = row({
  method: 'GET',
  path: '/webhooks/{webhookId}/deliveries',
  title: 'List the deliveries of a webhook',
  access,
  subject,
  query: z.object(paging),
  operation: `
    query Deliveries($id: ID!, $first: Int!, $offset: Int!) {
      webhook: node(id: $id) { ... on WebhookSubscription {
        deliveries(first: $first, offset: $offset) {
          totalCount
          nodes { id eventType status attemptCount createdAt completedAt lastAttempt { httpStatus } }
        }
      } }
    }`,
  variables: ({ path, query }) => ({ id: idOf(path), ...sliceOf(query) }),
  response: page(deliveryItem),
  answer: ({ webhook }: { webhook: { deliveries: { totalCount: number; nodes: DeliveryItem[] } } | null }) =>
    webhook && {
      list: webhook.deliveries.nodes.map(itemOf),
      totalCount: webhook.deliveries.totalCount,
    },
});

export const getDelivery = row({
  method: 'GET',
  path: '/webhooks/{webhookId}/deliveries/{deliveryId}',
  title: 'Get a delivery',
  access,
  operation: `
    query Delivery($webhookId: ID!, $id: ID!) {
      webhook: node(id: $webhookId) { ... on WebhookSubscription {
        delivery(id: $id) {
          id eventType payload status attemptCount maxAttempts nextAttemptAt createdAt completedAt
          lastAttempt { httpStatus responseBody durationMs }
        }
      } }
    }`,
  variables: ({ path }) => ({ webhookId: idOf(path), id: deliveryIdOf(path) }),
  response: delivery,
  answer: ({ webhook }: { webhook: { delivery: Delivery | null } | null }) => {
    if (!webhook?.delivery) return null;
    const { delivery } = webhook;
    const { id, event_type, created_at, completed_at, ...item } = itemOf(delivery);
    return {
      id,
      event_type,
      payload: delivery.payload,
      http_status: item.http_status,
      response_body: delivery.lastAttempt?.responseBody ?? null,
      success: item.success,
      status: item.status,
      attempts: item.attempts,
      max_attempts: delivery.maxAttempts,
      duration_ms: delivery.lastAttempt?.durationMs ?? null,
      next_retry_at: time(delivery.nextAttemptAt),
      created_at,
      completed_at,
    };
  },
});

export const retryDelivery = row({
  method: 'POST',
  path: '/webhooks/{webhookId}/deliveries/{deliveryId}/retry',
  title: 'Send a delivery again',
  access,
  operation: `
    mutation RetryDelivery($id: ID!, $webhookId: ID!) {
      result: retryWebhookDelivery(id: $id, webhookId: $webhookId) {
        ... on WebhookDelivery { id } ... on Error { code message }
      }
    }`,
  variables: ({ path }) => ({ id: deliveryIdOf(path), webhookId: idOf(path) }),
  response: retriedDelivery,
  answer: ({ result }: { result: { id: string } }) => ({
    delivery_id: toUuid(result.id),
    retry_enqueued: true,
  }),
  status: 202,
});

export const listEventTypes = row({
  method: 'GET',
  path: '/webhooks/event-types',
  title: 'List the event types',
  access,
  operation: 'query EventTypes { webhookEventTypes }',
  variables: () => ({}),
  response: eventTypes,
  answer: ({ webhookEventTypes }: { webhookEventTypes: string[] }) => webhookEventTypes,
});
