import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Connector } from '../chargers/connector.entity.ts';
import { Location } from '../locations/location.entity.ts';
import { Network } from '../network/network.entity.ts';

const rate = () => column.decimal(14, 6);

/**
 * What a charge costs. Rates are exact decimals in major units of `currency`: energy per kWh, time and idle per
 * minute, the fee per session; `taxRate` in percent, on top. Minimum and maximum bound the total, tax included.
 */
export const Tariff = defineEntity({
  name: 'Tariff',
  tableName: 'tariffs',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    code: p.text(),
    name: p.text(),
    description: p.text().nullable(),
    type: p.text().$type<TariffType>(),
    currency: p.string().length(3),
    isFree: p.boolean().default(false),
    energyRate: rate().default('0'),
    timeRate: rate().default('0'),
    idleRate: rate().default('0'),
    idleGraceSeconds: p.integer().default(0),
    sessionFee: rate().default('0'),
    minimumSessionFee: rate().nullable(),
    maximumSessionFee: rate().nullable(),
    taxRate: column.decimal(7, 4).default('0'),
    effectiveFrom: column.instant(),
    effectiveTo: column.instant().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  uniques: [{ name: 'tariffs_code_unique', properties: ['networkId', 'code'] }],
});
export type Tariff = InferEntity<typeof Tariff>;

export const TARIFF_TYPES = [
  'REGULAR',
  'AD_HOC_PAYMENT',
  'PROFILE_CHEAP',
  'PROFILE_FAST',
  'PROFILE_GREEN',
] as const;
export type TariffType = (typeof TARIFF_TYPES)[number];

/** Where a tariff applies: connector over charger over location over network, within its dates. */
export const TariffAssignment = defineEntity({
  name: 'TariffAssignment',
  tableName: 'tariff_assignments',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    tariffId: () => p.manyToOne(Tariff).mapToPk().fieldName('tariff_id'),
    locationId: () => p.manyToOne(Location).mapToPk().fieldName('location_id').nullable(),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').nullable(),
    connectorId: () => p.manyToOne(Connector).mapToPk().fieldName('connector_id').nullable(),
    effectiveFrom: column.instant(),
    effectiveTo: column.instant().nullable(),
    createdAt: column.createdAt(),
  },
  indexes: [
    { name: 'tariff_assignments_network_index', properties: ['networkId'] },
    { name: 'tariff_assignments_tariff_index', properties: ['tariffId'] },
    { name: 'tariff_assignments_location_index', properties: ['locationId'] },
    { name: 'tariff_assignments_charger_index', properties: ['chargerId'] },
    { name: 'tariff_assignments_connector_index', properties: ['connectorId'] },
  ],
  checks: [
    {
      name: 'tariff_assignments_one_target',
      expression: 'num_nonnulls(location_id, charger_id, connector_id) <= 1',
    },
  ],
});
export type TariffAssignment = InferEntity<typeof TariffAssignment>;
