import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Connector } from '../chargers/connector.entity.ts';
import { Network } from '../network/network.entity.ts';

/**
 * What a connector is held to: the driver's limit, the site's share, and what the station was last told. Power in
 * watts; `requestedUnit` and `requestedLimit` are the driver's own words.
 */
export const ChargingLimit = defineEntity({
  name: 'ChargingLimit',
  tableName: 'charging_limits',
  ...tenantTable,
  properties: {
    connectorId: () =>
      p.manyToOne(Connector).mapToPk().fieldName('connector_id').primary().deleteRule('cascade'),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id'),
    requestedUnit: p.text().$type<'A' | 'W'>().nullable(),
    requestedLimit: column.decimal(12, 1).nullable(),
    shareW: p.integer().nullable(),
    /** What the station accepted last; null where it holds no profile of ours. */
    sentW: p.integer().nullable(),
    sentAt: column.instant().nullable(),
    updatedAt: column.createdAt(),
  },
  indexes: [{ name: 'charging_limits_charger_index', properties: ['chargerId'] }],
});
export type ChargingLimit = InferEntity<typeof ChargingLimit>;
