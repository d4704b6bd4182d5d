import { randomUUID } from 'node:crypto';
import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { StationProfile } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ChargerOfflineError,
  ChargerRejectedError,
  ConnectorUnavailableError,
  DomainError,
  invalid,
  TokenInvalidError,
} from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import type { ConnectorStatus } from '../chargers/connector.entity.ts';
import { type ConnectorAt, lockFreeConnectorAt } from '../chargers/connector-at.ts';
import { db } from '../db.ts';
import { authorizeToken } from '../drivers/authorize-token.ts';
import type { Token, TokenType } from '../drivers/token.entity.ts';
import { requireRoomFor } from '../drivers/token-length.ts';
import { holdFor, openPayment, settleLater } from '../payments/session-payment.ts';
import { activeReservation, mayUse } from '../reservations/use-reservation.ts';
import { balanceLater } from '../smart-charging/balance-later.ts';
import type { ScheduleInput } from '../smart-charging/profile-input.ts';
import { profileForStart, profileOfStart } from '../smart-charging/profile-of-start.ts';
import { tariffAt } from '../tariffs/tariff-at.ts';
import { termsOf } from '../tariffs/tariff-terms.ts';
import { nextStationNumber } from './begin-session.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { advance } from './session-states.ts';

export interface StartInput {
  readonly chargerId: string;
  readonly connectorNumber?: number | null;
  readonly idTag: string;
  /** The schedule that starts it: the session's correlation id. For the product itself. */
  readonly schedule?: string;
  /** How fast it may charge: a Tx profile that goes with the start. For operators. */
  readonly chargingProfile?: ScheduleInput | null;
}

/** How long a driver has to plug in. */
const PENDING_SECONDS = 300;

const STARTABLE = new Set<ConnectorStatus>(['AVAILABLE', 'PREPARING', 'FINISHING']);

/**
 * Asks a station to start a charge, and answers the pending session once the station has accepted. Throws
 * TokenInvalidError, ConnectorUnavailableError, ChargerOfflineError, ChargerRejectedError; PaymentFailedError,
 * AuthenticationRequiredError or StripeError where the money is not held; UnavailableError where
 * the station did not answer: the session stays pending then, until it expires or the station begins it.
 */
export async function startSession(ctx: Context, input: StartInput): Promise<string> {
  authorize(ctx.viewer, 'control', input.chargingProfile ? 'operator' : 'either');
  const connectorNumber = input.connectorNumber ?? 1;
  if (connectorNumber < 1) invalid('connectorNumber', 'counts from 1');
  if (input.idTag.trim() === '') invalid('idTag', 'must not be empty');
  const session = await openPending(ctx, { ...input, connectorNumber });
  await payUpFront(ctx, session);
  try {
    const { status } = await ctx.chargers.ask(session.chargerId, 'remoteStart', {
      connectorNumber,
      idTag: session.idTag,
      tokenType: session.tokenType,
      remoteStartNumber: session.remoteStartNumber!,
      sessionId: session.id,
      profile: session.profile,
    });
    if (session.profile) {
      await profileOfStart(ctx, session.id, status === 'Accepted' ? 'accepted' : 'rejected');
    }
    if (status === 'Rejected') throw new ChargerRejectedError('The station refused to start the charge.');
  } catch (error) {
    if (error instanceof ChargerOfflineError || error instanceof ChargerRejectedError) {
      await giveUp(ctx, session.id, 'failed', error.message);
    }
    throw error;
  }
  return session.id;
}

/** Holds the money; where that is refused, or nobody knows, the station is not asked at all. */
async function payUpFront(ctx: Context, session: Session): Promise<void> {
  try {
    await holdFor(ctx, session);
  } catch (error) {
    const reason = error instanceof DomainError ? error.message : 'The payment could not be held.';
    await giveUp(ctx, session.id, 'failed', reason);
    throw error;
  }
}

async function openPending(
  ctx: Context,
  input: StartInput & { connectorNumber: number },
): Promise<Session & { readonly tokenType: TokenType; readonly profile: StationProfile | null }> {
  try {
    return await inTransaction(ctx, async tx => {
      const connector = await lockFreeConnectorAt(tx, input);
      const now = tx.now();
      const { status, token } = await authorizeToken(tx, connector.networkId, input.idTag, now.toString());
      const driver = signedInDriver(tx.viewer);
      if (status !== 'Accepted' || !token || (driver && token.driverId !== driver.id)) {
        throw new TokenInvalidError(`The token "${input.idTag}" is not valid here.`);
      }
      requireRoomFor(connector.ocppVersion, token.uid);
      await requireStartable(tx, connector, token);
      const expiresAt = now.add({ seconds: PENDING_SECONDS });
      const session = (await db(tx)
        .insertInto('sessions')
        .values({
          id: newId(),
          networkId: connector.networkId,
          chargerId: input.chargerId,
          connectorId: connector.id,
          connectorNumber: input.connectorNumber,
          locationId: connector.locationId,
          driverId: token.driverId,
          tokenId: token.id,
          idTag: token.uid,
          status: 'pending',
          authMethod: input.schedule ? 'SCHEDULE' : signedInDriver(tx.viewer) ? 'APP' : 'REMOTE',
          correlationId: input.schedule ?? randomUUID(),
          remoteStartNumber: await nextStationNumber(tx),
          startTime: now.toString(),
          expiresAt: expiresAt.toString(),
        } as never)
        .returningAll()
        .executeTakeFirstOrThrow()) as Session;
      await addJob(
        tx,
        'expire-session',
        { networkId: session.networkId, sessionId: session.id },
        { key: `expire-session:${session.id}`, runAt: expiresAt },
      );
      const tariff = await tariffAt(
        tx,
        {
          networkId: connector.networkId,
          locationId: connector.locationId,
          chargerId: input.chargerId,
          connectorId: connector.id,
        },
        now.toString(),
      );
      await openPayment(tx, session, tariff && termsOf(tariff));
      await emitSession(tx, 'session.pending', session, connector.chargerUid);
      const profile = input.chargingProfile
        ? await profileForStart(tx, session, input.chargingProfile)
        : null;
      return { ...session, tokenType: token.type, profile };
    });
  } catch (error) {
    if (violatedConstraint(error) === 'sessions_one_pending_unique') {
      throw new ConnectorUnavailableError('Another charge is about to start on this connector.');
    }
    throw error;
  }
}

/** Whether the token may start a charge there now. Throws ConnectorUnavailableError. */
async function requireStartable(
  tx: Context,
  connector: Pick<ConnectorAt, 'id' | 'status'>,
  token: Pick<Token, 'id' | 'groupUid'>,
): Promise<void> {
  const reservation = await activeReservation(tx, connector.id);
  if (reservation && !mayUse(reservation, token)) {
    throw new ConnectorUnavailableError('The connector is reserved for somebody else.');
  }
  const isHeld = connector.status === 'RESERVED' && reservation !== undefined;
  if (!STARTABLE.has(connector.status) && !isHeld) {
    throw new ConnectorUnavailableError(`The connector is ${connector.status}.`);
  }
}

/** Ends a session that is pending and will not begin; answers false where it is not, or not to the caller. */
export async function giveUp(
  ctx: Context,
  sessionId: string,
  status: 'failed' | 'expired',
  reason: string,
): Promise<boolean> {
  const driver = signedInDriver(ctx.viewer);
  return inTransaction(ctx, async tx => {
    const session = (await db(tx)
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', sessionId)
      .where('networkId', 'in', [...tx.scope.networkIds])
      .$if(driver !== null, q => q.where('driverId', '=', driver!.id))
      .forNoKeyUpdate()
      .executeTakeFirst()) as Session | undefined;
    if (session?.status !== 'pending') return false;
    advance(session, status);
    const end = {
      status,
      failureReason: reason,
      endTime: tx.now().toString(),
      updatedAt: tx.now().toString(),
    };
    Object.assign(session, end);
    await db(tx).updateTable('sessions').set(end).where('id', '=', sessionId).execute();
    const charger = await db(tx)
      .selectFrom('chargers')
      .select('uid')
      .where('id', '=', session.chargerId)
      .executeTakeFirstOrThrow();
    await emitSession(tx, 'session.failed', session, charger.uid);
    await settleLater(tx, session);
    await balanceLater(tx, session.chargerId);
    return true;
  });
}

/** Job: a driver who has not plugged in by now will not. */
export async function expireSession(ctx: Context, payload: { readonly sessionId: string }): Promise<void> {
  await giveUp(ctx, payload.sessionId, 'expired', 'Not plugged in within 5 minutes.');
}
