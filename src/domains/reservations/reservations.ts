import { authorize, requireDriver, signedInDriver } from '../../auth/authorize.ts';
import type { ChargerCommandMap } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ChargerOfflineError,
  ChargerRejectedError,
  ConnectorUnavailableError,
  invalid,
  NotFoundError,
  UnavailableError,
} from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { lockFreeConnectorAt } from '../chargers/connector-at.ts';
import { db } from '../db.ts';
import { tokenOfDriver } from '../drivers/driver-token.ts';
import type { TokenType } from '../drivers/token.entity.ts';
import { requireRoomFor } from '../drivers/token-length.ts';
import { endReservation, lockReservation } from './end-reservation.ts';
import { remindOfReservationLater } from './remind-later.ts';
import type { Reservation } from './reservation.entity.ts';
import { emitReservation } from './reservation-events.ts';
import { ACTIVE_RESERVATIONS, advanceReservation } from './reservation-states.ts';

export interface NewReservation {
  readonly chargerId?: string | null;
  readonly connectorNumber?: number | null;
  readonly idTag?: string | null;
  readonly expiryMinutes?: number | null;
}

const DEFAULT_MINUTES = 15;
const MAX_MINUTES = 240;

type StationAnswer = ChargerCommandMap['reserve']['answer']['status'];

/** What the station's answer means to a driver. */
const REFUSALS: Record<Exclude<StationAnswer, 'Accepted'>, string> = {
  Faulted: 'The connector is out of order.',
  Occupied: 'The connector is in use.',
  Rejected: 'The station takes no reservations.',
  Unavailable: 'The connector is out of service.',
};

/**
 * Holds a connector for the driver. A refusal of the station is answered as a rejected reservation, its silence as a
 * pending one. Throws TokenInvalidError, ConnectorUnavailableError, ChargerOfflineError.
 */
export async function reserve(ctx: Context, input: NewReservation): Promise<string> {
  requireDriver(ctx, 'control');
  const chargerId = input.chargerId ?? invalid('chargerId', 'name the charger');
  const connectorNumber = input.connectorNumber ?? 1;
  const minutes = input.expiryMinutes ?? DEFAULT_MINUTES;
  if (input.idTag?.trim() === '') invalid('idTag', 'must not be empty');
  if (connectorNumber < 1) invalid('connectorNumber', 'counts from 1');
  if (!(minutes >= 1 && minutes <= MAX_MINUTES)) {
    invalid('expiryMinutes', `must lie between 1 and ${MAX_MINUTES}`);
  }
  const reservation = await hold(ctx, { chargerId, connectorNumber, minutes, idTag: input.idTag ?? null });
  try {
    const { status } = await ctx.chargers.ask(chargerId, 'reserve', {
      reservationNumber: reservation.number,
      connectorNumber,
      idTag: reservation.idTag,
      tokenType: reservation.tokenType,
      expiresAt: Temporal.Instant.from(reservation.expiresAt).toString(),
    });
    if (status === 'Accepted') await accept(ctx, reservation.id);
    else await endReservation(ctx, reservation.id, 'rejected', REFUSALS[status]);
  } catch (error) {
    if (error instanceof UnavailableError) return reservation.id;
    if (!(error instanceof ChargerOfflineError || error instanceof ChargerRejectedError)) throw error;
    await endReservation(ctx, reservation.id, 'rejected', error.message);
    if (error instanceof ChargerOfflineError) throw error;
  }
  return reservation.id;
}

interface Hold {
  readonly chargerId: string;
  readonly connectorNumber: number;
  readonly minutes: number;
  readonly idTag: string | null;
}

/** Takes the connector in our books; of those who try at once one succeeds. */
async function hold(ctx: Context, input: Hold): Promise<Reservation & { readonly tokenType: TokenType }> {
  const driver = requireDriver(ctx, 'control');
  try {
    return await inTransaction(ctx, async tx => {
      const connector = await freeConnector(tx, input);
      const token = await tokenOfDriver(tx, driver, input.idTag);
      requireRoomFor(connector.ocppVersion, token.uid);
      const now = tx.now();
      const expiresAt = now.add({ minutes: input.minutes }).round('second');
      const reservation = (await db(tx)
        .insertInto('reservations')
        .values({
          id: newId(),
          networkId: connector.networkId,
          chargerId: input.chargerId,
          connectorId: connector.id,
          connectorNumber: input.connectorNumber,
          driverId: driver.id,
          tokenId: token.id,
          idTag: token.uid,
          status: 'pending',
          statusReason: null,
          expiresAt: expiresAt.toString(),
          cancelledAt: null,
          createdAt: now.toString(),
          updatedAt: now.toString(),
        })
        .returningAll()
        .executeTakeFirstOrThrow()) as Reservation;
      await addJob(
        tx,
        'expire-reservation',
        { networkId: reservation.networkId, reservationId: reservation.id },
        { key: `expire-reservation:${reservation.id}`, runAt: expiresAt },
      );
      await remindOfReservationLater(tx, reservation, expiresAt);
      await emitReservation(tx, 'reservation.created', reservation);
      return { ...reservation, tokenType: token.type };
    });
  } catch (error) {
    if (violatedConstraint(error) === 'reservations_one_active_unique') {
      throw new ConnectorUnavailableError('The connector is reserved.');
    }
    throw error;
  }
}

async function freeConnector(tx: Context, input: Hold) {
  const connector = await lockFreeConnectorAt(tx, input);
  // one that is over, but whose timer has not fired yet, holds nobody up
  const over = await db(tx)
    .selectFrom('reservations')
    .select('id')
    .where('connectorId', '=', connector.id)
    .where('status', 'in', [...ACTIVE_RESERVATIONS])
    .where('expiresAt', '<=', tx.now().toString())
    .executeTakeFirst();
  if (over) await endReservation(tx, over.id, 'expired', 'Not used in time.');
  return connector;
}

async function accept(ctx: Context, id: string): Promise<void> {
  await inTransaction(ctx, async tx => {
    const reservation = await lockReservation(tx, id);
    if (reservation?.status !== 'pending') return;
    advanceReservation(reservation, 'accepted');
    await db(tx)
      .updateTable('reservations')
      .set({ status: 'accepted', updatedAt: tx.now().toString() })
      .where('id', '=', id)
      .execute();
    await emitReservation(tx, 'reservation.updated', reservation);
  });
}

/** Gives a reservation up, at the station too where it can be told. One that is over already stays as it is. */
export async function cancelReservation(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'control', 'either');
  const driver = signedInDriver(ctx.viewer);
  const reservation = await db(ctx)
    .selectFrom('reservations')
    .select(['id', 'number', 'chargerId', 'driverId'])
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, q => q.where('driverId', '=', driver!.id))
    .executeTakeFirst();
  if (!reservation) throw new NotFoundError('reservation');
  const ended = await endReservation(
    ctx,
    id,
    'cancelled',
    driver ? 'Cancelled by the driver.' : 'Cancelled by the operator.',
  );
  if (!ended) return id;
  try {
    await ctx.chargers.ask(reservation.chargerId, 'cancelReservation', {
      reservationNumber: reservation.number,
    });
  } catch (error) {
    if (
      !(
        error instanceof ChargerOfflineError ||
        error instanceof ChargerRejectedError ||
        error instanceof UnavailableError
      )
    ) {
      throw error;
    }
    // the station lets go of it by itself when it expires
    ctx.log.info({ reservationId: id, reason: error.message }, 'station not told of a cancelled reservation');
  }
  return id;
}
