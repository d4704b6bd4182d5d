import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Connector } from '../chargers/connector.entity.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';
import type { RateUnit } from './electricity.ts';

/**
 * What a connector is held to: the limit that was asked for, the site's share, and what the station was last told.
 * Power in watts; `requestedUnit` and `requestedLimit` are the caller's own words.
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
    requestedUnit: p.text().$type<RateUnit>().nullable(),
    requestedLimit: column.decimal(12, 1).nullable(),
    /** The driver who asked: their limit ends with their charge. Null for an operator's, which stays. */
    requestedByDriverId: () =>
      p.manyToOne(Driver).mapToPk().fieldName('requested_by_driver_id').nullable().deleteRule('set null'),
    shareW: p.integer().nullable(),
    /** What the station accepted last; null where it holds no profile of ours. */
    sentW: p.integer().nullable(),
    sentAt: column.instant().nullable(),
    /** The most that what was sent since would let through: written before it is sent, null once it is answered. */
    sendingW: p.integer().nullable(),
    /** Since when the answer is waited for; null beside a `sendingW` that was not answered, or may be forgotten. */
    sendingAt: column.instant().nullable(),
    /** When the station last refused what the site's ceiling asks of it; null once it obeys, or has started anew. */
    refusedAt: column.instant().nullable(),
    updatedAt: column.createdAt(),
  },
  indexes: [{ name: 'charging_limits_charger_index', properties: ['chargerId'] }],
});
export type ChargingLimit = InferEntity<typeof ChargingLimit>;
