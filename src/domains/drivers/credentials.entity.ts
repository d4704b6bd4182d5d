import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';
import { Driver } from './driver.entity.ts';

/**
 * A refresh token's digest. Each use makes a successor in the same family; a token that is used again later than a
 * moment revokes the family: somebody else has it.
 */
export const RefreshToken = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_tokens',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').deleteRule('cascade'),
    familyId: p.uuid(),
    hash: p.text().unique('refresh_tokens_hash_unique'),
    createdAt: column.createdAt(),
    expiresAt: column.instant(),
    usedAt: column.instant().nullable(),
    revokedAt: column.instant().nullable(),
  },
  indexes: [
    { name: 'refresh_tokens_family_index', properties: ['familyId'] },
    { name: 'refresh_tokens_driver_index', properties: ['driverId'] },
  ],
});
export type RefreshToken = InferEntity<typeof RefreshToken>;

/** A password reset that was asked for. Its token is derived from its id, and stored nowhere. */
export const PasswordReset = defineEntity({
  name: 'PasswordReset',
  tableName: 'password_resets',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').deleteRule('cascade'),
    createdAt: column.createdAt(),
    expiresAt: column.instant(),
    usedAt: column.instant().nullable(),
  },
  indexes: [{ name: 'password_resets_driver_index', properties: ['driverId'] }],
});
export type PasswordReset = InferEntity<typeof PasswordReset>;
