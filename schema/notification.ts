import type {
  CHANNELS,
  NOTIFICATION_KINDS,
  NOTIFICATION_STATUSES,
} from '../src/domains/notifications/notification.entity.ts';
import { listNotifications } from '../src/domains/notifications/read-notifications.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { DriverRef, NotificationRef } from './refs.ts';

const NotificationChannel = builder.enumType('NotificationChannel', {
  values: {
    PUSH: { value: 'push' },
    EMAIL: { value: 'email' },
    SMS: { value: 'sms' },
  } as const satisfies Record<Uppercase<(typeof CHANNELS)[number]>, object>,
});

const NotificationKind = builder.enumType('NotificationKind', {
  values: {
    SESSION_STARTED: { value: 'session_started' },
    SESSION_STOPPED: { value: 'session_stopped' },
    SESSION_FAILED: { value: 'session_failed' },
    PAYMENT_CAPTURED: { value: 'payment_captured' },
    PAYMENT_FAILED: { value: 'payment_failed' },
    PAYMENT_REFUNDED: { value: 'payment_refunded' },
    RESERVATION_REMINDER: {
      value: 'reservation_reminder',
      description: 'It ends soon, and is not used yet.',
    },
    SCHEDULE_REMINDER: { value: 'schedule_reminder', description: 'It begins soon.' },
  } as const satisfies Record<Uppercase<(typeof NOTIFICATION_KINDS)[number]>, object>,
});

const NotificationStatus = builder.enumType('NotificationStatus', {
  values: {
    PENDING: { value: 'pending', description: 'It is to be sent, or to be sent again.' },
    SENDING: { value: 'sending' },
    SENT: { value: 'sent', description: 'The mail server, the push service or the SMS provider took it.' },
    FAILED: { value: 'failed', description: 'It was refused.' },
    UNKNOWN: { value: 'unknown', description: 'It may have arrived; it is not sent again.' },
    SKIPPED: { value: 'skipped', description: 'There was no way to the driver, or it was too late.' },
  } as const satisfies Record<Uppercase<(typeof NOTIFICATION_STATUSES)[number]>, object>,
});

NotificationRef.implement({
  description: 'One thing told to one driver by one channel. Kept for 30 days.',
  fields: t => ({
    driver: t.field({ type: DriverRef, resolve: notification => notification.driverId }),
    kind: t.expose('kind', { type: NotificationKind }),
    channel: t.expose('channel', { type: NotificationChannel }),
    sourceId: t.exposeString('sourceId', {
      description: 'UUID of the event that it tells of; of a reminder, of the reservation or the schedule.',
    }),
    title: t.string({ resolve: ({ content }) => content.title }),
    body: t.string({ resolve: ({ content }) => content.body }),
    recipient: t.exposeString('recipient', {
      nullable: true,
      description: 'The address or the number; null for push.',
    }),
    status: t.expose('status', { type: NotificationStatus }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why it failed, was skipped, or is to be sent again.',
    }),
    attemptCount: t.exposeInt('attemptCount'),
    providerId: t.exposeString('providerId', {
      nullable: true,
      description: 'What the mail server or the SMS provider knows it by.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    completedAt: t.expose('completedAt', { type: 'DateTime', nullable: true }),
  }),
});

const NotificationFilter = builder.inputType('NotificationFilter', {
  fields: t => ({
    driverId: t.globalID({ for: DriverRef }),
    channel: t.field({ type: NotificationChannel }),
    status: t.field({ type: NotificationStatus }),
  }),
});

inSubGraph('drivers').queryField('notifications', t =>
  t.connection({
    type: NotificationRef,
    description: 'What drivers were told, the newest first; a signed-in driver’s own.',
    args: { filter: t.arg({ type: NotificationFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(await listNotifications(ctx, { ...filter, driverId: filter?.driverId?.id ?? null }, page)),
  }),
);
