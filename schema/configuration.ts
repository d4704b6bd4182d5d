import type { ChargerVariable } from '../src/domains/maintenance/configuration.entity.ts';
import { CHANGE_OUTCOMES } from '../src/domains/maintenance/configuration.entity.ts';
import {
  type ChargerConfiguration,
  chargerConfiguration,
  listConfigurationChanges,
  readConfiguration,
} from '../src/domains/maintenance/read-configuration.ts';
import { setConfiguration } from '../src/domains/maintenance/set-configuration.ts';
import type { AttributeType, Mutability, VariableName } from '../src/kernel/charger-commands.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { stationErrors } from './errors.ts';
import { ChargerRef, ConfigurationChangeRef } from './refs.ts';

const AttributeTypeEnum = builder.enumType('VariableAttribute', {
  description: 'OCPP 2.0.1’s attributes; 1.6 knows ACTUAL alone.',
  values: {
    ACTUAL: { value: 'Actual' },
    TARGET: { value: 'Target' },
    MIN_SET: { value: 'MinSet' },
    MAX_SET: { value: 'MaxSet' },
  } as const satisfies Record<string, { value: AttributeType }>,
});

const MutabilityEnum = builder.enumType('VariableMutability', {
  values: {
    READ_ONLY: { value: 'ReadOnly' },
    WRITE_ONLY: { value: 'WriteOnly' },
    READ_WRITE: { value: 'ReadWrite' },
  } as const satisfies Record<string, { value: Mutability }>,
});

const ChangeOutcomeEnum = builder.enumType('ConfigurationOutcome', {
  description: 'What the station said to a change.',
  values: Object.fromEntries(
    CHANGE_OUTCOMES.map(outcome => [outcome.toUpperCase(), { value: outcome }]),
  ) as Record<string, { value: (typeof CHANGE_OUTCOMES)[number] }>,
});

const VariableNameRef = builder.objectRef<VariableName>('VariableName').implement({
  description: 'A setting’s name. OCPP 1.6 has the variable alone (its key).',
  subGraphs: ['network'],
  fields: t => ({
    component: t.string({ nullable: true, resolve: name => name.component || null }),
    componentInstance: t.string({ nullable: true, resolve: name => name.componentInstance || null }),
    evseNumber: t.int({ nullable: true, resolve: name => name.evseNumber || null }),
    variable: t.exposeString('variable'),
    variableInstance: t.string({ nullable: true, resolve: name => name.variableInstance || null }),
  }),
});

const ChargerVariableRef = builder.objectRef<ChargerVariable>('ChargerVariable').implement({
  description: 'A setting as the station last told it.',
  subGraphs: ['network'],
  fields: t => ({
    name: t.field({ type: VariableNameRef, resolve: variable => variable }),
    attributeType: t.expose('attributeType', { type: AttributeTypeEnum }),
    value: t.exposeString('value', {
      nullable: true,
      description: 'Null for secrets, which nobody is shown.',
    }),
    isSecret: t.exposeBoolean('isSecret'),
    mutability: t.expose('mutability', {
      type: MutabilityEnum,
      nullable: true,
      description: 'Null until the station has told it.',
    }),
    dataType: t.exposeString('dataType', { nullable: true, description: 'OCPP 2.0.1 tells it.' }),
    unit: t.exposeString('unit', { nullable: true }),
    readAt: t.expose('readAt', { type: 'DateTime' }),
  }),
});

const ConfigurationRef = builder.objectRef<ChargerConfiguration>('ChargerConfiguration').implement({
  description: 'A station’s settings as far as they are known: `readChargerConfiguration` has it tell them.',
  subGraphs: ['network'],
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: configuration => configuration.chargerId }),
    variables: t.field({ type: [ChargerVariableRef], resolve: ({ variables }) => [...variables] }),
    unknown: t.field({
      type: [VariableNameRef],
      description: 'Of those asked for just now: what the station does not know.',
      resolve: ({ unknown }) => [...unknown],
    }),
  }),
});

ConfigurationChangeRef.implement({
  description: 'Who wanted which setting changed, and what the station said.',
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: change => change.chargerId }),
    name: t.field({ type: VariableNameRef, resolve: change => change }),
    attributeType: t.expose('attributeType', { type: AttributeTypeEnum }),
    oldValue: t.exposeString('oldValue', {
      nullable: true,
      description: 'Null for secrets, and where unknown.',
    }),
    newValue: t.exposeString('newValue', { nullable: true, description: 'Null for secrets.' }),
    outcome: t.expose('outcome', { type: ChangeOutcomeEnum }),
    requestedBy: t.exposeString('requestedBy', {
      nullable: true,
      description: 'The UUID of the API key that asked.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const VariableNameInput = builder.inputType('VariableNameInput', {
  fields: t => ({
    component: t.string({ description: 'OCPP 2.0.1 alone.' }),
    componentInstance: t.string(),
    evseNumber: t.int(),
    variable: t.string({ required: true, description: 'OCPP 1.6: the key.' }),
    variableInstance: t.string(),
  }),
});

const ReadConfigurationInput = builder.inputType('ReadChargerConfigurationInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    variables: t.field({ type: [VariableNameInput], description: 'All where left out.' }),
  }),
});

const SetConfigurationInput = builder.inputType('SetChargerConfigurationInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    name: t.field({ type: VariableNameInput, required: true }),
    attributeType: t.field({ type: AttributeTypeEnum, description: 'ACTUAL where left out.' }),
    value: t.string({ required: true }),
  }),
});

interface GivenName {
  readonly component?: string | null;
  readonly componentInstance?: string | null;
  readonly evseNumber?: number | null;
  readonly variable: string;
  readonly variableInstance?: string | null;
}

const nameOf = (given: GivenName): VariableName => ({
  component: given.component ?? null,
  componentInstance: given.componentInstance ?? null,
  evseNumber: given.evseNumber ?? null,
  variable: given.variable,
  variableInstance: given.variableInstance ?? null,
});

const network = inSubGraph('network');

network.queryFields(t => ({
  chargerConfiguration: t.field({
    type: ConfigurationRef,
    description: 'What is known of a station’s settings. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { chargerId }, ctx) => chargerConfiguration(ctx, chargerId.id),
  }),
  configurationChanges: t.connection({
    type: ConfigurationChangeRef,
    description: 'Who changed what at a station, the newest first. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: async (_, { chargerId, ...page }, ctx) =>
      toConnection(await listConfigurationChanges(ctx, chargerId.id, page)),
  }),
}));

network.mutationFields(t => ({
  readChargerConfiguration: t.field({
    type: ConfigurationRef,
    description: 'Has a station tell its settings. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: ReadConfigurationInput, required: true }) },
    resolve: (_, { input: { chargerId, variables } }, ctx) =>
      readConfiguration(ctx, { chargerId: chargerId.id, variables: variables?.map(nameOf) ?? null }),
  }),
  setChargerConfiguration: t.field({
    type: ConfigurationChangeRef,
    description:
      'Has a station change a setting; its `outcome` is what the station said. With the password (AuthorizationKey, SecurityCtrlr.BasicAuthPassword) the station may come from now on. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: SetConfigurationInput, required: true }) },
    resolve: (_, { input: { chargerId, name, attributeType, value } }, ctx) =>
      setConfiguration(ctx, {
        chargerId: chargerId.id,
        ...nameOf(name),
        attributeType: attributeType ?? null,
        value,
      }),
  }),
}));
