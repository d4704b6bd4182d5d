import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTableWithSystemReads } from '../../kernel/tenancy.ts';
import { Network } from './network.entity.ts';

/** A caller's key. Only the hash of its secret is stored; `prefix` and `lastFour` stay visible. */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  ...tenantTableWithSystemReads,
  properties: {
    id: p.uuid().primary(),
    /** The key's primary network: what the key creates belongs to it. */
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    name: p.text(),
    kind: p.text().$type<'operator' | 'app'>(),
    scopes: column.textArray(),
    hash: p.text().unique('api_keys_hash_unique'),
    prefix: p.text(),
    lastFour: p.text(),
    expiresAt: column.instant().nullable(),
    revokedAt: column.instant().nullable(),
    createdAt: column.createdAt(),
  },
  indexes: [{ name: 'api_keys_network_id_index', properties: ['networkId'] }],
});
export type ApiKey = InferEntity<typeof ApiKey>;

/** The networks that a key reaches, its primary one among them. */
export const ApiKeyNetwork = defineEntity({
  name: 'ApiKeyNetwork',
  tableName: 'api_key_networks',
  ...tenantTableWithSystemReads,
  properties: {
    apiKeyId: () => p.manyToOne(ApiKey).mapToPk().fieldName('api_key_id').primary().deleteRule('cascade'),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id').primary(),
  },
});
export type ApiKeyNetwork = InferEntity<typeof ApiKeyNetwork>;
