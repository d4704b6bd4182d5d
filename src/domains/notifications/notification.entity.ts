import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';
import type { PushOutcome } from '../push/push-subscription.entity.ts';

export const CHANNELS = ['push', 'email', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

export const NOTIFICATION_KINDS = [
  'session_started',
  'session_stopped',
  'session_failed',
  'payment_captured',
  'payment_failed',
  'payment_refunded',
  'reservation_reminder',
  'schedule_reminder',
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/**
 * `sending` is the moment between the decision and the answer; `unknown`: nobody knows whether it arrived, and it is
 * not sent again; `skipped`: there was no way to this driver.
 */
export const NOTIFICATION_STATUSES = ['pending', 'sending', 'sent', 'failed', 'unknown', 'skipped'] as const;
export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];

/** What a driver is told, whatever the channel. */
export interface NotificationContent {
  readonly title: string;
  readonly body: string;
  /** For channels with room: label and value. */
  readonly details: readonly (readonly [label: string, value: string])[];
  /** Of the subject, under the drivers' app; a path. */
  readonly path: string;
  /** For the app, which opens what it names. */
  readonly data: Readonly<Record<string, string>>;
}

/** One thing told to one driver by one channel. */
export const Notification = defineEntity({
  name: 'Notification',
  tableName: 'notifications',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').deleteRule('cascade'),
    kind: p.text().$type<NotificationKind>(),
    channel: p.text().$type<Channel>(),
    /** The event that it tells of; of a reminder, the reservation or the schedule. */
    sourceId: p.uuid(),
    content: p.json<NotificationContent>(),
    /** The address or the number; null for push. */
    recipient: p.text().nullable(),
    /** Of push: what became of it at each device, by its subscription's id; null before the first attempt. */
    devices: p.json<Record<string, PushOutcome>>().nullable(),
    /** From then on it is of no use. */
    usefulUntil: column.instant(),
    status: p.text().$type<NotificationStatus>(),
    /** Why it failed, was skipped, or is to be sent again. */
    reason: p.text().nullable(),
    attemptCount: p.integer(),
    /** What the provider knows it by. */
    providerId: p.text().nullable(),
    createdAt: column.createdAt(),
    completedAt: column.instant().nullable(),
  },
  uniques: [{ name: 'notifications_once_unique', properties: ['sourceId', 'driverId', 'channel'] }],
  indexes: [
    { name: 'notifications_driver_index', properties: ['driverId', 'createdAt', 'id'] },
    { name: 'notifications_network_index', properties: ['networkId', 'createdAt', 'id'] },
  ],
});
export type Notification = InferEntity<typeof Notification>;
