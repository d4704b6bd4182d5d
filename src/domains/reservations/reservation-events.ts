import type { Context } from '../../kernel/context.ts';
import { emit } from '../../kernel/events.ts';
import type { Reservation } from './reservation.entity.ts';

/** Tells of a reservation as it stands now. */
export async function emitReservation(
  tx: Context,
  type: 'reservation.created' | 'reservation.updated',
  reservation: Reservation,
): Promise<void> {
  await emit(tx, {
    type,
    networkId: reservation.networkId,
    chargerId: reservation.chargerId,
    driverId: reservation.driverId,
    payload: {
      reservationId: reservation.id,
      chargerId: reservation.chargerId,
      connectorNumber: reservation.connectorNumber,
      userId: reservation.driverId,
      status: reservation.status,
      reason: reservation.statusReason ?? null,
      expiresAt: Temporal.Instant.from(reservation.expiresAt).toString(),
    },
  });
}
