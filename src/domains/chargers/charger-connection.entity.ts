import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable, tenantTableWithSystemReads } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';
import { Charger } from './charger.entity.ts';

/**
 * The socket that a charger has, or had last: `connectionId` names it, `nodeId` the process that holds it (null when
 * it is closed). A table of its own, so that a sign of life never touches the charger's row.
 */
export const ChargerConnection = defineEntity({
  name: 'ChargerConnection',
  tableName: 'charger_connections',
  ...tenantTableWithSystemReads,
  properties: {
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').primary().deleteRule('cascade'),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    nodeId: p.text().nullable(),
    connectionId: p.uuid(),
    connectedAt: column.instant(),
    lastMessageAt: column.instant(),
    /** The last Heartbeat or StatusNotification. */
    lastHeartbeatAt: column.instant().nullable(),
    isOnline: p.boolean(),
  },
  indexes: [{ name: 'charger_connections_node_index', properties: ['nodeId'] }],
});
export type ChargerConnection = InferEntity<typeof ChargerConnection>;

/** A station that knocked and is nobody's: seen by the platform, or by the network it named. */
export const UnknownCharger = defineEntity({
  name: 'UnknownCharger',
  tableName: 'unknown_chargers',
  rowLevelSecurity: 'force',
  policies: [
    {
      name: 'tenant',
      using: 'network_id = any ((select app.networks())::uuid[]) or (select app.system())',
      check: 'network_id = any ((select app.networks())::uuid[]) or (select app.system())',
    },
  ],
  properties: {
    uid: p.text().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id').nullable(),
    remoteAddress: p.text().nullable(),
    firstSeenAt: column.createdAt(),
    lastSeenAt: column.createdAt(),
    attempts: p.integer().default(1),
  },
});
export type UnknownCharger = InferEntity<typeof UnknownCharger>;

/** A message that fits nothing we know: kept for a person to look at, never dropped (OCPP lines 27 and 28). */
export const SetAsideMessage = defineEntity({
  name: 'SetAsideMessage',
  tableName: 'set_aside_messages',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id'),
    action: p.text(),
    reason: p.text(),
    payload: p.json<unknown>(),
    receivedAt: column.createdAt(),
  },
  indexes: [{ name: 'set_aside_messages_charger_index', properties: ['chargerId', 'receivedAt'] }],
});
export type SetAsideMessage = InferEntity<typeof SetAsideMessage>;
