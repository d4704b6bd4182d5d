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
    .forUpdate()
    .executeTakeFirst()) as Session | undefined;
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
    .forUpdate()
    .limit(2)
    .execute();
  return running.length === 1 ? (running[0] as Session) : undefined;
}
