import type { Context } from '../../kernel/context.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import type { Reservation } from './reservation.entity.ts';
import { emitReservation } from './reservation-events.ts';
import { ACTIVE_RESERVATIONS, advanceReservation, type ReservationStatus } from './reservation-states.ts';

export async function lockReservation(tx: Context, id: string): Promise<Reservation | undefined> {
  return (await db(tx)
    .selectFrom('reservations')
    .selectAll()
    .where('id', '=', id)
    .where('networkId', 'in', [...tx.scope.networkIds])
    .forNoKeyUpdate()
    .executeTakeFirst()) as Reservation | undefined;
}

/** Ends a reservation that is active; answers false where it is not. */
export async function endReservation(
  ctx: Context,
  id: string,
  status: Exclude<ReservationStatus, 'pending' | 'accepted'>,
  reason: string,
): Promise<boolean> {
  return inTransaction(ctx, async tx => {
    const reservation = await lockReservation(tx, id);
    if (!reservation || !(ACTIVE_RESERVATIONS as readonly string[]).includes(reservation.status))
      return false;
    // a station that had accepted does not refuse any more
    if (status === 'rejected' && reservation.status !== 'pending') return false;
    advanceReservation(reservation, status);
    const end = {
      status,
      statusReason: reason,
      updatedAt: tx.now().toString(),
      ...(status === 'cancelled' && { cancelledAt: tx.now().toString() }),
    };
    Object.assign(reservation, end);
    await db(tx).updateTable('reservations').set(end).where('id', '=', id).execute();
    await emitReservation(tx, 'reservation.updated', reservation);
    return true;
  });
}

/**
 * The station says that it holds a reservation no more (OCPP 2.0.1); false where it has none by this number that is
 * active.
 */
export async function stationEndedReservation(
  ctx: Context,
  station: Station,
  number: number,
  status: 'expired' | 'cancelled',
): Promise<boolean> {
  const reason = status === 'expired' ? 'Not used in time.' : 'Removed by the station.';
  const id = await reservationOf(ctx, station, number);
  return id !== undefined && (await endReservation(ctx, id, status, reason));
}

/** The station's reservation by the number that it knows. */
export async function reservationOf(
  ctx: Context,
  station: Station,
  number: number,
): Promise<string | undefined> {
  const reservation = await db(ctx)
    .selectFrom('reservations')
    .select('id')
    .where('chargerId', '=', station.id)
    .where('number', '=', number)
    .executeTakeFirst();
  return reservation?.id;
}

/** Job: a station that knows OCPP 1.6 does not tell when a reservation is over. */
export async function expireReservation(
  ctx: Context,
  { reservationId }: { readonly reservationId: string },
): Promise<void> {
  await endReservation(ctx, reservationId, 'expired', 'Not used in time.');
}

/** A connector that is out of order or out of service is held for nobody. */
export async function endReservationsOn(tx: Context, connectorId: string, reason: string): Promise<void> {
  const active = await db(tx)
    .selectFrom('reservations')
    .select('id')
    .where('connectorId', '=', connectorId)
    .where('status', 'in', [...ACTIVE_RESERVATIONS])
    .execute();
  for (const { id } of active) await endReservation(tx, id, 'cancelled', reason);
}
