import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { isRunning } from './session-states.ts';

/** A session is told of at most so often while it changes. */
const EVERY_MS = 1_000;

/** Whether a change of the session may be told of at once; otherwise `tellLater`. */
export const mayTell = (tx: Context, session: Session): boolean =>
  session.toldAt == null || tx.now().epochMilliseconds - epochMs(session.toldAt) >= EVERY_MS;

/** Tells of a locked session that has changed: at once, or with all that changes until then when a second is over. */
export async function tellUpdated(tx: Context, session: Session, chargerUid: string): Promise<void> {
  if (!mayTell(tx, session)) return tellLater(tx, session);
  await db(tx)
    .updateTable('sessions')
    .set({ toldAt: tx.now().toString() })
    .where('id', '=', session.id)
    .execute();
  await emitSession(tx, 'session.updated', session, chargerUid);
}

export async function tellLater(tx: Context, { id, networkId, toldAt }: Session): Promise<void> {
  const runAt = Temporal.Instant.fromEpochMilliseconds(epochMs(toldAt!) + EVERY_MS);
  await addJob(tx, 'tell-session', { networkId, sessionId: id }, { runAt, key: `tell-session:${id}` });
}

/** Tells of what has changed since; of a session that has ended everything has been told. */
export async function tellSession(ctx: Context, payload: { readonly sessionId: string }): Promise<void> {
  await inTransaction(ctx, async tx => {
    const session = (await db(tx)
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', payload.sessionId)
      .forNoKeyUpdate()
      .executeTakeFirst()) as Session | undefined;
    if (!session || !isRunning(session.status)) return;
    const { uid } = await db(tx)
      .selectFrom('chargers')
      .select('uid')
      .where('id', '=', session.chargerId)
      .executeTakeFirstOrThrow();
    await tellUpdated(tx, session, uid);
  });
}
