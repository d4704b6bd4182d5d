import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ChargerRejectedError,
  DomainError,
  NotFoundError,
  SessionNotActiveError,
} from '../../kernel/errors.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { Session } from './session.entity.ts';
import { advance, isRunning } from './session-states.ts';
import { giveUp } from './start-session.ts';
import { CANCELLED } from './started-after-cancel.ts';
import { tellUpdated } from './tell-session.ts';

/** How long the caller waits for the station's final meter value. */
const FINAL_VALUE_MS = 15_000;

/**
 * Asks the station to end a charge, waits for its final meter value, and answers the session as it is known then. A
 * pending session is cancelled, a completed one answered as it is. Throws NotFoundError, SessionNotActiveError for a
 * failed or expired one, ChargerOfflineError, ChargerRejectedError, UnavailableError.
 */
export async function stopSession(ctx: Context, sessionId: string): Promise<string> {
  authorize(ctx.viewer, 'control', 'either');
  if (await giveUp(ctx, sessionId, 'failed', CANCELLED)) return sessionId;
  // before it is looked at: a stop that comes in between is not missed
  const ended = ctx.hub.subscribe(
    event =>
      event.sessionId === sessionId.toLowerCase() &&
      (event.type === 'session.completed' || event.type === 'session.failed'),
  );
  try {
    const session = await find(ctx, sessionId);
    if (session.status === 'completed') return session.id;
    if (session.status === 'failed' || session.status === 'expired') {
      throw new SessionNotActiveError(`The session has ${session.status}.`);
    }
    const isAccepted = await ctx.chargers
      .ask(session.chargerId, 'remoteStop', {
        transactionId: session.stationTransactionId ?? String(session.transactionNumber),
      })
      .then(
        ({ status }) => status === 'Accepted',
        error => {
          if (error instanceof ChargerRejectedError) return false;
          throw error;
        },
      );
    if (!isAccepted) {
      // it may have stopped by itself meanwhile: what it said before it refused has been heard by now
      const { status: now } = await find(ctx, sessionId);
      if (now === 'completed' || now === 'failed') return session.id;
      throw new ChargerRejectedError('The station refused to stop the charge.');
    }
    await markStopping(ctx, session.id);
    const timer = setTimeout(() => ended.end(), FINAL_VALUE_MS);
    await ended.next();
    clearTimeout(timer);
    return session.id;
  } finally {
    ended.end();
  }
}

async function find(ctx: Context, sessionId: string) {
  const driver = signedInDriver(ctx.viewer);
  const session = await db(ctx)
    .selectFrom('sessions')
    .select(['id', 'status', 'chargerId', 'transactionNumber', 'stationTransactionId'])
    .where('id', '=', sessionId)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, q => q.where('driverId', '=', driver!.id))
    .executeTakeFirst();
  if (!session) throw new NotFoundError('session');
  return session;
}

/** Accepted is not yet stopped; the StopTransaction may have come already. */
async function markStopping(ctx: Context, sessionId: string): Promise<void> {
  await inTransaction(ctx, async tx => {
    const session = (await db(tx)
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', sessionId)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()) as Session;
    if (!isRunning(session.status) || session.status === 'stopping') return;
    advance(session, 'stopping');
    await db(tx).updateTable('sessions').set({ status: 'stopping' }).where('id', '=', sessionId).execute();
    const charger = await db(tx)
      .selectFrom('chargers')
      .select('uid')
      .where('id', '=', session.chargerId)
      .executeTakeFirstOrThrow();
    await tellUpdated(tx, session, charger.uid);
  });
}

/** Job: asks the station to end what was taken back before it began. Once: a stop is never sent again by us. */
export async function stopCancelled(ctx: Context, payload: { readonly sessionId: string }): Promise<void> {
  try {
    await stopSession(ctx, payload.sessionId);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    ctx.log.warn({ sessionId: payload.sessionId, code: error.code }, 'cancelled charge not stopped');
  }
}
