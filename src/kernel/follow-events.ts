import { sql } from 'kysely';
import type { BoundedQueue } from './bounded-queue.ts';
import type { Context } from './context.ts';
import { inScopeOf } from './context.ts';
import { invalid } from './errors.ts';
import type { LoggedEvent } from './events.ts';

const BATCH = 500;

export interface Follow {
  readonly wants: (event: LoggedEvent) => boolean;
  /** A `sequence`: what came behind it is sent first, without a gap. */
  readonly since?: string | null;
}

/** The events of the caller's networks: those missed since a starting point, then each as it happens. */
export function followEvents(ctx: Context, { wants, since }: Follow): AsyncIterableIterator<LoggedEvent> {
  if (since != null && !/^\d{1,18}$/.test(since)) invalid('since', 'must be the sequence of an event');
  const networkIds = new Set(ctx.scope.networkIds);
  const isWanted = (event: LoggedEvent) => networkIds.has(event.networkId) && wants(event);
  const live = ctx.hub.subscribe(isWanted);
  // what the hub has handed out by now is in the log; what it hands out from now on is in the queue
  const position = BigInt(ctx.hub.position());
  const events = missedThenLive(ctx, live, isWanted, position, since == null ? position : BigInt(since));
  return {
    next: () => events.next(),
    // a generator that waits hears of its end only with the next event: the queue is ended first
    return: () => {
      live.end();
      return events.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* missedThenLive(
  ctx: Context,
  live: BoundedQueue<LoggedEvent>,
  isWanted: (event: LoggedEvent) => boolean,
  position: bigint,
  since: bigint,
): AsyncGenerator<LoggedEvent, undefined> {
  try {
    let last = since;
    while (last < position) {
      const missed = await readLog(ctx, last, position);
      for (const event of missed) if (isWanted(event)) yield event;
      if (missed.length < BATCH) break;
      last = BigInt(missed.at(-1)!.sequence);
    }
    // another process may have been further on, and the reader comes from there
    for await (const event of live) if (BigInt(event.sequence) > since) yield event;
  } finally {
    live.end();
  }
  return undefined;
}

async function readLog(ctx: Context, after: bigint, until: bigint): Promise<LoggedEvent[]> {
  const { rows } = await inScopeOf(ctx, () =>
    sql<LoggedEvent>`
      select sequence::text, id, network_id "networkId", type,
             to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') "occurredAt",
             charger_id "chargerId", session_id "sessionId", driver_id "driverId", payload
        from events
       where network_id = any(${[...ctx.scope.networkIds]}::uuid[])
         and sequence > ${String(after)}::bigint and sequence <= ${String(until)}::bigint
       order by events.sequence limit ${BATCH}
    `.execute(ctx.em.fork().getKysely()),
  );
  return rows;
}
