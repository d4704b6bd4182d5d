import { LIMIT_SOURCES, type LimitSource } from '../src/domains/smart-charging/charging-profile.entity.ts';
import {
  type ClearedProfiles,
  chargingProfiles,
  clearChargingProfiles,
  type KnownProfile,
  PROFILE_STATUSES,
  type ProfileStatus,
  setChargingProfile,
} from '../src/domains/smart-charging/charging-profiles.ts';
import { requestProfileReport } from '../src/domains/smart-charging/station-profiles.ts';
import {
  PROFILE_KINDS,
  PROFILE_PURPOSES,
  type ProfileKind,
  type ProfilePeriod,
  type ProfilePurpose,
  RECURRENCIES,
  type Recurrency,
} from '../src/kernel/charger-commands.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors, stationErrors } from './errors.ts';
import { ChargerRef, SessionRef } from './refs.ts';
import { CommandResultRef } from './remote-control.ts';
import { ChargingRateUnit } from './smart-charging.ts';

/** OCPP's words as an enum's. */
const enumValues = <Word extends string>(words: readonly Word[]) =>
  Object.fromEntries(
    words.map(word => [word.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(), { value: word }]),
  ) as Record<string, { value: Word }>;

const PurposeEnum = builder.enumType('ChargingProfilePurpose', {
  description:
    'CHARGE_POINT_MAX caps the whole station (OCPP 2.0.1: ChargingStationMaxProfile). TX holds for one charge, TX_DEFAULT for any that has no TX. EXTERNAL_CONSTRAINTS are told by stations alone.',
  values: enumValues<ProfilePurpose>(PROFILE_PURPOSES),
});

const SettablePurpose = builder.enumType('SettableChargingProfilePurpose', {
  values: enumValues(['ChargePointMax', 'TxDefault', 'Tx'] as const),
});

const KindEnum = builder.enumType('ChargingProfileKind', {
  description: 'RELATIVE begins with the charge.',
  values: enumValues<ProfileKind>(PROFILE_KINDS),
});

const RecurrencyEnum = builder.enumType('ChargingProfileRecurrency', {
  description: 'Every 24 hours, or every 7 days of 24 hours, whatever the clocks of a country do.',
  values: enumValues<Recurrency>(RECURRENCIES),
});

const StatusEnum = builder.enumType('ChargingProfileStatus', {
  description:
    'PENDING: the station has not answered, and is told again. REMOVING: it has not said to have forgotten it. REPORTED: the station’s own. ENDED: its charge is over.',
  values: Object.fromEntries(
    PROFILE_STATUSES.map(status => [status.toUpperCase(), { value: status }]),
  ) as Record<string, { value: ProfileStatus }>,
});

const SourceEnum = builder.enumType('ChargingLimitSource', {
  description: 'CSO is this network; EMS an energy management system on site, SO the grid’s operator.',
  values: Object.fromEntries(
    LIMIT_SOURCES.map(source => [source.toUpperCase(), { value: source }]),
  ) as Record<string, { value: LimitSource }>,
});

const PeriodRef = builder.objectRef<ProfilePeriod>('ChargingProfilePeriod').implement({
  subGraphs: ['network'],
  fields: t => ({
    startPeriod: t.exposeInt('startPeriod', { description: 'Seconds after the schedule’s start.' }),
    limit: t.exposeFloat('limit'),
    numberPhases: t.exposeInt('numberPhases', { nullable: true }),
  }),
});

const ProfileRef = builder.objectRef<KnownProfile>('ChargingProfile').implement({
  description: 'A charging profile (OCPP 1.6, section 7.8; 2.0.1, section 2.10).',
  subGraphs: ['network'],
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: profile => profile.chargerId }),
    connectorNumber: t.exposeInt('connectorNumber', { description: '0 for the whole station.' }),
    profileId: t.exposeInt('number', { description: 'OCPP’s id: names it at the station.' }),
    status: t.expose('status', { type: StatusEnum }),
    purpose: t.expose('purpose', { type: PurposeEnum }),
    stackLevel: t.exposeInt('stackLevel', { description: 'Of one purpose the highest wins.' }),
    kind: t.expose('kind', { type: KindEnum }),
    recurrency: t.expose('recurrency', { type: RecurrencyEnum, nullable: true }),
    validFrom: t.expose('validFrom', { type: 'DateTime', nullable: true, description: 'Inclusive.' }),
    validTo: t.expose('validTo', { type: 'DateTime', nullable: true, description: 'Exclusive.' }),
    session: t.field({
      type: SessionRef,
      nullable: true,
      description: 'The charge that a TX profile is for.',
      resolve: profile => profile.sessionId ?? null,
    }),
    unit: t.expose('unit', { type: ChargingRateUnit }),
    startsAt: t.expose('startsAt', { type: 'DateTime', nullable: true }),
    durationSeconds: t.exposeInt('durationSeconds', { nullable: true }),
    minChargingRate: t.expose('minChargingRate', { type: 'Decimal', nullable: true }),
    periods: t.expose('periods', { type: [PeriodRef], description: 'As they were asked for.' }),
    sentPeriods: t.expose('sentPeriods', {
      type: [PeriodRef],
      nullable: true,
      description: 'What the station accepted last: none above the connector’s limit.',
    }),
    source: t.expose('source', {
      type: SourceEnum,
      nullable: true,
      description: 'Whose a reported one is.',
    }),
    requestedBy: t.exposeString('requestedBy', {
      nullable: true,
      description: 'The UUID of the API key that asked.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

const ClearedRef = builder.objectRef<ClearedProfiles>('ClearChargingProfilesPayload').implement({
  subGraphs: ['network'],
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: cleared => cleared.chargerId }),
    profileIds: t.expose('numbers', { type: ['Int'], description: 'All that were meant.' }),
    pendingProfileIds: t.expose('pendingNumbers', {
      type: ['Int'],
      description: 'Those that the station has not said to have forgotten: it is told again.',
    }),
  }),
});

const PeriodInput = builder.inputType('ChargingProfilePeriodInput', {
  fields: t => ({
    startPeriod: t.int({ required: true, description: 'Seconds; the first is 0.' }),
    limit: t.float({ required: true, description: 'The station takes one decimal.' }),
    numberPhases: t.int(),
  }),
});

export const ChargingScheduleInput = builder.inputType('ChargingScheduleInput', {
  fields: t => ({
    kind: t.field({ type: KindEnum, required: true }),
    recurrency: t.field({ type: RecurrencyEnum, description: 'Of a recurring one.' }),
    validFrom: t.field({ type: 'DateTime', description: 'Inclusive.' }),
    validTo: t.field({ type: 'DateTime', description: 'Exclusive.' }),
    stackLevel: t.int({ description: '0 where left out.' }),
    unit: t.field({ type: ChargingRateUnit, required: true }),
    startsAt: t.field({ type: 'DateTime', description: 'Of an absolute or recurring one.' }),
    durationSeconds: t.int({ description: 'Without end where left out.' }),
    minChargingRate: t.float(),
    periods: t.field({ type: [PeriodInput], required: true }),
  }),
});

const SetChargingProfileInput = builder.inputType('SetChargingProfileInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ required: true, description: '0 for the whole station.' }),
    purpose: t.field({ type: SettablePurpose, required: true }),
    schedule: t.field({ type: ChargingScheduleInput, required: true }),
  }),
});

const ClearChargingProfilesInput = builder.inputType('ClearChargingProfilesInput', {
  description: 'All that fit; what is left out fits anything.',
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    profileIds: t.field({ type: ['Int'] }),
    connectorNumber: t.int({ description: '0 for those of the whole station.' }),
    purpose: t.field({ type: SettablePurpose }),
    stackLevel: t.int(),
  }),
});

const RequestReportInput = builder.inputType('RequestChargingProfilesInput', {
  fields: t => ({ chargerId: t.globalID({ required: true, for: ChargerRef }) }),
});

const RequestReportPayload = builder
  .objectRef<Awaited<ReturnType<typeof requestProfileReport>>>('RequestChargingProfilesPayload')
  .implement({ interfaces: [CommandResultRef], subGraphs: ['network'] });

const network = inSubGraph('network');

network.queryField('chargingProfiles', t =>
  t.field({
    type: [ProfileRef],
    description:
      'What operators have set for a charger, and what it told of; connectors’ limits are `Connector.limit`. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { chargerId }, ctx) => chargingProfiles(ctx, chargerId.id),
  }),
);

network.mutationFields(t => ({
  setChargingProfile: t.field({
    type: ProfileRef,
    description:
      'Gives a station a charging profile, in place of the one with the same connector, purpose and stack level. A connector’s own limit stays the most. For operators. Scope: control.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: SetChargingProfileInput, required: true }) },
    resolve: (_, { input: { schedule, chargerId, ...place } }, ctx) =>
      setChargingProfile(ctx, { ...schedule, ...place, chargerId: chargerId.id }),
  }),
  clearChargingProfiles: t.field({
    type: ClearedRef,
    description: 'Takes operators’ charging profiles back. For operators. Scope: control.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: ClearChargingProfilesInput, required: true }) },
    resolve: (_, { input: { profileIds, chargerId, ...filter } }, ctx) =>
      clearChargingProfiles(ctx, { ...filter, numbers: profileIds ?? null, chargerId: chargerId.id }),
  }),
  requestChargingProfiles: t.field({
    type: RequestReportPayload,
    description:
      'Has a station report all its charging profiles; they are in `chargingProfiles` once it has. OCPP 2.0.1. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: RequestReportInput, required: true }) },
    resolve: (_, { input }, ctx) => requestProfileReport(ctx, input.chargerId.id),
  }),
}));
