import { setTimeout } from 'node:timers/promises';
import { signedInDriver } from '../../auth/authorize.ts';
import type { CompositeSchedule } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, invalid, UnavailableError } from '../../kernel/errors.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { requireControl } from '../chargers/charger-access.ts';
import type { CommandResult } from '../chargers/remote-control.ts';
import { db } from '../db.ts';
import { AGAIN_AFTER_SECONDS, balanceLater, sendLimitsLater } from './balance-later.ts';
import { type RateUnit, tenthsDown } from './electricity.ts';
import { within } from './plan-round.ts';
import { type Attempt, beginAttempt, type Delivery, deliver, profileIdOf, REASONS } from './send-limit.ts';
import { commandFor, heldW, isOnItsWay, isUnbounded, lockSite, sharesOf, siteOf } from './site.ts';

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

export interface CompositeScheduleResult extends CommandResult {
  readonly connectorNumber: number;
  readonly unit: RateUnit;
  /** As the station gave it, in OCPP 1.6's shape. */
  readonly schedule: CompositeSchedule | null;
}

/** Far above every connector, far below what an integer holds. */
const HIGHEST_LIMIT = 1_000_000;
/** How far ahead a composite schedule looks. */
const SCHEDULE_SECONDS = 24 * 3600;
/** How long a caller waits for the connector while another command is on its way to it. */
const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 50;

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

/** What the station makes of all its profiles, for a day from now. Throws NotFoundError, ValidationError. */
export async function getCompositeSchedule(
  ctx: Context,
  input: Pick<LimitInput, 'chargerId' | 'connectorNumber' | 'unit'>,
): Promise<CompositeScheduleResult> {
  const charger = await requireControl(ctx, input.chargerId, 'read');
  const connectorNumber = input.connectorNumber ?? 1;
  const unit = input.unit ?? 'A';
  await connectorOf(ctx, charger.id, connectorNumber);
  const result = { chargerId: charger.id, connectorNumber, unit };
  const failed = (reason: string, retryable: boolean) => ({
    ...result,
    accepted: false,
    reason,
    retryable,
    schedule: null,
  });
  try {
    const { status, schedule } = await ctx.chargers.ask(charger.id, 'compositeSchedule', {
      connectorNumber,
      unit,
      durationSeconds: SCHEDULE_SECONDS,
    });
    if (status === 'Rejected') return failed(REASONS.refused, false);
    return { ...result, accepted: true, reason: null, retryable: false, schedule };
  } catch (error) {
    if (error instanceof ChargerRejectedError) return failed(REASONS.refused, false);
    if (error instanceof ChargerOfflineError) return failed(REASONS.offline, true);
    if (error instanceof UnavailableError) return failed(REASONS.unanswered, true);
    throw error;
  }
}

async function connectorOf(ctx: Context, chargerId: string, number: number): Promise<string> {
  const connector = await db(ctx)
    .selectFrom('connectors')
    .select('id')
    .where('chargerId', '=', chargerId)
    .where('number', '=', number)
    .executeTakeFirst();
  return connector?.id ?? invalid('connectorNumber', `the charger has no connector ${number}`);
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
      .forUpdate()
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

/** Tells the station what its connector is held to from now on. */
async function tell(ctx: Context, chargerId: string, connectorId: string): Promise<Delivery> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const begun = await inTransaction(ctx, tx => begin(tx, chargerId, connectorId));
    if (begun === 'offline') return { state: 'offline', reason: REASONS.offline };
    if (begun !== 'busy') return deliver(ctx, begun);
    if (performance.now() > deadline) {
      return { state: 'unanswered', reason: 'The charger has not answered the command before this one.' };
    }
    await setTimeout(LOOK_AGAIN_MS);
  }
}

/** Notes what the station is told now: no more than the others leave at the moment. The rest is the job's. */
async function begin(
  tx: Context,
  chargerId: string,
  connectorId: string,
): Promise<Attempt | 'offline' | 'busy'> {
  const site = await lockSite(tx, await siteOf(tx, chargerId));
  const connector = site?.connectors.find(({ id }) => id === connectorId);
  if (!site || !connector?.isConnected) return 'offline';
  const nowMs = tx.now().epochMilliseconds;
  if (isOnItsWay(connector, nowMs)) return 'busy';
  const nobody = new Set<string>();
  const shareW = sharesOf(site, nobody).get(connector.id) ?? null;
  const command = commandFor(connector, shareW);
  if (site.ceilingW === null || shareW === null) return beginAttempt(tx, connector, command);
  const others = site.connectors.filter(({ id, sessionId }) => sessionId !== null && id !== connector.id);
  const leftW = site.ceilingW - others.reduce((sum, other) => sum + heldW(other, nobody, nowMs), 0);
  const ownW = isUnbounded(connector) ? 0 : heldW(connector, nobody, nowMs);
  return beginAttempt(tx, connector, within(connector, command, Math.max(leftW, ownW)));
}

/** The site's power is shared anew; a station that did not answer is asked again after a while. */
async function followUp(ctx: Context, chargerId: string, { state }: Delivery): Promise<void> {
  await inTransaction(ctx, async tx => {
    await balanceLater(tx, chargerId);
    if (state === 'unanswered') await sendLimitsLater(tx, chargerId, AGAIN_AFTER_SECONDS);
  });
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
