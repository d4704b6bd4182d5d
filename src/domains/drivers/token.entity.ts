import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';
import { Driver } from './driver.entity.ts';

export const TOKEN_TYPES = ['RFID', 'APP_USER', 'AD_HOC_USER', 'OTHER'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** What a station identifies a driver by (OCPP's idToken). `uid` is unique in a network without regard to case. */
export const Token = defineEntity({
  name: 'Token',
  tableName: 'tokens',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id'),
    uid: p.text(),
    type: p.text().$type<TokenType>(),
    contractId: p.text(),
    alias: p.text().nullable(),
    /** Tokens of one group may stop each other's charges (OCPP's parentIdTag, groupIdToken). */
    groupUid: p.text().nullable(),
    isBlocked: p.boolean().default(false),
    expiresAt: column.instant().nullable(),
    revokedAt: column.instant().nullable(),
    lastUsedAt: column.instant().nullable(),
    createdAt: column.createdAt(),
  },
  indexes: [
    {
      name: 'tokens_uid_unique',
      expression: 'create unique index "tokens_uid_unique" on "tokens" ("network_id", lower("uid"))',
    },
    { name: 'tokens_driver_id_index', properties: ['driverId'] },
  ],
});
export type Token = InferEntity<typeof Token>;
