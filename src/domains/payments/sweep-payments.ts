import { sql } from 'kysely';
import { type Context, inScopeOf } from '../../kernel/context.ts';
import { addJob } from '../../kernel/jobs.ts';
import { networksScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';

/** What is younger is in somebody's hands. */
const IDLE_MINUTES = 2;
/** Bills that ended within so many days are looked at. */
const BILL_DAYS = 7;
const BATCH = 1000;

/** Which of the queue's jobs, by their keys, are waiting or being done. */
export type LiveJobs = (keys: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * Job, each minute: finds money that is under way and that nobody sees to, for its job was lost or given up: operations
 * whose outcome is open, refunds, holds of sessions that are over, and bills that were never asked for. Each gets a job,
 * which asks Stripe and settles it.
 */
export async function sweepPayments(ctx: Context, liveJobs: LiveJobs): Promise<void> {
  const system = { ...ctx, scope: systemScope };
  const networks = await inScopeOf(system, () => db(system).selectFrom('networks').select('id').execute());
  const all = { ...ctx, scope: networksScope(networks.map(({ id }) => id)) };
  await inScopeOf(all, async () => {
    const found = await unfinished(all);
    const keyOf = (sessionId: string) => `settle-payment:${sessionId}`;
    const live = await liveJobs(found.map(({ sessionId }) => keyOf(sessionId)));
    const lost = found.filter(({ sessionId }) => !live.has(keyOf(sessionId)));
    for (const { networkId, sessionId } of lost) {
      await addJob(all, 'settle-payment', { networkId, sessionId }, { key: keyOf(sessionId) });
    }
    if (lost.length > 0) ctx.log.warn({ count: lost.length }, 'payments taken up whose job was lost');
  });
}

async function unfinished(ctx: Context): Promise<{ networkId: string; sessionId: string }[]> {
  const idleSince = ctx.now().subtract({ minutes: IDLE_MINUTES }).toString();
  const billedSince = ctx
    .now()
    .subtract({ hours: 24 * BILL_DAYS })
    .toString();
  const { rows } = await sql<{ networkId: string; sessionId: string }>`
    select network_id "networkId", session_id "sessionId" from payment_operations
     where status = any (array['pending'::text, 'unknown'::text]) and created_at < ${idleSince}
    union
    select network_id, session_id from refunds where status = 'pending' and created_at < ${idleSince}
    union
    select p.network_id, p.session_id from session_payments p join sessions s on s.id = p.session_id
     where p.hold_intent_id is not null and p.updated_at < ${idleSince}
       and (p.stale_intent_id is not null or s.status in ('completed', 'failed', 'expired'))
    union
    select p.network_id, p.session_id from transactions t join session_payments p on p.session_id = t.session_id
     where t.end_time > ${billedSince} and p.state in ('open', 'refused') and p.captured + p.waived = 0
       and t.total > 0 and p.updated_at < ${idleSince}
     limit ${BATCH}`.execute(db(ctx));
  return rows;
}
