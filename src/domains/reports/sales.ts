import Big from 'big.js';
import { type RawBuilder, sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { divideHalfUp, type Money } from '../../kernel/money.ts';
import { type KeyType, type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import { MAX_REPORT_PAGE, type Report } from './report.ts';

/** What the bills of a day, a location or a driver come to. Amounts are minor units of `currency`, as text. */
export interface Sales {
  /** Whose they are; rows are in its order. */
  readonly key: string;
  /** Billed ones. */
  readonly sessions: number;
  readonly energyWh: string;
  readonly currency: string;
  /** Taxes included, refunds subtracted. */
  readonly revenue: string;
  /** The part of the revenue that is tax: a refund gives back its share. */
  readonly tax: string;
}

export interface LocationSales extends Sales {
  /** Null for bills of chargers that stand nowhere. */
  readonly locationId: string | null;
  readonly locationName: string | null;
}

export interface DriverSales extends Sales {
  /** Null for bills of tokens that are no driver's. */
  readonly driverId: string | null;
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
}

export const averageRevenue = ({ revenue, sessions, currency }: Sales): Money => ({
  minor: divideHalfUp(new Big(revenue), sessions),
  currency,
});

/** By the UTC day on which the charge ended, the earliest first; the key is its first moment. */
export function dailySales(ctx: Context, report: Report, request: PageRequest): Promise<Page<Sales>> {
  const day = sql<string>`date_trunc('day', t.end_time, 'UTC')`;
  const query = db(ctx)
    .selectFrom(sales(ctx, report, day).as('r'))
    .selectAll('r');
  return page(query, 'timestamptz', request);
}

/** By location, in the order in which they were made. */
export function salesByLocation(
  ctx: Context,
  report: Report,
  request: PageRequest,
): Promise<Page<LocationSales>> {
  const query = db(ctx)
    .selectFrom(sales(ctx, report, orNobody('t.location_id')).as('r'))
    .leftJoin('locations as l', 'l.id', 'r.key')
    .selectAll('r')
    .select(['l.id as locationId', 'l.name as locationName']);
  return page(query, 'uuid', request);
}

/** By driver, in the order in which they were made. */
export function salesByDriver(
  ctx: Context,
  report: Report,
  request: PageRequest,
): Promise<Page<DriverSales>> {
  const query = db(ctx)
    .selectFrom(sales(ctx, report, orNobody('t.driver_id')).as('r'))
    .leftJoin('drivers as d', 'd.id', 'r.key')
    .selectAll('r')
    .select(['d.id as driverId', 'd.email', 'd.firstName', 'd.lastName']);
  return page(query, 'uuid', request);
}

/** Cursors compare keys, and null compares with nothing. */
const orNobody = (column: string): RawBuilder<string> =>
  sql<string>`coalesce(${sql.ref(column)}, '00000000-0000-0000-0000-000000000000'::uuid)`;

function sales(ctx: Context, { window, currency, locationId, driverId }: Report, key: RawBuilder<string>) {
  authorize(ctx.viewer, 'read');
  return db(ctx)
    .selectFrom('transactions as t')
    .select([
      key.as('key'),
      't.currency',
      sql<number>`count(*)::int`.as('sessions'),
      sql<string>`sum(t.energy_wh)::text`.as('energyWh'),
      sql<string>`sum(t.total - t.refunded)::text`.as('revenue'),
      // the share of a refund is rounded half up for each bill, in whole numbers
      sql<string>`sum(case when t.refunded = 0 then t.tax
                           when t.refunded >= t.total then 0
                           else t.tax - div(2 * t.tax::numeric * t.refunded + t.total, 2 * t.total::numeric)
                      end)::bigint::text`.as('tax'),
    ])
    .where('t.networkId', 'in', [...ctx.scope.networkIds])
    .where('t.currency', '=', currency)
    .where('t.endTime', '>=', window.first)
    .where('t.endTime', '<=', window.last)
    .$if(locationId !== null, q => q.where('t.locationId', '=', locationId!))
    .$if(driverId !== null, q => q.where('t.driverId', '=', driverId!))
    .groupBy(['t.currency', key]);
}

const page = <Row extends Sales>(
  query: Parameters<typeof pageOf>[0],
  type: KeyType,
  request: PageRequest,
): Promise<Page<Row>> =>
  pageOf<Row>(
    query,
    {
      columns: ['r.key', 'r.key'],
      types: [type, type],
      descending: false,
      keyOf: row => [row.key, row.key],
      maxSize: MAX_REPORT_PAGE,
    },
    request,
  );
