import {
  chargerAuthority,
  createChargerAuthority,
  type PublicAuthority,
} from '../src/domains/maintenance/charger-authority.ts';
import {
  type CertificateVerdict,
  deleteCertificate,
  deliverCertificate,
  installCertificate,
  installedCertificates,
  listChargerCertificates,
} from '../src/domains/maintenance/charger-certificates.ts';
import { CERTIFICATE_STATUSES, type CertificateStatus } from '../src/domains/maintenance/security.entity.ts';
import { listSecurityEvents } from '../src/domains/maintenance/security-events.ts';
import type { CertificateHash, CertificateUse } from '../src/kernel/charger-commands.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors, stationErrors } from './errors.ts';
import { ChargerCertificateRef, ChargerRef, NetworkRef, SecurityEventRef } from './refs.ts';

SecurityEventRef.implement({
  description: 'What a station reported for the sake of security.',
  fields: t => ({
    type: t.exposeString('type', { description: 'OCPP’s word, such as TamperDetectionActivated.' }),
    techInfo: t.exposeString('techInfo', { nullable: true }),
    isCritical: t.exposeBoolean('isCritical', { description: 'Somebody should look: an alert was raised.' }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'By the station’s clock.' }),
    charger: t.field({ type: ChargerRef, resolve: event => event.chargerId }),
    network: t.field({ type: NetworkRef, resolve: event => event.networkId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const StatusEnum = builder.enumType('CertificateStatus', {
  description: 'REQUESTED: to be signed. SIGNED: the station has not said what it makes of it.',
  values: Object.fromEntries(
    CERTIFICATE_STATUSES.map(status => [status.toUpperCase(), { value: status }]),
  ) as Record<string, { value: CertificateStatus }>,
});

ChargerCertificateRef.implement({
  description: 'A certificate that a station asked for.',
  fields: t => ({
    status: t.expose('status', { type: StatusEnum }),
    csr: t.exposeString('csr', { description: 'PEM, PKCS #10.' }),
    chain: t.exposeString('chain', { nullable: true, description: 'PEM, the station’s own first.' }),
    serialNumber: t.exposeString('serialNumber', { nullable: true }),
    validTo: t.expose('validTo', { type: 'DateTime', nullable: true }),
    charger: t.field({ type: ChargerRef, resolve: certificate => certificate.chargerId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

const AuthorityRef = builder.objectRef<PublicAuthority>('ChargerAuthority').implement({
  description: 'The installation’s authority for stations’ certificates.',
  subGraphs: ['network'],
  fields: t => ({
    certificate: t.exposeString('certificate', {
      description: 'PEM: for TLS_CA_FILE, and for the stations.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const UseEnum = builder.enumType('CertificateUse', {
  description: 'What a station trusts a certificate for; 1.6 knows the first two.',
  values: {
    CENTRAL_SYSTEM_ROOT: { value: 'CentralSystemRoot' },
    MANUFACTURER_ROOT: { value: 'ManufacturerRoot' },
    V2G_ROOT: { value: 'V2GRoot' },
    MO_ROOT: { value: 'MORoot' },
  } as const satisfies Record<string, { value: CertificateUse }>,
});

const HashAlgorithm = builder.enumType('CertificateHashAlgorithm', {
  values: { SHA256: { value: 'SHA256' }, SHA384: { value: 'SHA384' }, SHA512: { value: 'SHA512' } } as const,
});

const HashRef = builder.objectRef<CertificateHash>('InstalledCertificate').implement({
  description: 'What names a certificate at a station.',
  subGraphs: ['network'],
  fields: t => ({
    hashAlgorithm: t.expose('hashAlgorithm', { type: HashAlgorithm }),
    issuerNameHash: t.exposeString('issuerNameHash'),
    issuerKeyHash: t.exposeString('issuerKeyHash'),
    serialNumber: t.exposeString('serialNumber'),
  }),
});

const VerdictRef = builder.objectRef<CertificateVerdict>('CertificateResult').implement({
  subGraphs: ['network'],
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: verdict => verdict.chargerId }),
    accepted: t.exposeBoolean('accepted'),
    status: t.exposeString('status', { description: 'The station’s word, such as NotFound.' }),
  }),
});

const InstalledRef = builder
  .objectRef<{ certificates: readonly CertificateHash[] }>('InstalledCertificates')
  .implement({
    subGraphs: ['network'],
    fields: t => ({
      certificates: t.field({ type: [HashRef], resolve: ({ certificates }) => [...certificates] }),
    }),
  });

const SecurityEventFilter = builder.inputType('SecurityEventFilter', {
  fields: t => ({ chargerId: t.globalID({ for: ChargerRef }), isCritical: t.boolean() }),
});

const InstallCertificateInput = builder.inputType('InstallCertificateInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    use: t.field({ type: UseEnum, required: true }),
    certificate: t.string({ required: true, description: 'PEM.' }),
  }),
});

const DeleteCertificateInput = builder.inputType('DeleteCertificateInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    hashAlgorithm: t.field({ type: HashAlgorithm, required: true }),
    issuerNameHash: t.string({ required: true }),
    issuerKeyHash: t.string({ required: true }),
    serialNumber: t.string({ required: true }),
  }),
});

const network = inSubGraph('network');

network.queryFields(t => ({
  securityEvents: t.connection({
    type: SecurityEventRef,
    description: 'What stations reported, the newest first. For operators.',
    args: { filter: t.arg({ type: SecurityEventFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(
        await listSecurityEvents(ctx, { ...filter, chargerId: filter?.chargerId?.id ?? null }, page),
      ),
  }),
  chargerCertificates: t.connection({
    type: ChargerCertificateRef,
    description: 'What a station asked to have signed, the newest first. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: async (_, { chargerId, ...page }, ctx) =>
      toConnection(await listChargerCertificates(ctx, chargerId.id, page)),
  }),
  chargerAuthority: t.field({
    type: AuthorityRef,
    nullable: true,
    description: 'Null where the installation has none, and operators bring the certificates. For operators.',
    resolve: (_, __, ctx) => chargerAuthority(ctx),
  }),
}));

network.mutationFields(t => ({
  createChargerAuthority: t.field({
    type: AuthorityRef,
    description: 'Makes the authority that signs what stations ask for from now on. Scope: platform.',
    errors: { types: commonErrors },
    resolve: (_, __, ctx) => createChargerAuthority(ctx),
  }),
  deliverCertificate: t.field({
    type: ChargerCertificateRef,
    description:
      'Brings a station the certificate that it asked for, signed elsewhere. For operators. Scope: control.',
    errors: { types: [...stationErrors, ConflictError] },
    args: {
      id: t.arg.globalID({ required: true, for: ChargerCertificateRef }),
      chain: t.arg.string({ required: true, description: 'PEM, the station’s own first.' }),
    },
    resolve: (_, { id, chain }, ctx) => deliverCertificate(ctx, { id: id.id, chain }),
  }),
  readInstalledCertificates: t.field({
    type: InstalledRef,
    description: 'Has a station tell whom it trusts. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: {
      chargerId: t.arg.globalID({ required: true, for: ChargerRef }),
      use: t.arg({ type: UseEnum, required: true }),
    },
    resolve: async (_, { chargerId, use }, ctx) => ({
      certificates: await installedCertificates(ctx, { chargerId: chargerId.id, use }),
    }),
  }),
  installCertificate: t.field({
    type: VerdictRef,
    description: 'Has a station trust a certificate. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: InstallCertificateInput, required: true }) },
    resolve: (_, { input }, ctx) => installCertificate(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  deleteCertificate: t.field({
    type: VerdictRef,
    description: 'Has a station trust a certificate no more. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: DeleteCertificateInput, required: true }) },
    resolve: (_, { input: { chargerId, ...certificate } }, ctx) =>
      deleteCertificate(ctx, { chargerId: chargerId.id, certificate }),
  }),
}));
