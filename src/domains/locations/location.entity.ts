import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';

/** A site. `timeZone` is an IANA name; coordinates are WGS 84 degrees. */
export const Location = defineEntity({
  name: 'Location',
  tableName: 'locations',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    name: p.text(),
    address: p.text(),
    city: p.text(),
    state: p.text().nullable(),
    postalCode: p.text().nullable(),
    country: p.text(),
    latitude: column.double(),
    longitude: column.double(),
    timeZone: p.text(),
    isPublished: p.boolean().default(true),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [{ name: 'locations_network_id_index', properties: ['networkId', 'id'] }],
});
export type Location = InferEntity<typeof Location>;
