import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';

/** Who charges (REST: user). E-mail addresses are unique within a network, without regard to case. */
export const Driver = defineEntity({
  name: 'Driver',
  tableName: 'drivers',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    email: p.text(),
    firstName: p.text(),
    lastName: p.text(),
    phoneNumber: p.text().nullable(),
    address: p.text().nullable(),
    city: p.text().nullable(),
    state: p.text().nullable(),
    postalCode: p.text().nullable(),
    country: p.text().nullable(),
    /** PHC string of argon2id, null until a password is set. */
    passwordHash: p.text().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.instant().nullable(),
  },
  indexes: [
    {
      name: 'drivers_email_unique',
      expression: 'create unique index "drivers_email_unique" on "drivers" ("network_id", lower("email"))',
    },
  ],
});
export type Driver = InferEntity<typeof Driver>;
