import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, UnavailableError } from '../../kernel/errors.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { stationById } from '../chargers/station.ts';
import { db } from '../db.ts';
import { lockTransaction } from './lock-session.ts';
import { rebuildSession } from './rebuild-session.ts';
import { isRunning, RUNNING_STATUSES } from './session-states.ts';

/** A station that has just connected sends what it kept first. */
const AFTER_CONNECT_SECONDS = 60;

/** The station was away: charges that run for all we know may have ended meanwhile (OCPP 2.0.1). */
export async function checkTransactionsLater(
  tx: Context,
  charger: { readonly id: string; readonly networkId: string },
): Promise<void> {
  const running = await runningOf(tx, charger.id);
  if (running.length === 0) return;
  await addJob(
    tx,
    'check-transactions',
    { networkId: charger.networkId, chargerId: charger.id },
    {
      key: `check-transactions:${charger.id}`,
      runAt: tx.now().add({ seconds: AFTER_CONNECT_SECONDS }),
    },
  );
}

/**
 * Job: asks the station about each charge that it has not told the end of. One that goes on no more, and of which
 * nothing is still to come, ends with what is known of it; while messages are queued it stays open (OCPP line 36).
 */
export async function checkTransactions(
  ctx: Context,
  { chargerId }: { readonly networkId: string; readonly chargerId: string },
): Promise<void> {
  for (const transactionId of await runningOf(ctx, chargerId)) {
    try {
      const status = await ctx.chargers.ask(chargerId, 'transactionStatus', { transactionId });
      if (status.isOngoing === false && !status.hasMessages) await close(ctx, chargerId, transactionId);
    } catch (error) {
      if (error instanceof ChargerRejectedError) continue;
      // it is asked when it connects again
      if (error instanceof ChargerOfflineError || error instanceof UnavailableError) return;
      throw error;
    }
  }
}

async function close(ctx: Context, chargerId: string, transactionId: string): Promise<void> {
  await inTransaction(ctx, async tx => {
    await lockTransaction(tx, chargerId, transactionId);
    const session = await db(tx)
      .selectFrom('sessions')
      .select('status')
      .where('chargerId', '=', chargerId)
      .where('stationTransactionId', '=', transactionId)
      .executeTakeFirst();
    if (!session || !isRunning(session.status)) return;
    const station = await stationById(tx, chargerId);
    await rebuildSession(tx, station, { transactionId, type: 'Ended', isOffline: false }, [], true);
  });
}

async function runningOf(ctx: Context, chargerId: string): Promise<string[]> {
  const sessions = await db(ctx)
    .selectFrom('sessions')
    .select(sql<string>`station_transaction_id`.as('transactionId'))
    .where('chargerId', '=', chargerId)
    .where('stationTransactionId', 'is not', null)
    .where('status', 'in', [...RUNNING_STATUSES])
    .execute();
  return sessions.map(({ transactionId }) => transactionId);
}
