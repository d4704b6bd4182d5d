import { sql } from 'kysely';
import { type Context, inScopeOf } from './context.ts';
import type { LoggedEvent } from './events.ts';
import { networksScope, runInScope, systemScope } from './scope.ts';
import { inTransaction } from './transaction.ts';

const BATCH = 500;

/** Somebody who takes each event of the log once, in its order, from a place that outlives every process. */
export interface EventConsumer {
  /** Its row in `event_cursors`. */
  readonly name: string;
  /** All where left out. */
  readonly types?: readonly string[];
  /** Whose events it takes, read in the system's scope; those that have one of its types where left out. */
  readonly networks?: (ctx: Context) => Promise<string[]>;
  /** Makes events into rows and jobs, in the transaction that moves the cursor. Leaves the database alone otherwise. */
  readonly take: (tx: Context, events: readonly LoggedEvent[]) => Promise<void>;
}

interface Stretch {
  /** A place in the log. */
  readonly behind: string;
  readonly until: string;
}

/**
 * Hands the consumer the next events up to `settled`: a place up to which no event is still to be committed. The cursor
 * moves in the transaction of what is made of them, so that each is taken once, however many processes do this and
 * wherever one dies. Answers whether there is more.
 */
export async function consumeEvents(
  ctx: Context,
  consumer: EventConsumer,
  settled: string,
): Promise<boolean> {
  const next = await runInScope(systemScope, async () => {
    const behind = await position(ctx, consumer.name);
    if (BigInt(behind) >= BigInt(settled)) return null;
    const stretch = { behind, until: await endOfBatch(ctx, behind, settled) };
    // read behind `settled`: who was there before an event up to it was written is in here
    const networkIds = await (consumer.networks?.(ctx) ?? networksWithin(ctx, stretch, consumer.types));
    return { ...stretch, networkIds };
  });
  if (!next) return false;
  const scoped = { ...ctx, scope: networksScope(next.networkIds) };
  return inScopeOf(scoped, () =>
    inTransaction(scoped, async tx => {
      // another process was faster: look again from where it left the cursor
      if ((await position(tx, consumer.name, { lock: true })) !== next.behind) return true;
      const events =
        next.networkIds.length === 0
          ? []
          : await eventsBehind(tx, next.behind, {
              until: next.until,
              limit: BATCH,
              ...(consumer.types && { types: consumer.types }),
            });
      if (events.length > 0) await consumer.take(tx, events);
      await sql`update event_cursors set sequence = ${next.until}::bigint where id = ${consumer.name}`.execute(
        tx.em.getKysely(),
      );
      return next.until !== settled;
    }),
  );
}

async function position(ctx: Context, name: string, { lock = false } = {}): Promise<string> {
  const { rows } = await sql<{ sequence: string }>`
    select sequence::text from event_cursors where id = ${name} ${lock ? sql`for update` : sql``}
  `.execute(ctx.em.getKysely());
  if (!rows[0]) throw new Error(`There is no cursor "${name}".`);
  return rows[0].sequence;
}

async function endOfBatch(ctx: Context, behind: string, settled: string): Promise<string> {
  const { rows } = await sql<{ count: number; last: string | null }>`
    select count(*)::int count, max(sequence)::text last from (
      select sequence from events where sequence > ${behind}::bigint and sequence <= ${settled}::bigint
       order by sequence limit ${BATCH}) batch
  `.execute(ctx.em.getKysely());
  const { count, last } = rows[0]!;
  return count < BATCH ? settled : last!;
}

async function networksWithin(
  ctx: Context,
  { behind, until }: Stretch,
  types: readonly string[] = [],
): Promise<string[]> {
  const { rows } = await sql<{ networkId: string }>`
    select distinct network_id "networkId" from events
     where sequence > ${behind}::bigint and sequence <= ${until}::bigint and type = any(${[...types]}::text[])
  `.execute(ctx.em.getKysely());
  return rows.map(({ networkId }) => networkId);
}

interface Selection {
  readonly until: string;
  readonly limit: number;
  readonly networkId?: string;
  readonly types?: readonly string[];
  /** Both inclusive. */
  readonly from?: string;
  readonly to?: string;
}

/** The caller's networks' events behind a place in the log, in its order. */
export async function eventsBehind(
  ctx: Context,
  behind: string,
  selection: Selection,
): Promise<LoggedEvent[]> {
  const { networkId, types = null, from = null, to = null } = selection;
  const { rows } = await sql<LoggedEvent>`
    select sequence::text, id, network_id "networkId", type,
           to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') "occurredAt",
           charger_id "chargerId", session_id "sessionId", driver_id "driverId", payload
      from events
     where network_id = any(${[...(networkId ? [networkId] : ctx.scope.networkIds)]}::uuid[])
       and sequence > ${behind}::bigint and sequence <= ${selection.until}::bigint
       and (${types}::text[] is null or type = any(${types}::text[]))
       and (${from}::timestamptz is null or occurred_at >= ${from}::timestamptz)
       and (${to}::timestamptz is null or occurred_at <= ${to}::timestamptz)
     order by events.sequence limit ${selection.limit}
  `.execute(ctx.em.getKysely());
  return rows;
}
