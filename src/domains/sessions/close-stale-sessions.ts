import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { inScopeOf } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { networksScope, systemScope } from '../../kernel/scope.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { endSession } from './end-session.ts';
import { meterFinally } from './metering.ts';
import type { Session } from './session.entity.ts';
import { historyOf } from './session-metering.ts';
import { RUNNING_STATUSES } from './session-states.ts';

/** What a session is flagged with that was closed without its station's word, and why. */
const STALE_FLAGS = {
  /** Nothing was heard of its charger for hours. */
  silent: 'closed_silent',
  /** Its connector has been available since. */
  available: 'closed_connector_available',
  /** Another transaction has begun on its connector. */
  superseded: 'closed_superseded',
  /** Its station has started anew and has said nothing of it since. */
  rebooted: 'closed_after_boot',
} as const;

/** What shows that a charge is over counts after this: its stop may be among messages still on their way. */
const PATIENCE_MINUTES = 30;
/** Many at a time, so that a network whose stations are all gone holds nobody up. */
const BATCH = 200;

/** Whether its station may still tell how it ended. Once it has, it has. */
export const awaitsLateStop = ({ flags }: Pick<Session, 'flags'>): boolean =>
  Object.values(STALE_FLAGS).some(flag => flags.includes(flag)) &&
  !flags.some(flag => flag.startsWith('late_stop'));

/** `closeStaleSessions` in every network that has stations. */
export async function closeStaleSessionsEverywhere(
  ctx: Context,
  policy: { readonly silentHours: number },
): Promise<void> {
  const system = { ...ctx, scope: systemScope };
  const networks = await inScopeOf(system, () =>
    db(system).selectFrom('charger_connections').select('networkId').distinct().execute(),
  );
  for (const { networkId } of networks) {
    const own = { ...ctx, scope: networksScope([networkId]) };
    await inScopeOf(own, () => closeStaleSessions(own, policy));
  }
}

/**
 * Closes the sessions of the scope's networks whose stop has not come and is not to be waited for: at their last meter
 * value, billed, and flagged with the reason. A stop that comes later still counts (`stationStopped`).
 */
async function closeStaleSessions(
  ctx: Context,
  { silentHours }: { readonly silentHours: number },
): Promise<void> {
  for (const { id, reason } of await staleSessions(ctx, silentHours)) {
    try {
      await close(ctx, id, STALE_FLAGS[reason]);
    } catch (error) {
      // the others are closed all the same
      ctx.log.error({ err: error, sessionId: id }, 'stale session not closed');
    }
  }
}

interface StaleSession {
  readonly id: string;
  readonly reason: keyof typeof STALE_FLAGS;
}

async function staleSessions(ctx: Context, silentHours: number): Promise<StaleSession[]> {
  const now = ctx.now();
  const silentSince = now.subtract({ hours: silentHours }).toString();
  const patient = now.subtract({ minutes: PATIENCE_MINUTES }).toString();
  const { rows } = await sql<StaleSession>`
    select id, reason from (
      select s.id, case
        when n.last_message_at < ${silentSince} then 'silent'
        when exists (select from sessions t
                      where t.charger_id = s.charger_id and t.connector_number = s.connector_number
                        and t.transaction_number is not null and t.start_time > s.start_time
                        and t.created_at < ${patient}) then 'superseded'
        when k.status = 'AVAILABLE' and k.status_at > s.start_time and k.status_at < ${patient}
             and s.updated_at < ${patient} then 'available'
        when c.booted_at > s.updated_at and c.booted_at < ${patient} then 'rebooted'
      end reason
        from sessions s
        join chargers c on c.id = s.charger_id
        left join charger_connections n on n.charger_id = s.charger_id
        left join connectors k on k.id = s.connector_id
       where s.status = any (${sql.lit(`{${RUNNING_STATUSES.join(',')}}`)}::text[])
         and s.network_id = any (${[...ctx.scope.networkIds]}::uuid[])
    ) session where reason is not null limit ${BATCH}`.execute(db(ctx));
  return rows;
}

async function close(ctx: Context, sessionId: string, flag: string): Promise<void> {
  await inTransaction(ctx, async tx => {
    const session = (await db(tx)
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', sessionId)
      .where('status', 'in', [...RUNNING_STATUSES])
      .forNoKeyUpdate()
      // whoever holds it now may well be its stop
      .skipLocked()
      .executeTakeFirst()) as Session | undefined;
    if (!session?.metering) return;
    const charger = await db(tx)
      .selectFrom('chargers')
      .select(['id', 'uid'])
      .where('id', '=', session.chargerId)
      .executeTakeFirstOrThrow();
    const endTime = new Date(session.metering.lastObservedAt).toISOString();
    await endSession(tx, charger, session, {
      endTime,
      endRegisterWh: null,
      metered: meterFinally(
        { at: epochMs(session.startTime), registerWh: session.startMeterWh! },
        await historyOf(tx, session, endTime),
        { at: epochMs(endTime), registerWh: null },
      ),
      reason: 'Other',
      mayStayPluggedIn: false,
      flags: [...session.flags, flag],
    });
    tx.log.warn({ chargerUid: charger.uid, sessionId, flag }, 'stale session closed');
  });
}
