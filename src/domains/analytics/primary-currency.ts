import { primaryNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';

/** That of the caller's primary network (ISO 4217): figures over several networks count what is in it, and no more. */
export async function primaryCurrency(ctx: Context): Promise<string> {
  const { currency } = await db(ctx)
    .selectFrom('networks')
    .select('currency')
    .where('id', '=', primaryNetwork(ctx))
    .executeTakeFirstOrThrow();
  return currency;
}
