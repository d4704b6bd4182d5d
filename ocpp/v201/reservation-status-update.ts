import { stationEndedReservation } from '../../src/domains/reservations/end-reservation.ts';
import type { StationHandler } from '../handler.ts';
import { int32 } from '../int32.ts';
import type { ReservationStatusUpdate } from './messages.ts';

const ENDS = { Expired: 'expired', Removed: 'cancelled' } as const;

export const reservationStatusUpdate: StationHandler<ReservationStatusUpdate> = async (
  ctx,
  station,
  { reservationId, reservationUpdateStatus },
) => {
  const number = int32(reservationId);
  if (number !== null) await stationEndedReservation(ctx, station, number, ENDS[reservationUpdateStatus]);
  return {};
};
