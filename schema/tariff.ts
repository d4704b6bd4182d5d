import { listTariffs } from '../src/domains/tariffs/read-tariffs.ts';
import { TARIFF_TYPES } from '../src/domains/tariffs/tariff.entity.ts';
import { assignTariff, createTariff, updateTariff } from '../src/domains/tariffs/tariffs.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { builder, type InputFields, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef, ConnectorRef, LocationRef, NetworkRef, TariffRef } from './refs.ts';

const TariffType = builder.enumType('TariffType', {
  description: 'OCPI 2.2.1, section 11.4.8.',
  values: TARIFF_TYPES,
});

TariffRef.implement({
  description: 'What a charge costs. Rates are in major units of `currency`, taxes not included.',
  fields: t => ({
    code: t.exposeString('code'),
    name: t.exposeString('name'),
    description: t.exposeString('description', { nullable: true }),
    type: t.expose('type', { type: TariffType }),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
    isFree: t.exposeBoolean('isFree', { description: 'Every rate, fee and bound is ignored.' }),
    energyRate: t.expose('energyRate', { type: 'Decimal', description: 'Per kWh.' }),
    timeRate: t.expose('timeRate', { type: 'Decimal', description: 'Per minute of charging.' }),
    idleRate: t.expose('idleRate', {
      type: 'Decimal',
      description: 'Per minute of idle time after the grace.',
    }),
    idleGraceSeconds: t.exposeInt('idleGraceSeconds', { description: 'Once for a session.' }),
    sessionFee: t.expose('sessionFee', { type: 'Decimal' }),
    minimumSessionFee: t.expose('minimumSessionFee', {
      type: 'Decimal',
      nullable: true,
      description: 'The least total, tax included.',
    }),
    maximumSessionFee: t.expose('maximumSessionFee', {
      type: 'Decimal',
      nullable: true,
      description: 'The greatest total, tax included.',
    }),
    taxRate: t.expose('taxRate', { type: 'Decimal', description: 'Percent, on top.' }),
    effectiveFrom: t.expose('effectiveFrom', { type: 'DateTime' }),
    effectiveTo: t.expose('effectiveTo', { type: 'DateTime', nullable: true }),
    network: t.field({ type: NetworkRef, resolve: tariff => tariff.networkId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

const terms = (t: InputFields) => ({
  description: t.string(),
  type: t.field({ type: TariffType }),
  isFree: t.boolean(),
  energyRate: t.field({ type: 'Decimal' }),
  timeRate: t.field({ type: 'Decimal' }),
  idleRate: t.field({ type: 'Decimal' }),
  idleGraceSeconds: t.int(),
  sessionFee: t.field({ type: 'Decimal' }),
  minimumSessionFee: t.field({ type: 'Decimal' }),
  maximumSessionFee: t.field({ type: 'Decimal' }),
  taxRate: t.field({ type: 'Decimal' }),
  effectiveFrom: t.field({ type: 'DateTime' }),
  effectiveTo: t.field({ type: 'DateTime' }),
});

const CreateTariffInput = builder.inputType('CreateTariffInput', {
  fields: t => ({
    networkId: t.globalID({ for: NetworkRef, description: "The key's primary network where left out." }),
    code: t.string({ required: true }),
    name: t.string({ required: true }),
    currency: t.string({ required: true }),
    ...terms(t),
  }),
});

const UpdateTariffInput = builder.inputType('UpdateTariffInput', {
  fields: t => ({
    id: t.globalID({ required: true, for: TariffRef }),
    code: t.string(),
    name: t.string(),
    currency: t.string(),
    ...terms(t),
  }),
});

const AssignTariffInput = builder.inputType('AssignTariffInput', {
  description: 'At most one of connector, charger and location; none of them: the whole network.',
  fields: t => ({
    tariffId: t.globalID({ required: true, for: TariffRef }),
    connectorId: t.globalID({ for: ConnectorRef }),
    chargerId: t.globalID({ for: ChargerRef }),
    locationId: t.globalID({ for: LocationRef }),
    effectiveFrom: t.field({ type: 'DateTime' }),
    effectiveTo: t.field({ type: 'DateTime' }),
  }),
});

const billing = inSubGraph('billing');

const AssignTariffPayload = builder.objectRef<{ tariffId: string }>('AssignTariffPayload').implement({
  subGraphs: ['billing'],
  fields: t => ({ tariff: t.field({ type: TariffRef, resolve: payload => payload.tariffId }) }),
});

billing.queryField('tariffs', t =>
  t.connection({
    type: TariffRef,
    args: {
      activeOnly: t.arg.boolean({ description: 'In effect now; true where left out.' }),
      offset: t.arg.int(),
    },
    resolve: async (_, { activeOnly, ...page }, ctx) =>
      toConnection(await listTariffs(ctx, { activeOnly }, page)),
  }),
);

billing.mutationFields(t => ({
  createTariff: t.field({
    type: TariffRef,
    description: 'Scope: write.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: CreateTariffInput, required: true }) },
    resolve: (_, { input: { networkId, ...fields } }, ctx) =>
      createTariff(ctx, { ...fields, networkId: networkId?.id ?? null }),
  }),
  updateTariff: t.field({
    type: TariffRef,
    description: 'For charges that begin from now on. Scope: write.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: UpdateTariffInput, required: true }) },
    resolve: (_, { input: { id, ...changes } }, ctx) => updateTariff(ctx, id.id, changes),
  }),
  assignTariff: t.field({
    type: AssignTariffPayload,
    description: 'Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: AssignTariffInput, required: true }) },
    resolve: async (_, { input }, ctx) => {
      const tariffId = input.tariffId.id;
      await assignTariff(ctx, {
        ...input,
        tariffId,
        connectorId: input.connectorId?.id ?? null,
        chargerId: input.chargerId?.id ?? null,
        locationId: input.locationId?.id ?? null,
      });
      return { tariffId };
    },
  }),
}));
