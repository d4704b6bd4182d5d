import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { KeyScope } from '../../auth/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { db } from '../db.ts';

/** A charger in its operator's hands. */
export interface OperatedCharger {
  readonly id: string;
  readonly networkId: string;
  readonly uid: string;
  /** Of its last boot; null before the first. */
  readonly ocppVersion: string | null;
}

/**
 * The charger, for operators alone: `control` for what is asked of the station, `read` for what is kept of it. Throws
 * NotFoundError for one of another network.
 */
export async function requireOperated(
  ctx: Context,
  chargerId: string,
  scope: KeyScope,
): Promise<OperatedCharger> {
  authorize(ctx.viewer, scope, 'operator');
  const charger = await db(ctx)
    .selectFrom('chargers')
    .select(['id', 'networkId', 'uid', 'ocppVersion'])
    .where('id', '=', chargerId)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .executeTakeFirst();
  if (!charger) throw new NotFoundError('charger');
  return charger as OperatedCharger;
}

/** The API key that asks; null for the product itself. */
export const askedBy = (ctx: Context): string | null =>
  ctx.viewer.kind === 'key' ? ctx.viewer.apiKeyId : null;

type HistoryTable = 'charger_certificates' | 'configuration_changes' | 'security_events' | 'charger_jobs';

/** Forgets all but the newest rows that a charger has in a table: no station can fill it. */
export async function keepNewest(
  ctx: Context,
  table: HistoryTable,
  chargerId: string,
  count: number,
): Promise<void> {
  await sql`
    delete from ${sql.table(table)} where charger_id = ${chargerId} and (created_at, id) <= (
      select created_at, id from ${sql.table(table)} where charger_id = ${chargerId}
       order by created_at desc, id desc offset ${count} limit 1)
  `.execute(ctx.em.getKysely());
}
