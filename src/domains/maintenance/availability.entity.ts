import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Network } from '../network/network.entity.ts';

/** `pending`: the station has not answered yet and is told again; `scheduled`: it will, after the charge it is at. */
export const AVAILABILITY_STATUSES = ['pending', 'accepted', 'scheduled', 'rejected'] as const;
export type AvailabilityStatus = (typeof AVAILABILITY_STATUSES)[number];

/** Whether a connector, or the station (number 0), is to serve: the operator's wish, until there is another. */
export const AvailabilityWish = defineEntity({
  name: 'AvailabilityWish',
  tableName: 'availability_wishes',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').deleteRule('cascade'),
    connectorNumber: p.integer(),
    isOperative: p.boolean(),
    status: p.text().$type<AvailabilityStatus>(),
    /** The API key that asked. */
    requestedBy: p.uuid().nullable(),
    requestedAt: column.instant(),
    answeredAt: column.instant().nullable(),
  },
  uniques: [{ name: 'availability_wishes_connector_unique', properties: ['chargerId', 'connectorNumber'] }],
});
export type AvailabilityWish = InferEntity<typeof AvailabilityWish>;
