import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable, tenantTableWithSystemReads } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';

/** Where an integrator wants to hear of events. The secrets are sealed. */
export const WebhookSubscription = defineEntity({
  name: 'WebhookSubscription',
  tableName: 'webhook_subscriptions',
  ...tenantTableWithSystemReads,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    url: p.text(),
    /** Event types, or `*` alone for all. */
    events: column.textArray(),
    description: p.text(),
    sealedSecret: p.text(),
    /** The one before, under which deliveries are signed too, until then. */
    sealedPreviousSecret: p.text().nullable(),
    previousSecretUntil: column.instant().nullable(),
    isActive: p.boolean(),
    /** Deliveries that were given up since the last that succeeded. */
    consecutiveFailures: p.integer(),
    disabledAt: column.instant().nullable(),
    disabledReason: p.text().nullable(),
    /** The place in the log behind which it begins: that of its making, or of its last enabling. */
    startsBehind: column.bigint(),
    /** Until when the process that is sending has it to itself; one that died has lost it by then. */
    sendingUntil: column.instant().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [{ name: 'webhook_subscriptions_network_index', properties: ['networkId', 'createdAt', 'id'] }],
});
export type WebhookSubscription = InferEntity<typeof WebhookSubscription>;

/** `skipped`: the subscription was disabled before it was sent. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'skipped'] as const;

/** One event on its way to one subscription. */
export const WebhookDelivery = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    subscriptionId: () =>
      p.manyToOne(WebhookSubscription).mapToPk().fieldName('subscription_id').deleteRule('cascade'),
    eventId: p.uuid(),
    eventSequence: column.bigint(),
    eventType: p.text(),
    /** The body as it is posted. */
    payload: p.text(),
    status: p.text().$type<(typeof DELIVERY_STATUSES)[number]>(),
    attemptCount: p.integer(),
    maxAttempts: p.integer(),
    /** Asked for by a person: sent also while the subscription is disabled. */
    isManual: p.boolean(),
    /** Null where it is over. */
    nextAttemptAt: column.instant().nullable(),
    createdAt: column.createdAt(),
    completedAt: column.instant().nullable(),
  },
  uniques: [{ name: 'webhook_deliveries_event_unique', properties: ['subscriptionId', 'eventId'] }],
  indexes: [
    { name: 'webhook_deliveries_list_index', properties: ['subscriptionId', 'createdAt', 'id'] },
    {
      name: 'webhook_deliveries_due_index',
      expression:
        'create index "webhook_deliveries_due_index" on "webhook_deliveries" ("subscription_id", "next_attempt_at", "event_sequence") where ("status" = \'pending\')',
    },
  ],
});
export type WebhookDelivery = InferEntity<typeof WebhookDelivery>;

/** What came of one try at a delivery. */
export const WebhookAttempt = defineEntity({
  name: 'WebhookAttempt',
  tableName: 'webhook_attempts',
  ...tenantTable,
  properties: {
    deliveryId: () =>
      p.manyToOne(WebhookDelivery).mapToPk().fieldName('delivery_id').primary().deleteRule('cascade'),
    /** From 1. */
    number: p.integer().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    attemptedAt: column.instant(),
    /** Null where no answer came, and `error` says why. */
    httpStatus: p.integer().nullable(),
    responseBody: p.text().nullable(),
    error: p.text().nullable(),
    durationMs: p.integer(),
  },
});
export type WebhookAttempt = InferEntity<typeof WebhookAttempt>;
