import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import type { Token } from '../drivers/token.entity.ts';
import { endReservation, reservationOf } from './end-reservation.ts';
import { ACTIVE_RESERVATIONS } from './reservation-states.ts';

/** Whom a connector is held for; the token, or another one of its group, may charge there. */
export async function activeReservation(
  tx: Context,
  connectorId: string,
): Promise<{ id: string; number: number; tokenId: string; groupUid: string | null } | undefined> {
  return db(tx)
    .selectFrom('reservations as r')
    .innerJoin('tokens as t', 't.id', 'r.tokenId')
    .select(['r.id', 'r.number', 'r.tokenId', 't.groupUid'])
    .where('r.connectorId', '=', connectorId)
    .where('r.status', 'in', [...ACTIVE_RESERVATIONS])
    .where('r.expiresAt', '>', sql<string>`${tx.now().toString()}`)
    .executeTakeFirst();
}

export const mayUse = (
  reservation: { readonly tokenId: string; readonly groupUid: string | null },
  token: Pick<Token, 'id' | 'groupUid'>,
): boolean =>
  reservation.tokenId === token.id ||
  (reservation.groupUid !== null && reservation.groupUid === (token.groupUid ?? null));

/** A session has begun that names its reservation. Answers its number. */
export async function useReservationNumber(
  tx: Context,
  station: Station,
  number: number,
): Promise<number | null> {
  const id = await reservationOf(tx, station, number);
  return id && (await endReservation(tx, id, 'used', 'Used by a session')) ? number : null;
}

/** A session has begun on the connector: a reservation that its token may use is used up. Answers its number. */
export async function useReservation(
  tx: Context,
  connectorId: string,
  token: Pick<Token, 'id' | 'groupUid'>,
): Promise<number | null> {
  const reservation = await activeReservation(tx, connectorId);
  if (!reservation || !mayUse(reservation, token)) return null;
  return (await endReservation(tx, reservation.id, 'used', 'Used by a session')) ? reservation.number : null;
}
