import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Driver } from './driver.entity.ts';
import type { Token } from './token.entity.ts';

/** A driver without the password's hash. */
export type DriverRow = Omit<Driver, 'passwordHash'>;

export async function loadDrivers(ctx: Context, ids: readonly string[]): Promise<DriverRow[]> {
  authorize(ctx.viewer, 'read');
  return (await drivers(ctx)
    .where('d.id', 'in', [...ids])
    .execute()) as DriverRow[];
}

export async function listDrivers(ctx: Context, request: PageRequest): Promise<Page<DriverRow>> {
  authorize(ctx.viewer, 'read');
  return pageOf<DriverRow>(
    drivers(ctx),
    {
      columns: ['d.created_at', 'd.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadTokens(ctx: Context, ids: readonly string[]): Promise<Token[]> {
  authorize(ctx.viewer, 'read');
  return (await tokens(ctx)
    .where('t.id', 'in', [...ids])
    .execute()) as Token[];
}

export async function tokensOfDrivers(ctx: Context, driverIds: readonly string[]): Promise<Token[]> {
  authorize(ctx.viewer, 'read');
  return (await tokens(ctx)
    .where('t.driverId', 'in', [...driverIds])
    .orderBy('t.createdAt', 'desc')
    .execute()) as Token[];
}

const drivers = (ctx: Context) =>
  db(ctx)
    .selectFrom('drivers as d')
    .select([
      'd.id',
      'd.networkId',
      'd.email',
      'd.firstName',
      'd.lastName',
      'd.phoneNumber',
      'd.address',
      'd.city',
      'd.state',
      'd.postalCode',
      'd.country',
      'd.createdAt',
      'd.updatedAt',
    ])
    .where('d.networkId', 'in', [...ctx.scope.networkIds]);

const tokens = (ctx: Context) =>
  db(ctx)
    .selectFrom('tokens as t')
    .selectAll('t')
    .where('t.networkId', 'in', [...ctx.scope.networkIds]);
