import type { Context } from '../../kernel/context.ts';
import { addJob } from '../../kernel/jobs.ts';

const LEAD_MINUTES = 15;
/** A reservation that is held for no longer than the lead is reminded of when two thirds of it are over. */
const SHARE_LEFT = 1 / 3;
/** Who has just reserved for so short a time needs no reminder. */
const MIN_HELD_MINUTES = 5;

/** Has the driver reminded before the reservation ends, if nobody has used it by then. */
export async function remindOfReservationLater(
  tx: Context,
  reservation: { readonly id: string; readonly networkId: string },
  expiresAt: Temporal.Instant,
): Promise<void> {
  const heldMinutes = tx.now().until(expiresAt).total('minutes');
  if (heldMinutes < MIN_HELD_MINUTES) return;
  const leadSeconds = Math.round(Math.min(LEAD_MINUTES, heldMinutes * SHARE_LEFT) * 60);
  await addJob(
    tx,
    'remind-of-reservation',
    { networkId: reservation.networkId, reservationId: reservation.id },
    { key: `remind-of-reservation:${reservation.id}`, runAt: expiresAt.subtract({ seconds: leadSeconds }) },
  );
}

/** Has the driver reminded before a planned charge begins; who plans it for sooner has not forgotten it yet. */
export async function remindOfScheduleLater(
  tx: Context,
  schedule: { readonly id: string; readonly networkId: string },
  scheduledTime: Temporal.Instant,
): Promise<void> {
  const runAt = scheduledTime.subtract({ minutes: LEAD_MINUTES });
  if (Temporal.Instant.compare(runAt, tx.now()) <= 0) return;
  await addJob(
    tx,
    'remind-of-schedule',
    { networkId: schedule.networkId, scheduleId: schedule.id },
    { key: `remind-of-schedule:${schedule.id}`, runAt },
  );
}
