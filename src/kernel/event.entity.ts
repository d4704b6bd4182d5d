import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from './columns.ts';
import { tenantTableWithSystemReads } from './tenancy.ts';

/**
 * The log of what happened, and the outbox of everything that leaves. Written in the transaction of the change;
 * `sequence` is drawn after the change's locks are held, so that one subject's events stand in their true order.
 */
export const Event = defineEntity({
  name: 'Event',
  tableName: 'events',
  ...tenantTableWithSystemReads,
  properties: {
    sequence: column.bigint().primary().autoincrement(false).defaultRaw('app.next_event_sequence()'),
    id: p.uuid(),
    networkId: p.uuid(),
    type: p.text().$type<string>(),
    occurredAt: column.instant(),
    chargerId: p.uuid().nullable(),
    sessionId: p.uuid().nullable(),
    driverId: p.uuid().nullable(),
    payload: p.json<Record<string, unknown>>(),
  },
  indexes: [{ name: 'events_network_index', properties: ['networkId', 'sequence'] }],
});
export type Event = InferEntity<typeof Event>;

/** How far each consumer of the log has come (see `event-consumer.ts`): one row for each, made by a migration. */
export const EventCursor = defineEntity({
  name: 'EventCursor',
  tableName: 'event_cursors',
  properties: { id: p.text().primary(), sequence: column.bigint() },
});
export type EventCursor = InferEntity<typeof EventCursor>;

/** The processes that share this database, and when each was last alive. */
export const NodeProcess = defineEntity({
  name: 'NodeProcess',
  tableName: 'nodes',
  properties: {
    id: p.text().primary(),
    startedAt: column.createdAt(),
    lastSeenAt: column.createdAt(),
  },
});
export type NodeProcess = InferEntity<typeof NodeProcess>;
