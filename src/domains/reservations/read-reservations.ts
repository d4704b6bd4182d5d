import { authorize, requireDriver, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Reservation } from './reservation.entity.ts';
import type { ReservationStatus } from './reservation-states.ts';
import type { Schedule } from './schedule.entity.ts';

export interface ReservationFilter {
  readonly statuses?: readonly ReservationStatus[] | null;
}

/** The newest first: a driver's own, an operator's networks'. */
export async function listReservations(
  ctx: Context,
  filter: ReservationFilter,
  request: PageRequest,
): Promise<Page<Reservation>> {
  authorize(ctx.viewer, 'read', 'either');
  return pageOf<Reservation>(
    reservations(ctx).$if(filter.statuses != null, q => q.where('r.status', 'in', [...filter.statuses!])),
    {
      columns: ['r.created_at', 'r.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadReservations(ctx: Context, ids: readonly string[]): Promise<Reservation[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await reservations(ctx)
    .where('r.id', 'in', [...ids])
    .execute()) as Reservation[];
}

function reservations(ctx: Context) {
  const driver = signedInDriver(ctx.viewer);
  return db(ctx)
    .selectFrom('reservations as r')
    .selectAll('r')
    .where('r.networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, q => q.where('r.driverId', '=', driver!.id));
}

/** The driver's own schedules, the one that is due last first. */
export async function listSchedules(ctx: Context, request: PageRequest): Promise<Page<Schedule>> {
  const driver = requireDriver(ctx, 'read');
  return pageOf<Schedule>(
    schedules(ctx).where('s.driverId', '=', driver.id),
    {
      columns: ['s.scheduled_time', 's.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.scheduledTime, row.id],
    },
    request,
  );
}

export async function loadSchedules(ctx: Context, ids: readonly string[]): Promise<Schedule[]> {
  authorize(ctx.viewer, 'read', 'either');
  const driver = signedInDriver(ctx.viewer);
  return (await schedules(ctx)
    .where('s.id', 'in', [...ids])
    .$if(driver !== null, q => q.where('s.driverId', '=', driver!.id))
    .execute()) as Schedule[];
}

const schedules = (ctx: Context) =>
  db(ctx)
    .selectFrom('schedules as s')
    .selectAll('s')
    .where('s.networkId', 'in', [...ctx.scope.networkIds]);
