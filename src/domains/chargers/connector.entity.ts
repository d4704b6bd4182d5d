import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';
import { Charger } from './charger.entity.ts';

/** The best for a driver who arrives first: free, then in use, then out. */
export const CONNECTOR_STATUSES = [
  'AVAILABLE',
  'PREPARING',
  'CHARGING',
  'SUSPENDED_EV',
  'SUSPENDED_EVSE',
  'FINISHING',
  'RESERVED',
  'UNAVAILABLE',
  'FAULTED',
  'UNKNOWN',
] as const;
export type ConnectorStatus = (typeof CONNECTOR_STATUSES)[number];

/** A connector as OCPP 2.0.1 names it: within its EVSE, or only the EVSE where `connector` is null. */
export interface EvsePlace {
  readonly evse: number;
  readonly connector: number | null;
}

/**
 * A connector and its EVSE. `number` counts from 1 within the station; `evseNumber` and `evseConnectorNumber` are
 * OCPP 2.0.1's pair. `standard`, `format` and `powerType` are OCPI's words.
 */
export const Connector = defineEntity({
  name: 'Connector',
  tableName: 'connectors',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id'),
    number: p.integer(),
    evseNumber: p.integer(),
    evseConnectorNumber: p.integer(),
    standard: p.text(),
    format: p.text().$type<'SOCKET' | 'CABLE'>(),
    powerType: p.text().$type<'AC_1_PHASE' | 'AC_2_PHASE' | 'AC_2_PHASE_SPLIT' | 'AC_3_PHASE' | 'DC'>(),
    maxVoltageV: p.integer(),
    maxCurrentA: p.integer(),
    maxPowerW: p.integer(),
    status: p.text().$type<ConnectorStatus>().default('UNKNOWN'),
    statusAt: column.instant().nullable(),
    errorCode: p.text().nullable(),
    statusInfo: p.text().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  uniques: [
    { name: 'connectors_number_unique', properties: ['chargerId', 'number'] },
    { name: 'connectors_evse_unique', properties: ['chargerId', 'evseNumber', 'evseConnectorNumber'] },
  ],
});
export type Connector = InferEntity<typeof Connector>;

/** What a station reported of a connector over time: the past that idle time and bills are computed from. */
export const ConnectorStatusReport = defineEntity({
  name: 'ConnectorStatusReport',
  tableName: 'connector_status_reports',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    connectorId: () => p.manyToOne(Connector).mapToPk().fieldName('connector_id'),
    at: column.instant(),
    status: p.text().$type<ConnectorStatus>(),
    errorCode: p.text().nullable(),
    receivedAt: column.createdAt(),
  },
  indexes: [{ name: 'connector_status_reports_at_index', properties: ['connectorId', 'at'] }],
});
export type ConnectorStatusReport = InferEntity<typeof ConnectorStatusReport>;
