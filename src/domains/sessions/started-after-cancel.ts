import type { Context } from '../../kernel/context.ts';
import { addJob } from '../../kernel/jobs.ts';
import { db } from '../db.ts';
import type { Session } from './session.entity.ts';

/** Why a session has failed that its driver, or an operator, took back before the station began. */
export const CANCELLED = 'Cancelled before the charge began.';

/** The station began what had been taken back while it waited for the plug. */
export const STARTED_AFTER_CANCEL = 'started_after_cancel';

/** Flags the charge; where `stopInSeconds` is given, its station is asked to end it then, once. */
export async function startedAfterCancel(
  tx: Context,
  session: Session,
  stopInSeconds: number | null,
): Promise<void> {
  session.flags = [...session.flags, STARTED_AFTER_CANCEL];
  await db(tx).updateTable('sessions').set({ flags: session.flags }).where('id', '=', session.id).execute();
  if (stopInSeconds === null) return;
  await addJob(
    tx,
    'stop-cancelled',
    { networkId: session.networkId, sessionId: session.id },
    { runAt: tx.now().add({ seconds: stopInSeconds }) },
  );
}

/**
 * An OCPP 2.0.1 station says which remote start it answers: where that was taken back before, it is asked at once to end
 * the charge. It knows the transaction, for it has named it.
 */
export async function stopIfCancelled(
  tx: Context,
  session: Session,
  remoteStartNumber: number | null,
  isOver: boolean,
): Promise<void> {
  if (remoteStartNumber === null || session.flags.includes(STARTED_AFTER_CANCEL)) return;
  const cancelled = await db(tx)
    .selectFrom('sessions')
    .select('id')
    .where('chargerId', '=', session.chargerId)
    .where('remoteStartNumber', '=', remoteStartNumber)
    .where('status', '=', 'failed')
    .where('failureReason', '=', CANCELLED)
    .executeTakeFirst();
  if (cancelled) await startedAfterCancel(tx, session, isOver ? null : 0);
}
