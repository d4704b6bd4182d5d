import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Network } from '../network/network.entity.ts';

/** What a station reports for the sake of security (SecurityEventNotification). */
export const SecurityEvent = defineEntity({
  name: 'SecurityEvent',
  tableName: 'security_events',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').deleteRule('cascade'),
    type: p.text(),
    techInfo: p.text().nullable(),
    isCritical: p.boolean(),
    /** By the station's clock. */
    occurredAt: column.instant(),
    createdAt: column.createdAt(),
  },
  uniques: [{ name: 'security_events_once_unique', properties: ['chargerId', 'type', 'occurredAt'] }],
  indexes: [
    { name: 'security_events_network_index', properties: ['networkId', 'createdAt', 'id'] },
    { name: 'security_events_charger_index', properties: ['chargerId', 'createdAt', 'id'] },
  ],
});
export type SecurityEvent = InferEntity<typeof SecurityEvent>;

/** `requested`: nobody has signed it yet; `signed`: the station has not said what it makes of it. */
export const CERTIFICATE_STATUSES = ['requested', 'signed', 'accepted', 'rejected', 'superseded'] as const;
export type CertificateStatus = (typeof CERTIFICATE_STATUSES)[number];

/** A certificate that a station asked for (SignCertificate). */
export const ChargerCertificate = defineEntity({
  name: 'ChargerCertificate',
  tableName: 'charger_certificates',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').deleteRule('cascade'),
    status: p.text().$type<CertificateStatus>(),
    /** PEM. */
    csr: p.text(),
    /** PEM, the station's own first. */
    chain: p.text().nullable(),
    serialNumber: p.text().nullable(),
    validTo: column.instant().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [{ name: 'charger_certificates_charger_index', properties: ['chargerId', 'createdAt', 'id'] }],
});
export type ChargerCertificate = InferEntity<typeof ChargerCertificate>;

/** The installation's own authority for stations' certificates; the newest signs. The private key is sealed. */
export const ChargerAuthority = defineEntity({
  name: 'ChargerAuthority',
  tableName: 'charger_authorities',
  properties: {
    id: p.uuid().primary(),
    /** PEM. */
    certificate: p.text(),
    sealedPrivateKey: p.text(),
    createdAt: column.createdAt(),
  },
});
export type ChargerAuthority = InferEntity<typeof ChargerAuthority>;
