import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJobs } from '../../kernel/jobs.ts';
import { phoneNumber } from '../../kernel/phone-number.ts';
import { type DriverReach, reachOfDrivers, type Switch } from '../drivers/notification-preferences.ts';
import {
  CHANNELS,
  type Channel,
  type NotificationContent,
  type NotificationKind,
} from './notification.entity.ts';

/** Something that a driver should be told, if they want to be. */
export interface Telling {
  /** The event that it tells of; of a reminder, the reservation or the schedule. */
  readonly sourceId: string;
  readonly kind: NotificationKind;
  readonly networkId: string;
  readonly driverId: string;
  readonly occurredAt: string;
  /** From then on it is of no use; by the channel where left out. */
  readonly usefulUntil?: string;
  readonly content: NotificationContent;
}

/** A receipt is of use for longer than word that a charge has begun. */
const USEFUL_HOURS: Record<Channel, number> = { push: 1, sms: 1, email: 24 };

const SWITCH_OF: Record<NotificationKind, Switch> = {
  session_started: 'notifySessionStarted',
  session_stopped: 'notifySessionStopped',
  session_failed: 'notifySessionFailed',
  payment_captured: 'notifyPayment',
  payment_failed: 'notifyPayment',
  payment_refunded: 'notifyPayment',
  reservation_reminder: 'notifyReservationReminder',
  schedule_reminder: 'notifyReservationReminder',
};

const CHANNEL_SWITCH: Record<Channel, Switch> = {
  push: 'pushEnabled',
  email: 'emailEnabled',
  sms: 'smsEnabled',
};

export const NOTIFICATION_JOBS = {
  push: 'push-notification',
  email: 'mail-notification',
  sms: 'sms-notification',
} as const satisfies Record<Channel, string>;

/**
 * Tells each driver by the channels that they want, once for a source and a channel however often this is asked, if the
 * running transaction is committed. A driver of another network than the telling's is told nothing.
 */
export async function tellDrivers(tx: Context, tellings: readonly Telling[]): Promise<void> {
  if (tellings.length === 0) return;
  const reach = await reachOfDrivers(tx, [...new Set(tellings.map(({ driverId }) => driverId))]);
  const rows = tellings.flatMap(telling => {
    const driver = reach.get(telling.driverId);
    if (driver?.networkId !== telling.networkId || !driver.wants[SWITCH_OF[telling.kind]]) return [];
    return CHANNELS.filter(channel => driver.wants[CHANNEL_SWITCH[channel]]).map(channel =>
      rowOf(tx, telling, driver, channel),
    );
  });
  const now = tx.now().toString();
  const { rows: added } = await sql<{ id: string; networkId: string; channel: Channel; status: string }>`
    insert into notifications (id, network_id, driver_id, kind, channel, source_id, content, recipient, useful_until,
                               status, reason, attempt_count, created_at, completed_at)
    select id, network_id, driver_id, kind, channel, source_id, content, recipient, useful_until,
           case when reason is null then 'pending' else 'skipped' end, reason, 0, ${now}::timestamptz,
           case when reason is null then null else ${now}::timestamptz end
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row (id uuid, network_id uuid, driver_id uuid, kind text, channel text, source_id uuid, content jsonb,
                recipient text, useful_until timestamptz, reason text)
    on conflict on constraint notifications_once_unique do nothing
    returning id, network_id "networkId", channel, status
  `.execute(tx.em.getKysely());
  for (const channel of CHANNELS) {
    const pending = added.filter(row => row.channel === channel && row.status === 'pending');
    await addJobs(
      tx,
      NOTIFICATION_JOBS[channel],
      pending.map(({ id, networkId }) => ({ networkId, notificationId: id })),
    );
  }
}

function rowOf(tx: Context, telling: Telling, driver: DriverReach, channel: Channel) {
  const usefulUntil =
    telling.usefulUntil ??
    Temporal.Instant.from(telling.occurredAt).add({ hours: USEFUL_HOURS[channel] }).toString();
  const isLate = epochMs(usefulUntil) <= tx.now().epochMilliseconds;
  return {
    id: newId(),
    network_id: telling.networkId,
    driver_id: telling.driverId,
    kind: telling.kind,
    channel,
    source_id: telling.sourceId,
    content: telling.content,
    recipient: channel === 'email' ? driver.email : channel === 'sms' ? driver.phoneNumber : null,
    useful_until: usefulUntil,
    reason: isLate ? 'It was too late to tell.' : whyNoWay(tx, driver, channel),
  };
}

/** Why a channel does not lead to the driver; null where it does. */
function whyNoWay(tx: Context, driver: DriverReach, channel: Channel): string | null {
  if (channel === 'push') return driver.hasDevice ? null : 'The driver has no device that takes messages.';
  if (channel === 'email') return null;
  if (!tx.sms) return 'This installation sends no SMS.';
  if (driver.phoneNumber === null) return 'The driver has no phone number.';
  return phoneNumber(driver.phoneNumber) ? null : 'The phone number has no country (E.164).';
}
