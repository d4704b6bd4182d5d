import { signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { connectorOf, requireControl } from '../chargers/charger-access.ts';
import type { CommandResult } from '../chargers/remote-control.ts';
import { db } from '../db.ts';
import { type RateUnit, tenthsDown } from './electricity.ts';
import { profileIdOf } from './profile-stack.ts';
import type { Delivery } from './send-limit.ts';
import { followUp, tell } from './tell-connector.ts';

export interface LimitInput {
  readonly chargerId: string;
  /** 1 where left out. */
  readonly connectorNumber?: number | null;
  /** A where left out. */
  readonly unit?: RateUnit | null;
  readonly limit?: number | null;
}

export interface ClearLimitResult extends CommandResult {
  readonly connectorNumber: number;
  /** OCPP's id of the profile that carries the limit. */
  readonly profileId: number;
}

export interface SetLimitResult extends ClearLimitResult {
  readonly unit: RateUnit;
  /** As it was asked for. */
  readonly limit: number;
}

/** Far above every connector, far below what an integer holds. */
export const HIGHEST_LIMIT = 1_000_000;

/**
 * Limits a connector. The station is told the lower of this limit and the site's share. One that is not reached, or
 * does not answer, is told when it is back; where it refuses, what was asked for before stays. A limit above what the
 * connector can do binds nobody. A driver's limit ends with their charge. Throws NotFoundError, ValidationError.
 */
export async function setLimit(ctx: Context, input: LimitInput): Promise<SetLimitResult> {
  const charger = await requireControl(ctx, input.chargerId);
  const connectorNumber = input.connectorNumber ?? 1;
  const unit = input.unit ?? 'A';
  const limit = input.limit ?? invalid('limit', 'is missing');
  if (!(limit >= 0 && limit <= HIGHEST_LIMIT)) invalid('limit', `must be from 0 to ${HIGHEST_LIMIT}`);
  const connectorId = await connectorOf(ctx, charger.id, connectorNumber);
  const request = { unit, limit: tenthsDown(limit).toFixed(1) };
  const before = await storeRequest(ctx, charger, connectorId, request);
  const delivery = await tell(ctx, charger.id, connectorId);
  if (delivery.state === 'refused') await takeBack(ctx, connectorId, request, before);
  await followUp(ctx, charger.id, delivery);
  return { ...resultOf(charger.id, connectorNumber, delivery), unit, limit };
}

/**
 * Takes the limit back: the station is told the site's share where one binds, else to forget the profile. One that is
 * not reached is told when it is back. Throws NotFoundError, ValidationError.
 */
export async function clearLimit(
  ctx: Context,
  input: Pick<LimitInput, 'chargerId' | 'connectorNumber'>,
): Promise<ClearLimitResult> {
  const charger = await requireControl(ctx, input.chargerId);
  const connectorNumber = input.connectorNumber ?? 1;
  const connectorId = await connectorOf(ctx, charger.id, connectorNumber);
  await storeRequest(ctx, charger, connectorId, null);
  const delivery = await tell(ctx, charger.id, connectorId);
  await followUp(ctx, charger.id, delivery);
  return resultOf(charger.id, connectorNumber, delivery);
}

interface Request {
  readonly unit: RateUnit;
  /** Exact decimal, one digit after the point. */
  readonly limit: string;
}

interface StoredRequest {
  readonly requestedUnit: RateUnit | null;
  readonly requestedLimit: string | null;
  readonly requestedByDriverId: string | null;
}

const NO_REQUEST: StoredRequest = { requestedUnit: null, requestedLimit: null, requestedByDriverId: null };

/** Stores what is asked for, and answers what was before. */
async function storeRequest(
  ctx: Context,
  charger: { readonly id: string; readonly networkId: string },
  connectorId: string,
  request: Request | null,
): Promise<StoredRequest> {
  const row = request
    ? {
        requestedUnit: request.unit,
        requestedLimit: request.limit,
        requestedByDriverId: signedInDriver(ctx.viewer)?.id ?? null,
      }
    : NO_REQUEST;
  return inTransaction(ctx, async tx => {
    const before = await db(tx)
      .selectFrom('charging_limits')
      .select(['requestedUnit', 'requestedLimit', 'requestedByDriverId'])
      .where('connectorId', '=', connectorId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    await db(tx)
      .insertInto('charging_limits')
      .values({ connectorId, networkId: charger.networkId, chargerId: charger.id, ...row } as never)
      .onConflict(conflict => conflict.column('connectorId').doUpdateSet(row))
      .execute();
    return (before as StoredRequest | undefined) ?? NO_REQUEST;
  });
}

/** The station refused: what was asked for before it stays, unless somebody has asked for something else since. */
async function takeBack(
  ctx: Context,
  connectorId: string,
  request: Request,
  before: StoredRequest,
): Promise<void> {
  await inTransaction(ctx, tx =>
    db(tx)
      .updateTable('charging_limits')
      .set(before)
      .where('connectorId', '=', connectorId)
      .where('requestedUnit', '=', request.unit)
      .where('requestedLimit', '=', request.limit)
      .execute(),
  );
}

const resultOf = (
  chargerId: string,
  connectorNumber: number,
  { state, reason }: Delivery,
): ClearLimitResult => ({
  chargerId,
  connectorNumber,
  profileId: profileIdOf(connectorNumber),
  accepted: state === 'settled' && reason === null,
  reason,
  retryable: state === 'offline' || state === 'unanswered',
});
