import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import type { TransactionEvent } from './transaction-event.entity.ts';
import { missingSequenceNumbers } from './transaction-facts.ts';

/** The sequence numbers that lack, by session: of those that the caller has read, where some do. */
export async function missingEvents(
  ctx: Context,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, number[]>> {
  const rows = await db(ctx)
    .selectFrom('sessions as s')
    .innerJoin('transaction_events as e', join =>
      join.onRef('e.chargerId', '=', 's.chargerId').onRef('e.transactionId', '=', 's.stationTransactionId'),
    )
    .select(['s.id', 'e.seqNo', 'e.type'])
    .where('s.id', 'in', [...sessionIds])
    .where('s.networkId', 'in', [...ctx.scope.networkIds])
    .execute();
  const bySession = Map.groupBy(rows as Pick<TransactionEvent, 'id' | 'seqNo' | 'type'>[], row => row.id);
  return new Map([...bySession].map(([id, events]) => [id, missingSequenceNumbers(events)]));
}
