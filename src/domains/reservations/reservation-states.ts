import { ConflictError } from '../../kernel/errors.ts';

export const RESERVATION_STATUSES = [
  'pending',
  'accepted',
  'used',
  'rejected',
  'cancelled',
  'expired',
] as const;
export type ReservationStatus = (typeof RESERVATION_STATUSES)[number];

const ALLOWED: Record<ReservationStatus, readonly ReservationStatus[]> = {
  pending: ['accepted', 'used', 'rejected', 'cancelled', 'expired'],
  accepted: ['used', 'cancelled', 'expired'],
  used: [],
  rejected: [],
  cancelled: [],
  expired: [],
};

export const ACTIVE_RESERVATIONS = ['pending', 'accepted'] as const satisfies ReservationStatus[];

/** Takes the step, or throws a ConflictError. */
export function advanceReservation(
  reservation: { status: ReservationStatus },
  next: ReservationStatus,
): void {
  if (!ALLOWED[reservation.status].includes(next)) {
    throw new ConflictError(`A reservation that is ${reservation.status} cannot become ${next}.`);
  }
  reservation.status = next;
}
