import { sql } from 'kysely';
import { type Context, inScopeOf } from '../../kernel/context.ts';
import { type LoggedEvent, messageOf } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { networksScope, runInScope, systemScope } from '../../kernel/scope.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { ATTEMPTS } from './retry-schedule.ts';
import { sendSoon } from './send-soon.ts';
import type { WebhookSubscription } from './webhook.entity.ts';

const BATCH = 200;
const CURSOR = 'events';

type Listener = Pick<WebhookSubscription, 'id' | 'networkId' | 'events' | 'isActive' | 'startsBehind'>;

/**
 * Makes the next events of the log into deliveries, in the log's order, up to `settled`: a place up to which no event
 * is still to be committed. The cursor moves in the transaction that writes the deliveries, so that each event is made
 * into them once, however many processes do this and wherever one dies. Answers whether there is more.
 */
export async function fanOut(ctx: Context, settled: string): Promise<boolean> {
  // read behind `settled`: who subscribed before an event up to it was written is in here
  const networkIds = await runInScope(systemScope, async () => {
    const { sequence } = await cursor(ctx).executeTakeFirstOrThrow();
    if (BigInt(sequence) >= BigInt(settled)) return null;
    return db(ctx).selectFrom('webhook_subscriptions').select('networkId').distinct().execute();
  });
  if (!networkIds) return false;
  const scoped = { ...ctx, scope: networksScope(networkIds.map(({ networkId }) => networkId)) };
  return inScopeOf(scoped, () => inTransaction(scoped, tx => advance(tx, settled)));
}

const cursor = (ctx: Context) =>
  db(ctx).selectFrom('webhook_cursor').select('sequence').where('id', '=', CURSOR);

async function advance(tx: Context, settled: string): Promise<boolean> {
  const { sequence } = await cursor(tx).forUpdate().executeTakeFirstOrThrow();
  if (BigInt(sequence) >= BigInt(settled)) return false;
  const events = await eventsBehind(tx, sequence, { until: settled, limit: BATCH });
  if (events.length > 0) await deliver(tx, events);
  const isMore = events.length === BATCH;
  await db(tx)
    .updateTable('webhook_cursor')
    .set({ sequence: isMore ? events.at(-1)!.sequence : settled })
    .where('id', '=', CURSOR)
    .execute();
  return isMore;
}

async function deliver(tx: Context, events: readonly LoggedEvent[]): Promise<void> {
  const listeners = (await db(tx)
    .selectFrom('webhook_subscriptions')
    .select(['id', 'networkId', 'events', 'isActive', 'startsBehind'])
    .where('networkId', 'in', [...tx.scope.networkIds])
    .execute()) as Listener[];
  for (const listener of listeners) {
    const wanted = events.filter(event => isFor(listener, event));
    if (wanted.length === 0) continue;
    await insertDeliveries(tx, listener, wanted);
    await sendSoon(tx, listener);
  }
}

/** A test goes to the one that it tests, whatever that listens to. */
const isFor = (listener: Listener, event: LoggedEvent): boolean =>
  event.networkId === listener.networkId &&
  (event.type === 'webhook.test'
    ? event.payload.webhookId === listener.id
    : listener.isActive &&
      BigInt(event.sequence) > BigInt(listener.startsBehind) &&
      listensTo(listener.events, event.type));

const listensTo = (events: readonly string[], type: string): boolean =>
  events.includes('*') || events.includes(type);

/**
 * Writes a delivery for each event. One that there is already stays as it is; where `again` is set, one that was
 * given up begins anew.
 */
export async function insertDeliveries(
  tx: Context,
  subscription: Pick<WebhookSubscription, 'id' | 'networkId'>,
  events: readonly LoggedEvent[],
  { again = false } = {},
): Promise<void> {
  const now = tx.now().toString();
  const rows = events.map(event => ({
    id: newId(),
    event_id: event.id,
    event_sequence: event.sequence,
    event_type: event.type,
    payload: JSON.stringify(messageOf(event)),
    is_manual: event.type === 'webhook.test',
  }));
  await sql`
    insert into webhook_deliveries (id, network_id, subscription_id, event_id, event_sequence, event_type, payload,
                                    status, attempt_count, max_attempts, is_manual, next_attempt_at, created_at)
    select id, ${subscription.networkId}, ${subscription.id}, event_id, event_sequence, event_type, payload,
           'pending', 0, ${ATTEMPTS}::integer, is_manual, ${now}::timestamptz, ${now}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row (id uuid, event_id uuid, event_sequence bigint, event_type text, payload text, is_manual boolean)
    on conflict on constraint webhook_deliveries_event_unique do update
       set status = 'pending', max_attempts = webhook_deliveries.attempt_count + ${ATTEMPTS}::integer,
           next_attempt_at = excluded.next_attempt_at, completed_at = null
     where ${again} and webhook_deliveries.status in ('failed', 'skipped')
  `.execute(tx.em.getKysely());
}

interface Stretch {
  readonly until: string;
  readonly limit: number;
  readonly networkId?: string;
  readonly types?: readonly string[];
  /** Both inclusive. */
  readonly from?: string;
  readonly to?: string;
}

/** The caller's networks' events behind a place in the log, in its order. */
export async function eventsBehind(ctx: Context, behind: string, stretch: Stretch): Promise<LoggedEvent[]> {
  const { rows } = await sql<LoggedEvent>`
    select sequence::text, id, network_id "networkId", type,
           to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') "occurredAt",
           charger_id "chargerId", session_id "sessionId", driver_id "driverId", payload
      from events
     where network_id = any(${[...(stretch.networkId ? [stretch.networkId] : ctx.scope.networkIds)]}::uuid[])
       and sequence > ${behind}::bigint and sequence <= ${stretch.until}::bigint
       and (${stretch.types ?? null}::text[] is null or type = any(${stretch.types ?? null}::text[]))
       and (${stretch.from ?? null}::timestamptz is null or occurred_at >= ${stretch.from ?? null}::timestamptz)
       and (${stretch.to ?? null}::timestamptz is null or occurred_at <= ${stretch.to ?? null}::timestamptz)
     order by events.sequence limit ${stretch.limit}
  `.execute(ctx.em.getKysely());
  return rows;
}
