import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { ACTIVE_RESERVATIONS } from '../reservations/reservation-states.ts';
import type { NotificationContent, NotificationKind } from './notification.entity.ts';
import { placesOf } from './places.ts';
import { tellDrivers } from './tell-drivers.ts';
import { type HeldUntil, reservationReminder, scheduleReminder, type Told } from './texts.ts';

/** Job: a reservation that nobody has used yet is about to end. */
export async function remindOfReservation(
  ctx: Context,
  { reservationId }: { readonly reservationId: string },
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const held = await db(tx)
      .selectFrom('reservations')
      .select(['id', 'networkId', 'driverId', 'chargerId', 'connectorNumber', 'expiresAt as at'])
      .where('id', '=', reservationId)
      .where('status', 'in', [...ACTIVE_RESERVATIONS])
      .executeTakeFirst();
    if (held) await remind(tx, 'reservation_reminder', held, reservationReminder);
  });
}

/** Job: a charge that was planned is about to begin. */
export async function remindOfSchedule(
  ctx: Context,
  { scheduleId }: { readonly scheduleId: string },
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const planned = await db(tx)
      .selectFrom('schedules')
      .select(['id', 'networkId', 'driverId', 'chargerId', 'connectorNumber', 'scheduledTime as at'])
      .where('id', '=', scheduleId)
      .where('status', '=', 'pending')
      .executeTakeFirst();
    if (planned) await remind(tx, 'schedule_reminder', planned, scheduleReminder);
  });
}

interface Upcoming extends HeldUntil {
  readonly networkId: string;
  readonly driverId: string;
  readonly chargerId: string;
  readonly at: string;
}

async function remind(
  tx: Context,
  kind: NotificationKind,
  upcoming: Upcoming,
  text: (held: HeldUntil, told: Told) => NotificationContent,
): Promise<void> {
  const { id, networkId, driverId, chargerId } = upcoming;
  const at = Temporal.Instant.from(upcoming.at).toString();
  if (epochMs(at) <= tx.now().epochMilliseconds) return;
  const place = (await placesOf(tx, [chargerId])).get(chargerId) ?? null;
  await tellDrivers(tx, [
    {
      sourceId: id,
      kind,
      networkId,
      driverId,
      occurredAt: tx.now().toString(),
      usefulUntil: at,
      content: text(upcoming, { place, at }),
    },
  ]);
}
