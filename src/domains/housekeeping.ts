import { sql } from 'kysely';
import type { Context } from '../kernel/context.ts';
import { inScopeOf } from '../kernel/context.ts';
import { networksScope, systemScope } from '../kernel/scope.ts';
import { db } from './db.ts';

/** How long is kept what nobody needs for ever. */
export interface Retention {
  /** The event log: who was away for longer cannot go on without a gap. */
  readonly eventHours: number;
  readonly meterValueDays: number;
}

/** What is deleted of one network's rows at a time, so that nobody waits for it. */
const BATCH = 5_000;

const OVERDUE: readonly { readonly table: string; readonly where: string }[] = [
  { table: 'idempotent_answers', where: `created_at < now() - interval '1 day'` },
  { table: 'notifications', where: `created_at < now() - interval '30 days'` },
  { table: 'password_resets', where: `expires_at < now() - interval '1 day'` },
  // a week longer, so that a token which is used again is still known for one
  { table: 'refresh_tokens', where: `expires_at < now() - interval '7 days'` },
];

/** Deletes what is past its time, network by network; meter values by whole months where it can. */
export async function keepHouse(ctx: Context, retention: Retention): Promise<void> {
  const system = { ...ctx, scope: systemScope };
  const networks = await inScopeOf(system, async () => {
    await sql`select app.keep_meter_values(${retention.meterValueDays}::int)`.execute(db(system));
    await sql`delete from failed_attempts where last_at < now() - interval '1 day'`.execute(db(system));
    return db(system).selectFrom('networks').select('id').execute();
  });
  for (const { id } of networks) {
    const own = { ...ctx, scope: networksScope([id]) };
    await inScopeOf(own, async () => {
      await deleteEvents(own, id, retention.eventHours);
      for (const { table, where } of OVERDUE) {
        await inBatches(() =>
          sql`delete from ${sql.table(table)} where ctid = any(array(
                select ctid from ${sql.table(table)} where ${sql.raw(where)} limit ${BATCH}))`.execute(
            db(own),
          ),
        );
      }
    });
  }
}

/** From the log's beginning on: no index by time is needed. */
async function deleteEvents(ctx: Context, networkId: string, hours: number): Promise<void> {
  await inBatches(() =>
    sql`delete from events where sequence = any(array(
          select sequence from (
            select sequence, occurred_at from events where network_id = ${networkId}
             order by events.sequence limit ${BATCH}) oldest
           where occurred_at < now() - make_interval(hours => ${hours})))`.execute(db(ctx)),
  );
}

async function inBatches(remove: () => Promise<{ readonly numAffectedRows?: bigint }>): Promise<void> {
  while ((await remove()).numAffectedRows === BigInt(BATCH));
}
