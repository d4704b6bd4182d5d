import type { MessageValidation } from '../src/domains/chargers/charger.entity.ts';
import { createCharger, renewChargerPassword, updateCharger } from '../src/domains/chargers/chargers.ts';
import type { Connector } from '../src/domains/chargers/connector.entity.ts';
import type { MessageFault } from '../src/domains/chargers/message-fault.entity.ts';
import { faultsOfChargers } from '../src/domains/chargers/message-faults.ts';
import { connectorsOfChargers, listChargers } from '../src/domains/chargers/read-chargers.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { batched } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { ConnectorFormat, ConnectorStatusEnum, PowerType } from './connector.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef, ConnectorRef, LocationRef, NetworkRef } from './refs.ts';

const Coordinates = builder.objectRef<{ latitude: number; longitude: number }>('Coordinates').implement({
  description: 'Degrees, WGS 84.',
  shareable: true,
  fields: t => ({ latitude: t.exposeFloat('latitude'), longitude: t.exposeFloat('longitude') }),
});

const MessageValidationEnum = builder.enumType('MessageValidation', {
  description: 'How the messages of a station are taken.',
  values: {
    STRICT: { value: 'strict', description: "What does not hold to OCPP's schemas is refused." },
    RELAXED: { value: 'relaxed', description: 'Harmless faults are mended, logged and counted.' },
  } as const satisfies Record<Uppercase<MessageValidation>, object>,
});

const MessageFaultRef = builder.objectRef<MessageFault>('MessageFault').implement({
  description: 'A fault that was mended in the messages of a station.',
  subGraphs: ['network'],
  fields: t => ({
    action: t.exposeString('action', { description: "OCPP's word." }),
    member: t.exposeString('member', {
      description: 'With its parents, such as meterValue.sampledValue.unit; empty for the payload itself.',
    }),
    fault: t.exposeString('fault', { description: 'Such as number_for_text or unknown_member.' }),
    count: t.float({ description: 'How often.', resolve: fault => Number(fault.count) }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
  }),
});

const faultsOf = batched(faultsOfChargers, []);

ChargerRef.implement({
  description: 'A charging station.',
  fields: t => ({
    uid: t.exposeString('uid', { description: 'OCPP identity.' }),
    evseId: t.exposeString('evseId', { nullable: true, description: 'eMI3 or OCPI identifier.' }),
    status: t.field({
      type: ConnectorStatusEnum,
      description: "The station's own where it is out of order or service, else that of its best connector.",
      resolve: charger => charger.status,
    }),
    isOnline: t.exposeBoolean('isOnline', {
      description: 'Connected, or heard of within the last 5 minutes.',
    }),
    lastHeartbeatAt: t.expose('lastHeartbeatAt', { type: 'DateTime', nullable: true }),
    isPublic: t.exposeBoolean('isPublic'),
    maxPowerW: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'The rating, or the strongest connector’s.',
      resolve: charger => charger.ratedPowerW,
    }),
    coordinates: t.field({
      type: Coordinates,
      nullable: true,
      description: 'Where it stands, if that is not where its location is.',
      resolve: ({ latitude, longitude }) =>
        latitude == null || longitude == null ? null : { latitude, longitude },
    }),
    installationDate: t.expose('installationDate', { type: 'DateTime', nullable: true }),
    floorLevel: t.exposeString('floorLevel', { nullable: true }),
    physicalReference: t.exposeString('physicalReference', { nullable: true }),
    lookupCode: t.exposeString('lookupCode', {
      description: 'Printed on the station: 6 letters and digits without look-alikes.',
    }),
    hasRfidReader: t.exposeBoolean('hasRfidReader'),
    hasDisplay: t.exposeBoolean('hasDisplay'),
    serialNumber: t.exposeString('serialNumber', { nullable: true }),
    manufacturer: t.exposeString('manufacturer', { nullable: true }),
    model: t.exposeString('model', { nullable: true }),
    firmwareVersion: t.exposeString('firmwareVersion', { nullable: true }),
    ocppVersion: t.exposeString('ocppVersion', { nullable: true }),
    securityProfile: t.exposeInt('securityProfile', { description: 'OCPP security profile, 1 to 3.' }),
    messageValidation: t.expose('messageValidation', {
      type: MessageValidationEnum,
      description: 'How its messages are taken, from its next connection on.',
    }),
    messageFaults: t.field({
      type: [MessageFaultRef],
      description:
        'What was mended in its messages, the most frequent first. For operators; empty for others.',
      resolve: (charger, _, ctx) => faultsOf(ctx, charger.id),
    }),
    connectorCount: t.exposeInt('connectorCount'),
    connectors: t.loadableGroup({
      type: ConnectorRef,
      description: 'By number.',
      load: (chargerIds: string[], ctx) => connectorsOfChargers(ctx, chargerIds),
      group: connector => (connector as Connector).chargerId,
      resolve: charger => charger.id,
    }),
    location: t.field({ type: LocationRef, nullable: true, resolve: charger => charger.locationId }),
    network: t.field({ type: NetworkRef, resolve: charger => charger.networkId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

export const ConnectorInput = builder.inputType('ConnectorInput', {
  fields: t => ({
    number: t.int({ required: true, description: 'Counts from 1 within the station.' }),
    evseNumber: t.int({ description: "OCPP 2.0.1's; the connector's own number where left out." }),
    evseConnectorNumber: t.int({
      description:
        'Within its EVSE (OCPP 2.0.1); where left out, counted from 1 in the order of the connectors.',
    }),
    standard: t.string({ required: true, description: "OCPI's ConnectorType, such as IEC_62196_T2_COMBO." }),
    format: t.field({ type: ConnectorFormat, required: true }),
    powerType: t.field({ type: PowerType, required: true }),
    maxVoltageV: t.int({ required: true }),
    maxCurrentA: t.int({ required: true }),
    maxPowerW: t.int({ required: true }),
  }),
});

const CreateChargerInput = builder.inputType('CreateChargerInput', {
  fields: t => ({
    networkId: t.globalID({ for: NetworkRef, description: "The key's primary network where left out." }),
    locationId: t.globalID({ for: LocationRef }),
    uid: t.string({ required: true }),
    evseId: t.string(),
    isPublic: t.boolean(),
    maxPowerW: t.float(),
    latitude: t.float(),
    longitude: t.float(),
    installationDate: t.field({ type: 'DateTime' }),
    floorLevel: t.string(),
    physicalReference: t.string(),
    hasRfidReader: t.boolean(),
    hasDisplay: t.boolean(),
    messageValidation: t.field({ type: MessageValidationEnum, description: 'RELAXED where left out.' }),
    securityProfile: t.int(),
    password: t.string({ description: '16 to 40 characters; made by us where left out.' }),
    connectors: t.field({ type: [ConnectorInput], required: true }),
  }),
});

const UpdateChargerInput = builder.inputType('UpdateChargerInput', {
  fields: t => ({
    id: t.globalID({ required: true, for: ChargerRef }),
    locationId: t.globalID({ for: LocationRef }),
    evseId: t.string(),
    isPublic: t.boolean(),
    maxPowerW: t.float(),
    floorLevel: t.string(),
    physicalReference: t.string(),
    hasRfidReader: t.boolean(),
    hasDisplay: t.boolean(),
    messageValidation: t.field({ type: MessageValidationEnum }),
  }),
});

export const ChargerCredentials = builder
  .objectRef<{ id: string; password: string }>('ChargerCredentials')
  .implement({
    subGraphs: ['network'],
    fields: t => ({
      charger: t.field({ type: ChargerRef, resolve: credentials => credentials.id }),
      password: t.exposeString('password', {
        description: 'For Basic authentication, with the uid as user name: shown here and never again.',
      }),
    }),
  });

const network = inSubGraph('network');

const ChargerFilter = builder.inputType('ChargerFilter', {
  fields: t => ({
    status: t.field({ type: ConnectorStatusEnum }),
    locationId: t.globalID({ for: LocationRef }),
    isPublic: t.boolean(),
  }),
});

network.queryField('chargers', t =>
  t.connection({
    type: ChargerRef,
    args: { filter: t.arg({ type: ChargerFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(await listChargers(ctx, { ...filter, locationId: filter?.locationId?.id ?? null }, page)),
  }),
);

network.mutationFields(t => ({
  createCharger: t.field({
    type: ChargerCredentials,
    description: 'Adds a station with its connectors. Scope: write.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: CreateChargerInput, required: true }) },
    resolve: (_, { input: { networkId, locationId, ...fields } }, ctx) =>
      createCharger(ctx, {
        ...fields,
        networkId: networkId?.id ?? null,
        locationId: locationId?.id ?? null,
      }),
  }),
  updateCharger: t.field({
    type: ChargerRef,
    description: 'Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: UpdateChargerInput, required: true }) },
    resolve: (_, { input: { id, locationId, ...changes } }, ctx) =>
      updateCharger(ctx, id.id, {
        ...changes,
        ...(locationId !== undefined && { locationId: locationId?.id ?? null }),
      }),
  }),
  renewChargerPassword: t.field({
    type: ChargerCredentials,
    description: 'Replaces the password of a station. Scope: write.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { id }, ctx) => renewChargerPassword(ctx, id.id),
  }),
}));
