import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTableWithSystemReads } from '../../kernel/tenancy.ts';
import { Location } from '../locations/location.entity.ts';
import { Network } from '../network/network.entity.ts';
import type { ConnectorStatus } from './connector.entity.ts';

export const MESSAGE_VALIDATIONS = ['strict', 'relaxed'] as const;
export type MessageValidation = (typeof MESSAGE_VALIDATIONS)[number];

/**
 * A charging station (OCPP). `uid` is its OCPP identity, unique in the installation. `stationStatus` is what the
 * station last reported for itself (connector 0), null while it reports none.
 */
export const Charger = defineEntity({
  name: 'Charger',
  tableName: 'chargers',
  ...tenantTableWithSystemReads,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    locationId: () => p.manyToOne(Location).mapToPk().fieldName('location_id').nullable(),
    uid: p.text(),
    evseId: p.text().nullable(),
    isPublic: p.boolean().default(true),
    maxPowerW: column.decimal(12, 3).nullable(),
    latitude: column.double().nullable(),
    longitude: column.double().nullable(),
    installationDate: column.instant().nullable(),
    floorLevel: p.text().nullable(),
    physicalReference: p.text().nullable(),
    /** Printed on the station: 6 letters and digits without look-alikes. */
    lookupCode: p.string().length(6).defaultRaw('app.new_lookup_code()'),
    hasRfidReader: p.boolean().default(false),
    hasDisplay: p.boolean().default(false),
    serialNumber: p.text().nullable(),
    manufacturer: p.text().nullable(),
    model: p.text().nullable(),
    firmwareVersion: p.text().nullable(),
    ocppVersion: p.text().nullable(),
    /** OCPP security profile: 1 Basic, 2 TLS and Basic, 3 TLS and client certificate. */
    securityProfile: p.smallint().default(1),
    passwordSalt: p.text().nullable(),
    passwordHash: p.text().nullable(),
    /** A password that the station was told, while it may still use the one before. */
    nextPasswordSalt: p.text().nullable(),
    nextPasswordHash: p.text().nullable(),
    /** Whether harmless faults of its messages are mended, or refused; counts from the next connection on. */
    messageValidation: p.text().$type<MessageValidation>().default('relaxed'),
    heartbeatIntervalSeconds: p.integer().default(120),
    registrationStatus: p.text().$type<'Accepted' | 'Pending' | 'Rejected'>().default('Accepted'),
    bootedAt: column.instant().nullable(),
    stationStatus: p.text().$type<ConnectorStatus>().nullable(),
    stationStatusAt: column.instant().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  uniques: [
    { name: 'chargers_uid_unique', properties: ['uid'] },
    { name: 'chargers_lookup_code_unique', properties: ['lookupCode'] },
  ],
  indexes: [
    { name: 'chargers_network_id_index', properties: ['networkId', 'id'] },
    { name: 'chargers_location_id_index', properties: ['locationId'] },
    { name: 'chargers_serial_number_index', properties: ['serialNumber'] },
  ],
});
export type Charger = InferEntity<typeof Charger>;
