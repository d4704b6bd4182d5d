import { sql } from 'kysely';
import { authorize, requireDriver, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Driver } from './driver.entity.ts';
import type { Token, TokenType } from './token.entity.ts';

/** A driver without the password's hash. */
export type DriverRow = Omit<Driver, 'passwordHash'>;

/** Operators see their networks' drivers, a driver sees themself. */
export async function loadDrivers(ctx: Context, ids: readonly string[]): Promise<DriverRow[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await drivers(ctx)
    .where('d.id', 'in', [...ids])
    .execute()) as DriverRow[];
}

export interface DriverFilter {
  /** In the name, the e-mail or the phone number, without regard to case. */
  readonly text?: string | null;
}

export async function listDrivers(
  ctx: Context,
  filter: DriverFilter,
  request: PageRequest,
): Promise<Page<DriverRow>> {
  authorize(ctx.viewer, 'read');
  const pattern = filter.text && `%${filter.text.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const query = drivers(ctx).$if(Boolean(pattern), q =>
    q.where(
      sql<boolean>`concat_ws(' ', d.first_name, d.last_name, d.email, d.phone_number) ilike ${pattern}`,
    ),
  );
  return pageOf<DriverRow>(
    query,
    {
      columns: ['d.created_at', 'd.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

/** The id of the driver who asks. */
export const me = (ctx: Context): string => requireDriver(ctx, 'read').id;

export interface DriverTotals {
  readonly driverId: string;
  readonly sessions: number;
  readonly energyWh: string;
  readonly currency: string;
  /** Minor units of `currency`, as text; bills in other currencies are left out. */
  readonly spent: string;
}

/** What drivers have charged and paid for, all of it in two index scans however many drivers are asked for. */
export async function totalsOfDrivers(ctx: Context, driverIds: readonly string[]): Promise<DriverTotals[]> {
  authorize(ctx.viewer, 'read', 'either');
  const { rows } = await sql<DriverTotals>`
    select d.id "driverId", n.currency, coalesce(s.sessions, 0)::int sessions,
           coalesce(s.energy_wh, 0)::text "energyWh", coalesce(t.spent, 0)::text spent
      from drivers d
      join networks n on n.id = d.network_id
      left join (select driver_id, count(*) sessions, sum(energy_wh) energy_wh from sessions
                  where driver_id = any(${[...driverIds]}::uuid[]) group by driver_id) s on s.driver_id = d.id
      left join (select driver_id, currency, sum(total) spent from transactions
                  where driver_id = any(${[...driverIds]}::uuid[]) group by driver_id, currency) t
             on t.driver_id = d.id and t.currency = n.currency
     where d.id = any(${[...driverIds]}::uuid[]) and d.network_id = any(${[...ctx.scope.networkIds]}::uuid[])
  `.execute(ctx.em.getKysely());
  return rows;
}

export async function loadTokens(ctx: Context, ids: readonly string[]): Promise<Token[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await tokens(ctx)
    .where('t.id', 'in', [...ids])
    .execute()) as Token[];
}

export interface TokenFilter {
  readonly driverId?: string | null;
  readonly type?: TokenType | null;
  readonly valid?: boolean | null;
}

/** Neither blocked, nor revoked, nor expired. */
export const isValid = (token: Token, nowMs: number): boolean =>
  !token.isBlocked && !token.revokedAt && (!token.expiresAt || epochMs(token.expiresAt) > nowMs);

export async function listTokens(
  ctx: Context,
  filter: TokenFilter,
  request: PageRequest,
): Promise<Page<Token>> {
  authorize(ctx.viewer, 'read');
  const valid = sql<boolean>`(not t.is_blocked and t.revoked_at is null
    and (t.expires_at is null or t.expires_at > ${ctx.now().toString()}))`;
  const query = tokens(ctx)
    .$if(filter.driverId != null, q => q.where('t.driverId', '=', filter.driverId!))
    .$if(filter.type != null, q => q.where('t.type', '=', filter.type!))
    .$if(filter.valid != null, q => q.where(valid, '=', filter.valid!));
  return pageOf<Token>(
    query,
    {
      columns: ['t.created_at', 't.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function tokensOfDrivers(ctx: Context, driverIds: readonly string[]): Promise<Token[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await tokens(ctx)
    .where('t.driverId', 'in', [...driverIds])
    .orderBy('t.createdAt', 'desc')
    .orderBy('t.id', 'desc')
    .execute()) as Token[];
}

function drivers(ctx: Context) {
  const self = signedInDriver(ctx.viewer);
  return db(ctx)
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
    .where('d.networkId', 'in', [...ctx.scope.networkIds])
    .$if(self !== null, q => q.where('d.id', '=', self!.id));
}

function tokens(ctx: Context) {
  const self = signedInDriver(ctx.viewer);
  return db(ctx)
    .selectFrom('tokens as t')
    .selectAll('t')
    .where('t.networkId', 'in', [...ctx.scope.networkIds])
    .$if(self !== null, q => q.where('t.driverId', '=', self!.id));
}
