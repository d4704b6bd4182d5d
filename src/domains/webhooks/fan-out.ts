import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import type { EventConsumer } from '../../kernel/event-consumer.ts';
import { type LoggedEvent, messageOf } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { db } from '../db.ts';
import { ATTEMPTS } from './retry-schedule.ts';
import { sendSoon } from './send-soon.ts';
import type { WebhookSubscription } from './webhook.entity.ts';

type Listener = Pick<WebhookSubscription, 'id' | 'networkId' | 'events' | 'isActive' | 'startsBehind'>;

/** Makes the log's events into deliveries. */
export const webhookFanOut: EventConsumer = {
  name: 'webhooks',
  networks: async ctx =>
    (await db(ctx).selectFrom('webhook_subscriptions').select('networkId').distinct().execute()).map(
      ({ networkId }) => networkId,
    ),
  take: deliver,
};

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
