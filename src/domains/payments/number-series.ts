import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';

export type Series = 'transaction' | 'invoice' | 'credit-note';

/** Draws the next number of a series. Whoever draws next waits until this transaction ends, so there are no gaps. */
export async function nextNumber(
  tx: Context,
  networkId: string,
  series: Series,
  year: number,
): Promise<number> {
  const { last } = await db(tx)
    .insertInto('number_series')
    .values({ networkId, series, year, last: 1 })
    .onConflict(conflict =>
      conflict
        .columns(['networkId', 'series', 'year'])
        .doUpdateSet({ last: sql<number>`number_series.last + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  return last;
}
