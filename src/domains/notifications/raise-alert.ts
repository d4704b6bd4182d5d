import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { emit } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { db } from '../db.ts';
import type { Alert, AlertType } from './alert.entity.ts';

export interface NewAlert extends Pick<Alert, 'networkId' | 'type' | 'message'> {
  readonly id?: string;
  /** What it is about; null where each alert stands for itself. */
  readonly subject: string | null;
  readonly locationId: string | null;
  readonly chargerId: string | null;
}

/**
 * Tells the operators of a network of something that they should look at, in the running transaction. While one of its
 * type about its subject is open, that one counts it, and nobody is told again.
 */
export async function raiseAlert(tx: Context, { id = newId(), ...alert }: NewAlert): Promise<void> {
  const now = tx.now();
  const { id: alertId, occurrences } = await db(tx)
    .insertInto('alerts')
    .values({
      id,
      ...alert,
      occurrences: 1,
      createdAt: now.toString(),
      lastOccurredAt: null,
      resolvedAt: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
      mailedAt: null,
    })
    .onConflict(conflict =>
      conflict.columns(['networkId', 'type', 'subject']).where('acknowledgedAt', 'is', null).doUpdateSet({
        message: alert.message,
        occurrences: sql<number>`alerts.occurrences + 1`,
        lastOccurredAt: now.toString(),
        resolvedAt: null,
      }),
    )
    .returning(['id', 'occurrences'])
    .executeTakeFirstOrThrow();
  if (occurrences > 1) return;
  const { networkId, type, message, locationId, chargerId } = alert;
  await emit(tx, {
    type: 'alert.raised',
    networkId,
    chargerId,
    payload: { alertId, type, message, locationId, chargerId },
  });
  await mailSoon(tx, networkId);
}

/** What an alert says is over: it stays open until somebody has looked at it. */
export async function resolveAlert(
  tx: Context,
  networkId: string,
  type: AlertType,
  subject: string,
): Promise<void> {
  await db(tx)
    .updateTable('alerts')
    .set({ resolvedAt: tx.now().toString() })
    .where('networkId', '=', networkId)
    .where('type', '=', type)
    .where('subject', '=', subject)
    .where('acknowledgedAt', 'is', null)
    .where('resolvedAt', 'is', null)
    .execute();
}

/** One mail a minute, with all that was raised in it. */
async function mailSoon(tx: Context, networkId: string): Promise<void> {
  const network = await db(tx)
    .selectFrom('networks')
    .select('alertEmail')
    .where('id', '=', networkId)
    .executeTakeFirst();
  if (!network?.alertEmail) return;
  const nextMinute = tx.now().round({ smallestUnit: 'minute', roundingMode: 'ceil' });
  await addJob(
    tx,
    'mail-alerts',
    { networkId },
    { key: `mail-alerts:${networkId}:${nextMinute.epochMilliseconds}`, runAt: nextMinute },
  );
}
