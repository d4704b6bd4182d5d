import { seesPublicOnly } from '../src/auth/authorize.ts';
import type { ChargingLimit } from '../src/domains/smart-charging/charging-limit.entity.ts';
import type { ScheduleDifference } from '../src/domains/smart-charging/compare-schedules.ts';
import {
  type CompositeScheduleResult,
  getCompositeSchedule,
} from '../src/domains/smart-charging/composite-of-charger.ts';
import type { CompositePeriod } from '../src/domains/smart-charging/composite-schedule.ts';
import {
  type ClearLimitResult,
  clearLimit,
  type SetLimitResult,
  setLimit,
} from '../src/domains/smart-charging/limits.ts';
import { setLocationPowerLimit } from '../src/domains/smart-charging/power-limit.ts';
import { limitsOfConnectors } from '../src/domains/smart-charging/read-limits.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef, ConnectorRef, LocationRef } from './refs.ts';
import { CommandResultRef } from './remote-control.ts';

export const ChargingRateUnit = builder.enumType('ChargingRateUnit', {
  description: 'Amperes of each line, or watts.',
  values: ['A', 'W'] as const,
});

const ConnectorLimit = builder.objectRef<ChargingLimit>('ConnectorLimit').implement({
  subGraphs: ['network'],
  description: 'What a connector is held to.',
  fields: t => ({
    requestedUnit: t.expose('requestedUnit', { type: ChargingRateUnit, nullable: true }),
    requestedLimit: t.expose('requestedLimit', {
      type: 'Decimal',
      nullable: true,
      description: 'What a driver or an operator has asked for.',
    }),
    shareW: t.exposeInt('shareW', {
      nullable: true,
      description: 'Of the location’s ceiling; without a charge, what one may begin with.',
    }),
    sentW: t.exposeInt('sentW', {
      nullable: true,
      description: 'What the station accepted last; null where it holds no limit of ours.',
    }),
    refusedAt: t.expose('refusedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the station last refused what the location’s ceiling asks of it: it counts at its maximum. Null once it obeys, or has started anew.',
    }),
  }),
});

const SetLimitResultRef = builder.objectRef<SetLimitResult>('SetChargingLimitResult').implement({
  interfaces: [CommandResultRef],
  fields: t => ({
    connectorNumber: t.exposeInt('connectorNumber'),
    unit: t.expose('unit', { type: ChargingRateUnit }),
    limit: t.exposeFloat('limit', {
      description: 'As it was asked for; the station is told the lower of it and the location’s share.',
    }),
    profileId: t.exposeInt('profileId', { description: 'OCPP’s id of the charging profile.' }),
  }),
});

const ClearLimitResultRef = builder.objectRef<ClearLimitResult>('ClearChargingLimitResult').implement({
  interfaces: [CommandResultRef],
  fields: t => ({
    connectorNumber: t.exposeInt('connectorNumber'),
    profileId: t.exposeInt('profileId', { description: 'OCPP’s id of the charging profile.' }),
  }),
});

const CompositePeriodRef = builder.objectRef<CompositePeriod>('CompositeSchedulePeriod').implement({
  subGraphs: ['network'],
  fields: t => ({
    startPeriod: t.exposeInt('startPeriod', { description: 'Seconds after the schedule’s start.' }),
    limit: t.exposeFloat('limit', {
      nullable: true,
      description: 'Null where nothing limits the connector but itself.',
    }),
    numberPhases: t.exposeInt('numberPhases', { nullable: true }),
  }),
});

const DifferenceRef = builder.objectRef<ScheduleDifference>('ScheduleDifference').implement({
  description: 'From one second to the next, the station does not hold what we expect.',
  subGraphs: ['network'],
  fields: t => ({
    fromSecond: t.exposeInt('fromSecond', { description: 'After the schedule’s start; inclusive.' }),
    toSecond: t.exposeInt('toSecond', { description: 'Exclusive.' }),
    ours: t.exposeFloat('ours', { nullable: true, description: 'Null for whatever the connector can do.' }),
    station: t.exposeFloat('station', {
      nullable: true,
      description: 'Null for whatever the connector can do.',
    }),
    difference: t.exposeFloat('difference', {
      description: 'The station’s less ours: above 0 where it lets more through.',
    }),
  }),
});

const CompositeScheduleRef = builder.objectRef<CompositeScheduleResult>('CompositeScheduleResult').implement({
  interfaces: [CommandResultRef],
  fields: t => ({
    connectorNumber: t.exposeInt('connectorNumber'),
    unit: t.expose('unit', { type: ChargingRateUnit }),
    schedule: t.field({
      type: 'JSON',
      nullable: true,
      description: 'As the station gave it, in the shape of OCPP 1.6, section 7.13.',
      resolve: result => result.schedule,
    }),
    startsAt: t.expose('startsAt', {
      type: 'DateTime',
      description: 'Of what follows: the station’s start where it gave one, else now.',
    }),
    durationSeconds: t.exposeInt('durationSeconds'),
    ours: t.expose('ours', {
      type: [CompositePeriodRef],
      description: 'What follows from the connector’s limit and all charging profiles that are known here.',
    }),
    differences: t.expose('differences', {
      type: [DifferenceRef],
      nullable: true,
      description: 'Where the station’s is another than ours; null where it gave none.',
    }),
  }),
});

const SetChargingLimitInput = builder.inputType('SetChargingLimitInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ description: '1 where left out.' }),
    unit: t.field({ type: ChargingRateUnit, description: 'A where left out.' }),
    limit: t.float({ description: 'Needed; the station takes one decimal.' }),
  }),
});

const ClearChargingLimitInput = builder.inputType('ClearChargingLimitInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ description: '1 where left out.' }),
  }),
});

const SetLocationPowerLimitInput = builder.inputType('SetLocationPowerLimitInput', {
  fields: t => ({
    locationId: t.globalID({ required: true, for: LocationRef }),
    powerLimitW: t.int({ description: 'Null takes the ceiling away.' }),
  }),
});

const network = inSubGraph('network');

network.objectField(LocationRef, 'powerLimitW', t =>
  t.int({
    nullable: true,
    description: 'What all chargers together may draw; for operators.',
    resolve: (location, _, ctx) => (seesPublicOnly(ctx.viewer) ? null : location.powerLimitW),
  }),
);

network.objectField(ConnectorRef, 'limit', t =>
  t.loadable({
    type: ConnectorLimit,
    nullable: true,
    description: 'For operators, and for a driver where their charge is open.',
    load: async (connectorIds: string[], ctx) => {
      const limits = new Map(
        (await limitsOfConnectors(ctx, connectorIds)).map(limit => [limit.connectorId, limit]),
      );
      return connectorIds.map(id => limits.get(id) ?? null);
    },
    resolve: connector => connector.id,
  }),
);

network.queryField('compositeSchedule', t =>
  t.field({
    type: CompositeScheduleRef,
    description:
      'Asks a station what it makes of all its charging profiles, from now on, and compares it with what we make of them. A driver: at the charger of their open session or reservation. Scope: read.',
    args: {
      chargerId: t.arg.globalID({ required: true, for: ChargerRef }),
      connectorNumber: t.arg.int({ description: '1 where left out.' }),
      unit: t.arg({ type: ChargingRateUnit, description: 'A where left out.' }),
      durationSeconds: t.arg.int({ description: 'A day where left out; at most a week.' }),
    },
    resolve: (_, { chargerId, ...input }, ctx) =>
      getCompositeSchedule(ctx, { ...input, chargerId: chargerId.id }),
  }),
);

network.mutationFields(t => ({
  setChargingLimit: t.field({
    type: SetLimitResultRef,
    description:
      'Limits a connector; a driver’s limit ends with their charge. A driver: at the charger of their open session or reservation. Scope: control.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: SetChargingLimitInput, required: true }) },
    resolve: (_, { input }, ctx) => setLimit(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  clearChargingLimit: t.field({
    type: ClearLimitResultRef,
    description:
      'Takes a connector’s limit back; the location’s share stays. A driver: at the charger of their open session or reservation. Scope: control.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: ClearChargingLimitInput, required: true }) },
    resolve: (_, { input }, ctx) => clearLimit(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  setLocationPowerLimit: t.field({
    type: LocationRef,
    description:
      'Sets what a location’s chargers may draw together: it is shared among the charges there. Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: SetLocationPowerLimitInput, required: true }) },
    resolve: (_, { input: { locationId, powerLimitW } }, ctx) =>
      setLocationPowerLimit(ctx, { locationId: locationId.id, powerLimitW }),
  }),
}));
