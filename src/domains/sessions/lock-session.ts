import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import type { Session } from './session.entity.ts';
import { RUNNING_STATUSES } from './session-states.ts';

/** The station's session under this transaction id, locked until the transaction ends. */
export async function lockByTransactionNumber(
  tx: Context,
  chargerId: string,
  transactionNumber: number,
): Promise<Session | undefined> {
  return (await db(tx)
    .selectFrom('sessions')
    .selectAll()
    .where('chargerId', '=', chargerId)
    .where('transactionNumber', '=', transactionNumber)
    .forNoKeyUpdate()
    .executeTakeFirst()) as Session | undefined;
}

/**
 * Holds a transaction of an OCPP 2.0.1 station until the database transaction ends: over however many sockets its
 * messages come, one at a time is taken in. To be called before any row is locked.
 */
export async function lockTransaction(tx: Context, chargerId: string, transactionId: string): Promise<void> {
  const key = `${chargerId} ${transactionId}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(tx.em.getKysely());
}

/** The session that an OCPP 2.0.1 station knows under this transaction id, locked. */
export async function lockByStationTransaction(
  tx: Context,
  chargerId: string,
  transactionId: string,
): Promise<Session | undefined> {
  return (await db(tx)
    .selectFrom('sessions')
    .selectAll()
    .where('chargerId', '=', chargerId)
    .where('stationTransactionId', '=', transactionId)
    .forNoKeyUpdate()
    .executeTakeFirst()) as Session | undefined;
}

/** Whether a charge runs on the connector now, as far as is committed. */
export async function runsOn(tx: Context, chargerId: string, connectorNumber: number): Promise<boolean> {
  const running = await db(tx)
    .selectFrom('sessions')
    .select('id')
    .where('chargerId', '=', chargerId)
    .where('connectorNumber', '=', connectorNumber)
    .where('status', 'in', [...RUNNING_STATUSES])
    .limit(1)
    .executeTakeFirst();
  return running !== undefined;
}

/** The one session that runs on the connector, locked; undefined where there is none, or a doubt. */
export async function lockRunningOn(
  tx: Context,
  chargerId: string,
  connectorNumber: number,
): Promise<Session | undefined> {
  const running = await db(tx)
    .selectFrom('sessions')
    .selectAll()
    .where('chargerId', '=', chargerId)
    .where('connectorNumber', '=', connectorNumber)
    .where('status', 'in', [...RUNNING_STATUSES])
    .orderBy('id')
    .forNoKeyUpdate()
    .limit(2)
    .execute();
  return running.length === 1 ? (running[0] as Session) : undefined;
}
