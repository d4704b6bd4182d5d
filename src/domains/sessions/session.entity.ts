import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Connector } from '../chargers/connector.entity.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Token } from '../drivers/token.entity.ts';
import { Location } from '../locations/location.entity.ts';
import { Network } from '../network/network.entity.ts';
import { Tariff } from '../tariffs/tariff.entity.ts';
import type { TariffTerms } from '../tariffs/tariff-terms.ts';
import type { MeteredTransaction, Metering } from './metering.ts';
import type { SessionStatus } from './session-states.ts';

/**
 * One charge. What changes while it runs (`metering` and the numbers drawn from it) stands in no index, so that
 * every meter value is a heap-only update.
 */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id'),
    connectorId: () => p.manyToOne(Connector).mapToPk().fieldName('connector_id').nullable(),
    connectorNumber: p.integer(),
    locationId: () => p.manyToOne(Location).mapToPk().fieldName('location_id').nullable(),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').nullable(),
    tokenId: () => p.manyToOne(Token).mapToPk().fieldName('token_id').nullable(),
    /** Empty while an OCPP 2.0.1 station has not told it. */
    idTag: p.text(),
    /** OCPP 2.0.1's word for what kind of token it is. */
    idTokenType: p.text().nullable(),
    status: p.text().$type<SessionStatus>(),
    authMethod: p.text().$type<'REMOTE' | 'RFID' | 'APP' | 'SCHEDULE' | 'RESERVATION'>(),
    /** Names a remote start on its way to the station and back. */
    correlationId: p.uuid(),
    /** The transaction id that OCPP 1.6 stations are given: positive, unique in the installation, 32 bits. */
    transactionNumber: p.integer().nullable(),
    /** The transaction id that an OCPP 2.0.1 station gave: unique within the station. */
    stationTransactionId: p.text().nullable(),
    /** Names a remote start to OCPP 2.0.1 stations (remoteStartId): positive, 32 bits. */
    remoteStartNumber: p.integer().nullable(),
    /** When a pending session is given up. */
    expiresAt: column.instant().nullable(),
    /** By the station's clock; until the station has begun, when the charge was asked for. */
    startTime: column.instant(),
    endTime: column.instant().nullable(),
    startMeterWh: column.decimal(16, 3).nullable(),
    endMeterWh: column.decimal(16, 3).nullable(),
    currentMeterWh: column.decimal(16, 3).nullable(),
    energyWh: column.decimal(16, 3).default('0'),
    idleSeconds: p.integer().default(0),
    isIdle: p.boolean().default(false),
    currentPowerW: column.double().nullable(),
    maxPowerW: column.double().nullable(),
    socPercent: column.double().nullable(),
    metering: p.json<Metering>().nullable(),
    /** The final figures, once the session has ended. */
    metered: p.json<MeteredTransaction>().nullable(),
    /** When the last event of the session was written. */
    toldAt: column.instant().nullable(),
    /** The reservation that the session began with. */
    reservationNumber: p.integer().nullable(),
    startReason: p.text().nullable(),
    stopReason: p.text().nullable(),
    failureReason: p.text().nullable(),
    /** The charge has ended, the vehicle may still be plugged in, and the tariff charges for that. */
    awaitsUnplug: p.boolean().default(false),
    /** What a person should look at: `unknown_token`, `meter_reset`, `stopped_by_other_token`, … */
    flags: column.textArray().defaultRaw("'{}'"),
    tariffId: () => p.manyToOne(Tariff).mapToPk().fieldName('tariff_id').nullable(),
    /** The tariff as it was at the start: later changes do not touch a running charge. */
    tariff: p.json<TariffTerms>().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [
    {
      name: 'sessions_start_unique',
      expression:
        'create unique index "sessions_start_unique" on "sessions" ("charger_id", "connector_number", lower("id_tag"), "start_time", "start_meter_wh") where ("transaction_number" is not null)',
    },
    {
      name: 'sessions_transaction_number_unique',
      expression:
        'create unique index "sessions_transaction_number_unique" on "sessions" ("transaction_number") where ("transaction_number" is not null)',
    },
    {
      name: 'sessions_station_transaction_unique',
      expression:
        'create unique index "sessions_station_transaction_unique" on "sessions" ("charger_id", "station_transaction_id") where ("station_transaction_id" is not null)',
    },
    {
      name: 'sessions_remote_start_unique',
      expression:
        'create unique index "sessions_remote_start_unique" on "sessions" ("remote_start_number") where ("remote_start_number" is not null)',
    },
    {
      name: 'sessions_one_pending_unique',
      expression:
        'create unique index "sessions_one_pending_unique" on "sessions" ("charger_id", "connector_number") where ("status" = \'pending\'::text)',
    },
    {
      name: 'sessions_open_index',
      expression:
        'create index "sessions_open_index" on "sessions" ("charger_id") where ("status" = any (array[\'pending\'::text, \'active\'::text, \'idle\'::text, \'stopping\'::text]))',
    },
    {
      name: 'sessions_awaiting_unplug_index',
      expression:
        'create index "sessions_awaiting_unplug_index" on "sessions" ("connector_id") where ("awaits_unplug" = true)',
    },
    { name: 'sessions_network_start_index', properties: ['networkId', 'startTime', 'id'] },
    { name: 'sessions_charger_index', properties: ['chargerId', 'startTime'] },
    { name: 'sessions_driver_index', properties: ['driverId', 'startTime'] },
  ],
});
export type Session = InferEntity<typeof Session>;
