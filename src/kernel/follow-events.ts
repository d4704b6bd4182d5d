import { sql } from 'kysely';
import type { Context } from './context.ts';
import { inScopeOf } from './context.ts';
import { invalid } from './errors.ts';
import type { HubReader } from './event-hub.ts';
import type { LoggedEvent } from './events.ts';

const BATCH = 500;

export interface Follow {
  readonly wants: (event: LoggedEvent) => boolean;
  /** Only events of these chargers; all, and what concerns no charger, where left out. */
  readonly chargerIds?: ReadonlySet<string> | null;
  /** A `sequence`: what came behind it is sent first, without a gap. */
  readonly since?: string | null;
}

/**
 * The events of the caller's networks: those missed since a starting point, then each as it happens. However long the
 * way to the present is and however much happens on it, a reader on its way has no more than a page of the log here.
 */
export function followEvents(
  ctx: Context,
  { wants, chargerIds, since }: Follow,
): AsyncIterableIterator<LoggedEvent> {
  if (since != null && !/^\d{1,18}$/.test(since)) invalid('since', 'must be the sequence of an event');
  const networkIds = new Set(ctx.scope.networkIds);
  const isWanted = (event: LoggedEvent) =>
    (!chargerIds || (event.chargerId !== null && chargerIds.has(event.chargerId))) &&
    networkIds.has(event.networkId) &&
    wants(event);
  const reader = ctx.hub.join({ wants: isWanted, chargerIds });
  const start = since == null ? position(ctx) : BigInt(since);
  const isBehind = start < position(ctx);
  if (!isBehind) reader.goLive();
  const events = isBehind ? missedThenLive(ctx, reader, isWanted, start) : liveBehind(start, reader);
  return {
    next: () => events.next(),
    // a generator that waits hears of its end only with the next event: the queue is ended first
    return: () => {
      reader.queue.end();
      return events.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* missedThenLive(
  ctx: Context,
  reader: HubReader,
  isWanted: (event: LoggedEvent) => boolean,
  since: bigint,
): AsyncGenerator<LoggedEvent, undefined> {
  try {
    let last = since;
    // what the hub has handed out is in the log, and nothing is still to be committed in between
    for (let until = position(ctx); last < until && !reader.queue.isEnded; until = position(ctx)) {
      const missed = await readLog(ctx, last, until);
      for (const event of missed) if (isWanted(event)) yield event;
      last = missed.length < BATCH ? until : BigInt(missed.at(-1)!.sequence);
    }
    // in the same breath as it was seen to be where the hub is: all that follows is in the queue
    reader.goLive();
    yield* liveBehind(last, reader);
  } finally {
    reader.queue.end();
  }
  return undefined;
}

/** Another process may have been further on than this one, and the reader comes from there. */
async function* liveBehind(since: bigint, { queue }: HubReader): AsyncGenerator<LoggedEvent, undefined> {
  for await (const event of queue) if (BigInt(event.sequence) > since) yield event;
  return undefined;
}

const position = (ctx: Context): bigint => BigInt(ctx.hub.position());

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
