import { sql } from 'kysely';
import type { Context } from './context.ts';
import type { EventPayload, EventType } from './event-catalogue.ts';
import { newId } from './ids.ts';
import { wholeSeconds } from './instant.ts';

export interface NewEvent<Type extends EventType> {
  readonly type: Type;
  readonly networkId: string;
  readonly chargerId?: string | null;
  readonly sessionId?: string | null;
  readonly driverId?: string | null;
  /** The subject's ids and fields, flat, as webhooks and streams send them. */
  readonly payload: EventPayload<Type>;
}

/** An event that is committed, in its place in the log. */
export interface LoggedEvent {
  /** Place in the log, a bigint as text: grows, with gaps. */
  readonly sequence: string;
  readonly id: string;
  readonly networkId: string;
  readonly type: EventType;
  readonly occurredAt: string;
  readonly chargerId: string | null;
  readonly sessionId: string | null;
  readonly driverId: string | null;
  readonly payload: Record<string, unknown>;
}

/** What leaves the house, as webhooks and streams send it: the payload, flat, with what the event itself is. */
export function messageOf(event: LoggedEvent): Record<string, unknown> {
  const envelope = {
    event: event.type,
    id: event.id,
    sequence: Number(event.sequence),
    networkId: event.networkId,
    occurredAt: wholeSeconds(event.occurredAt),
  };
  // its own members first, and never a payload's
  return { ...envelope, ...event.payload, ...envelope };
}

/** Writes the event in the running transaction: it happens if, and only if, the change does. */
export async function emit<Type extends EventType>(ctx: Context, event: NewEvent<Type>): Promise<void> {
  if (!ctx.afterCommit) throw new Error(`Event ${event.type} outside a transaction.`);
  await sql`
    insert into events (id, network_id, type, occurred_at, charger_id, session_id, driver_id, payload)
    values (${newId()}, ${event.networkId}, ${event.type}, ${ctx.now().toString()}, ${event.chargerId ?? null},
            ${event.sessionId ?? null}, ${event.driverId ?? null}, ${JSON.stringify(event.payload)})
  `.execute(ctx.em.getKysely());
  ctx.afterCommit.add(ctx.hub.wake);
}
