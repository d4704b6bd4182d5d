import { encodeGlobalID } from '@pothos/plugin-relay';
import {
  attemptsOf,
  lastAttemptOf,
  listDeliveries,
  listWebhooks,
  loadDeliveries,
} from '../src/domains/webhooks/read-webhooks.ts';
import { recoverDeliveries, retryDelivery } from '../src/domains/webhooks/redeliver.ts';
import type { DELIVERY_STATUSES, WebhookAttempt } from '../src/domains/webhooks/webhook.entity.ts';
import {
  createWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
  type WebhookWithSecret,
  webhookEventTypes,
} from '../src/domains/webhooks/webhooks.ts';
import { ConflictError, InvalidEventsError, InvalidUrlError } from '../src/kernel/errors.ts';
import { batched } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { NetworkRef, WebhookDeliveryRef, WebhookSubscriptionRef } from './refs.ts';

const WebhookDeliveryStatus = builder.enumType('WebhookDeliveryStatus', {
  values: {
    PENDING: { value: 'pending', description: 'It is to be sent, or to be sent again.' },
    DELIVERED: { value: 'delivered', description: 'The receiver answered with 2xx.' },
    FAILED: { value: 'failed', description: 'Every attempt failed.' },
    SKIPPED: { value: 'skipped', description: 'The subscription was disabled before it was sent.' },
  } as const satisfies Record<Uppercase<(typeof DELIVERY_STATUSES)[number]>, object>,
});

WebhookSubscriptionRef.implement({
  description: 'Where an integrator wants to hear of events. Its secret is shown once, at its making.',
  fields: t => ({
    url: t.exposeString('url'),
    events: t.exposeStringList('events', { description: 'Event types, or * alone for all.' }),
    description: t.exposeString('description'),
    network: t.field({ type: NetworkRef, resolve: webhook => webhook.networkId }),
    isActive: t.exposeBoolean('isActive'),
    consecutiveFailures: t.exposeInt('consecutiveFailures', {
      description: 'Deliveries that failed since the last that succeeded; 20 disable the subscription.',
    }),
    disabledAt: t.expose('disabledAt', { type: 'DateTime', nullable: true }),
    disabledReason: t.exposeString('disabledReason', { nullable: true }),
    previousSecretUntil: t.expose('previousSecretUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until then deliveries are signed under the secret before as well.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    deliveries: t.connection({
      type: WebhookDeliveryRef,
      description: 'The newest first.',
      args: { status: t.arg({ type: WebhookDeliveryStatus }), offset: t.arg.int() },
      resolve: async (webhook, { status, ...page }, ctx) =>
        toConnection(await listDeliveries(ctx, webhook.id, status, page)),
    }),
    delivery: t.field({
      type: WebhookDeliveryRef,
      nullable: true,
      description: 'One of its own.',
      args: { id: t.arg.globalID({ required: true, for: WebhookDeliveryRef }) },
      resolve: async (webhook, { id }, ctx) => {
        const [delivery] = await loadDeliveries(ctx, [id.id]);
        return delivery?.subscriptionId === webhook.id ? delivery.id : null;
      },
    }),
  }),
});

const WebhookAttemptRef = builder.objectRef<WebhookAttempt>('WebhookAttempt').implement({
  description: 'One try at a delivery.',
  subGraphs: ['insights'],
  fields: t => ({
    number: t.exposeInt('number', { description: 'From 1.' }),
    attemptedAt: t.expose('attemptedAt', { type: 'DateTime' }),
    httpStatus: t.exposeInt('httpStatus', { nullable: true, description: 'Null where no answer came.' }),
    responseBody: t.exposeString('responseBody', { nullable: true, description: 'At most 2 KB of it.' }),
    error: t.exposeString('error', { nullable: true, description: 'Why no answer came.' }),
    durationMs: t.exposeInt('durationMs'),
  }),
});

const attempts = batched(attemptsOf, []);
const lastAttempt = batched(lastAttemptOf, null);

WebhookDeliveryRef.implement({
  description: 'One event on its way to one subscription.',
  fields: t => ({
    webhook: t.field({ type: WebhookSubscriptionRef, resolve: delivery => delivery.subscriptionId }),
    eventType: t.exposeString('eventType'),
    eventId: t.exposeString('eventId', { description: 'UUID.' }),
    payload: t.exposeString('payload', { description: 'The body, as it is posted.' }),
    status: t.expose('status', { type: WebhookDeliveryStatus }),
    attemptCount: t.exposeInt('attemptCount'),
    maxAttempts: t.exposeInt('maxAttempts'),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null where it is over.',
    }),
    attempts: t.field({
      type: [WebhookAttemptRef],
      description: 'The first one first.',
      resolve: (delivery, _, ctx) => attempts(ctx, delivery.id),
    }),
    lastAttempt: t.field({
      type: WebhookAttemptRef,
      nullable: true,
      resolve: (delivery, _, ctx) => lastAttempt(ctx, delivery.id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    completedAt: t.expose('completedAt', { type: 'DateTime', nullable: true }),
  }),
});

const insights = inSubGraph('insights');

insights.queryFields(t => ({
  webhooks: t.connection({
    type: WebhookSubscriptionRef,
    description: 'The newest first. Scope: admin.',
    args: { offset: t.arg.int() },
    resolve: async (_, page, ctx) => toConnection(await listWebhooks(ctx, page)),
  }),
  webhookEventTypes: t.stringList({
    description: 'All that a webhook subscription may listen to. Scope: admin.',
    resolve: (_, __, ctx) => [...webhookEventTypes(ctx)],
  }),
}));

const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  fields: t => ({
    url: t.string({ required: true, description: 'https://, on the public internet.' }),
    events: t.stringList({ required: true, description: 'Event types, or * alone for all.' }),
    description: t.string(),
    networkId: t.globalID({ for: NetworkRef, description: "The key's primary network where left out." }),
  }),
});

const UpdateWebhookInput = builder.inputType('UpdateWebhookInput', {
  description: 'What is left out stays as it is.',
  fields: t => ({
    id: t.globalID({ required: true, for: WebhookSubscriptionRef }),
    url: t.string(),
    events: t.stringList(),
    description: t.string(),
    isActive: t.boolean({ description: 'True also ends a run of failures.' }),
  }),
});

const WebhookSecret = builder.objectRef<WebhookWithSecret>('WebhookSecret').implement({
  subGraphs: ['insights'],
  fields: t => ({
    webhook: t.field({ type: WebhookSubscriptionRef, resolve: ({ id }) => id }),
    secret: t.exposeString('secret', { description: 'whsec_…, shown here and never again.' }),
  }),
});

const DeleteWebhookPayload = builder.objectRef<{ webhookId: string }>('DeleteWebhookPayload').implement({
  subGraphs: ['insights'],
  fields: t => ({
    webhookId: t.id({ resolve: ({ webhookId }) => encodeGlobalID('WebhookSubscription', webhookId) }),
  }),
});

const changeErrors = [...commonErrors, InvalidUrlError, InvalidEventsError];

insights.mutationFields(t => ({
  createWebhook: t.field({
    type: WebhookSecret,
    description: 'Has what happens from now on sent to a URL. Scope: admin.',
    errors: { types: [...changeErrors, ConflictError] },
    args: { input: t.arg({ type: CreateWebhookInput, required: true }) },
    resolve: (_, { input }, ctx) => createWebhook(ctx, { ...input, networkId: input.networkId?.id ?? null }),
  }),
  updateWebhook: t.field({
    type: WebhookSubscriptionRef,
    description: 'Scope: admin.',
    errors: { types: changeErrors },
    args: { input: t.arg({ type: UpdateWebhookInput, required: true }) },
    resolve: (_, { input: { id, ...changes } }, ctx) => updateWebhook(ctx, id.id, changes),
  }),
  deleteWebhook: t.field({
    type: DeleteWebhookPayload,
    description: 'Its deliveries go with it. Scope: admin.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: WebhookSubscriptionRef }) },
    resolve: async (_, { id }, ctx) => ({ webhookId: await deleteWebhook(ctx, id.id) }),
  }),
  testWebhook: t.field({
    type: WebhookSubscriptionRef,
    description: 'Sends it a webhook.test event, also while it is disabled. Scope: admin.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: WebhookSubscriptionRef }) },
    resolve: (_, { id }, ctx) => testWebhook(ctx, id.id),
  }),
  rotateWebhookSecret: t.field({
    type: WebhookSecret,
    description:
      'Makes a new secret; for some hours deliveries are signed under the one before as well. Scope: admin.',
    errors: { types: commonErrors },
    args: {
      id: t.arg.globalID({ required: true, for: WebhookSubscriptionRef }),
      overlapHours: t.arg.int({ description: '0 to 168; 24 where left out.' }),
    },
    resolve: (_, { id, overlapHours }, ctx) => rotateWebhookSecret(ctx, id.id, overlapHours ?? undefined),
  }),
  retryWebhookDelivery: t.field({
    type: WebhookDeliveryRef,
    description: 'Sends a delivery once more, at once, whatever became of it. Scope: admin.',
    errors: { types: commonErrors },
    args: {
      id: t.arg.globalID({ required: true, for: WebhookDeliveryRef }),
      webhookId: t.arg.globalID({ for: WebhookSubscriptionRef, description: 'If it is one of this.' }),
    },
    resolve: (_, { id, webhookId }, ctx) => retryDelivery(ctx, id.id, webhookId?.id),
  }),
  recoverWebhookDeliveries: t.field({
    type: WebhookSubscriptionRef,
    description:
      'Sends what a subscription lacks of a stretch of time: what failed, and what happened while it was disabled. Scope: admin.',
    errors: { types: [...commonErrors, ConflictError] },
    args: {
      webhookId: t.arg.globalID({ required: true, for: WebhookSubscriptionRef }),
      from: t.arg({ type: 'DateTime', required: true, description: 'Inclusive.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Inclusive.' }),
    },
    resolve: (_, { webhookId, from, to }, ctx) => recoverDeliveries(ctx, webhookId.id, from, to),
  }),
}));
