import { listSchedules } from '../src/domains/reservations/read-reservations.ts';
import type { SCHEDULE_STATUSES } from '../src/domains/reservations/schedule.entity.ts';
import { cancelSchedule, createSchedule } from '../src/domains/reservations/schedules.ts';
import { ConflictError, TokenInvalidError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef, DriverRef, ScheduleRef, SessionRef } from './refs.ts';

const ScheduleStatus = builder.enumType('ScheduleStatus', {
  values: {
    PENDING: { value: 'pending' },
    FIRING: { value: 'firing', description: 'The station is being asked.' },
    FIRED: { value: 'fired' },
    FAILED: { value: 'failed' },
    CANCELLED: { value: 'cancelled' },
  } as const satisfies Record<Uppercase<(typeof SCHEDULE_STATUSES)[number]>, object>,
});

ScheduleRef.implement({
  description: 'A charge to be started at a time.',
  fields: t => ({
    status: t.expose('status', { type: ScheduleStatus }),
    statusReason: t.exposeString('statusReason', { nullable: true }),
    scheduledTime: t.expose('scheduledTime', { type: 'DateTime' }),
    firedAt: t.expose('firedAt', { type: 'DateTime', nullable: true }),
    idTag: t.exposeString('idTag'),
    charger: t.field({ type: ChargerRef, resolve: schedule => schedule.chargerId }),
    connectorNumber: t.exposeInt('connectorNumber'),
    driver: t.field({ type: DriverRef, resolve: schedule => schedule.driverId }),
    session: t.field({ type: SessionRef, nullable: true, resolve: schedule => schedule.sessionId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const CreateScheduleInput = builder.inputType('CreateScheduleInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ description: '1 where left out.' }),
    idTag: t.string({ description: "The driver's newest valid token where left out." }),
    scheduledTime: t.field({ type: 'DateTime', required: true, description: 'Within 30 days.' }),
  }),
});

const charging = inSubGraph('charging');

charging.queryField('schedules', t =>
  t.connection({
    type: ScheduleRef,
    description: "The signed-in driver's own, the one that is due last first.",
    args: { offset: t.arg.int() },
    resolve: async (_, page, ctx) => toConnection(await listSchedules(ctx, page)),
  }),
);

charging.mutationFields(t => ({
  createSchedule: t.field({
    type: ScheduleRef,
    description: 'Plans the start of a charge for the signed-in driver. Scope: control.',
    errors: { types: [...commonErrors, TokenInvalidError] },
    args: { input: t.arg({ type: CreateScheduleInput, required: true }) },
    resolve: (_, { input }, ctx) => createSchedule(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  cancelSchedule: t.field({
    type: ScheduleRef,
    description: 'Calls a schedule off that has not fired. Scope: control.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { id: t.arg.globalID({ required: true, for: ScheduleRef }) },
    resolve: (_, { id }, ctx) => cancelSchedule(ctx, id.id),
  }),
}));
