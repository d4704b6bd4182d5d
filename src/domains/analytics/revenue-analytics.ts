import Big from 'big.js';
import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { divideHalfUp, type Money } from '../../kernel/money.ts';
import { primaryCurrency } from './primary-currency.ts';
import { growth, percentage } from './ratios.ts';
import { checkLength, type Period, timelineOf } from './timeline.ts';
import { type Window, type WindowInput, windowOf } from './window.ts';

export interface RevenueAnalytics {
  readonly period: Period;
  readonly window: Window;
  readonly revenue: Money;
  /** Over the sessions that brought any. */
  readonly averagePerSession: Money;
  readonly growthPercent: number;
  readonly timeline: readonly { readonly start: string; readonly label: string; readonly revenue: Money }[];
  /** The ten that brought most, that first. */
  readonly locations: readonly {
    readonly locationId: string;
    readonly revenue: Money;
    readonly sharePercent: number;
  }[];
}

/**
 * What the bills that ended in a window come to, taxes included and refunds subtracted. Bills in another currency than
 * the primary network's are left out.
 */
export async function revenueAnalytics(
  ctx: Context,
  period: Period,
  input: WindowInput,
): Promise<RevenueAnalytics> {
  authorize(ctx.viewer, 'read');
  const window = windowOf(ctx, input);
  checkLength(window);
  const currency = await primaryCurrency(ctx);
  const money = (minor: bigint): Money => ({ minor, currency });
  const { days, before } = await revenueDays(ctx, window, currency);
  const revenue = sum(days);
  const paid = days.reduce((total, day) => total + day.paid, 0);
  const locations = await topLocations(ctx, window, currency);
  return {
    period,
    window,
    revenue: money(revenue),
    averagePerSession: money(paid === 0 ? 0n : divideHalfUp(new Big(String(revenue)), paid)),
    growthPercent: growth(String(revenue), before?.revenue ?? 0),
    timeline: timelineOf(period, window, days).map(({ start, label, rows }) => ({
      start,
      label,
      revenue: money(sum(rows)),
    })),
    locations: locations.map(location => ({
      locationId: location.locationId,
      revenue: money(BigInt(location.revenue)),
      sharePercent: percentage(location.revenue, String(revenue)),
    })),
  };
}

/** The bills that ended on a UTC day, within the window. */
interface RevenueDay {
  readonly day: string;
  /** Those that brought any. */
  readonly paid: number;
  readonly revenue: string;
}

const sum = (days: readonly RevenueDay[]): bigint =>
  days.reduce((total, day) => total + BigInt(day.revenue), 0n);

/** The window's days, and the window before it as if it were one: one range of an index. */
async function revenueDays(ctx: Context, { before, first, last }: Window, currency: string) {
  const { rows } = await sql<Omit<RevenueDay, 'day'> & { readonly day: string | null }>`
    select case when t.end_time >= ${first}::timestamptz
                then to_char(t.end_time at time zone 'UTC', 'YYYY-MM-DD') end "day",
           (count(*) filter (where t.total > t.refunded))::int paid,
           sum(t.total - t.refunded)::text revenue
      from transactions t
     where t.network_id = any(${[...ctx.scope.networkIds]}::uuid[]) and t.currency = ${currency}
       and t.end_time >= ${before}::timestamptz and t.end_time <= ${last}::timestamptz
     group by 1
  `.execute(ctx.em.getKysely());
  return {
    days: rows.filter((row): row is RevenueDay => row.day !== null),
    before: rows.find(row => row.day === null),
  };
}

const TOP = 10;

async function topLocations(ctx: Context, { first, last }: Window, currency: string) {
  const { rows } = await sql<{ readonly locationId: string; readonly revenue: string }>`
    select t.location_id "locationId", sum(t.total - t.refunded)::text revenue
      from transactions t
     where t.network_id = any(${[...ctx.scope.networkIds]}::uuid[]) and t.currency = ${currency}
       and t.end_time >= ${first}::timestamptz and t.end_time <= ${last}::timestamptz
       and t.location_id is not null
     group by t.location_id
     order by sum(t.total - t.refunded) desc, t.location_id
     limit ${TOP}
  `.execute(ctx.em.getKysely());
  return rows;
}
