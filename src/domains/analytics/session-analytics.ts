import Big from 'big.js';
import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { growth, ratio } from './ratios.ts';
import { checkLength, midnight, type Period, timelineOf } from './timeline.ts';
import { type Window, type WindowInput, windowOf } from './window.ts';

export interface SessionAnalytics {
  readonly period: Period;
  readonly window: Window;
  readonly totalSessions: number;
  readonly completedSessions: number;
  /** Expired ones among them. */
  readonly failedSessions: number;
  /** Of those that were completed, to 2 digits. */
  readonly averageDurationMinutes: string;
  /** Of all, to 2 digits. */
  readonly averageEnergyKwh: string;
  readonly growthPercent: number;
  readonly timeline: readonly { readonly start: string; readonly label: string; readonly sessions: number }[];
}

/** How many sessions started in a window, and what became of them. */
export async function sessionAnalytics(
  ctx: Context,
  period: Period,
  input: WindowInput,
): Promise<SessionAnalytics> {
  authorize(ctx.viewer, 'read');
  const window = windowOf(ctx, input);
  checkLength(window);
  const { days, before } = await sessionDays(ctx, window);
  const completedSessions = count(days, 'completed');
  const totalSessions = count(days, 'sessions');
  return {
    period,
    window,
    totalSessions,
    completedSessions,
    failedSessions: count(days, 'failed'),
    averageDurationMinutes: ratio(sum(days, 'completedSeconds'), completedSessions * 60),
    averageEnergyKwh: ratio(sum(days, 'energyWh'), totalSessions * 1000),
    growthPercent: growth(totalSessions, before?.sessions ?? 0),
    timeline: timelineOf(period, window, days).map(({ start, label, rows }) => ({
      start,
      label,
      sessions: count(rows, 'sessions'),
    })),
  };
}

export interface EnergyAnalytics {
  readonly period: Period;
  readonly window: Window;
  readonly energyWh: string;
  /** To 2 digits. */
  readonly averagePerSessionKwh: string;
  /** The UTC day that delivered most, the first of equals; null without sessions. */
  readonly peakDay: { readonly start: string; readonly energyWh: string } | null;
  readonly growthPercent: number;
  readonly timeline: readonly { readonly start: string; readonly label: string; readonly energyWh: string }[];
}

/** The energy of the sessions that started in a window. */
export async function energyAnalytics(
  ctx: Context,
  period: Period,
  input: WindowInput,
): Promise<EnergyAnalytics> {
  authorize(ctx.viewer, 'read');
  const window = windowOf(ctx, input);
  checkLength(window);
  const { days, before } = await sessionDays(ctx, window);
  const energyWh = sum(days, 'energyWh');
  const [peak] = days.toSorted((a, b) => new Big(b.energyWh).cmp(a.energyWh) || (a.day < b.day ? -1 : 1));
  return {
    period,
    window,
    energyWh: energyWh.toFixed(),
    averagePerSessionKwh: ratio(energyWh, count(days, 'sessions') * 1000),
    peakDay: peak ? { start: midnight(peak.day), energyWh: peak.energyWh } : null,
    growthPercent: growth(energyWh, before?.energyWh ?? 0),
    timeline: timelineOf(period, window, days).map(({ start, label, rows }) => ({
      start,
      label,
      energyWh: sum(rows, 'energyWh').toFixed(),
    })),
  };
}

/** The sessions that started on a UTC day, within the window. */
interface SessionDay {
  readonly day: string;
  readonly sessions: number;
  readonly completed: number;
  readonly failed: number;
  readonly energyWh: string;
  readonly completedSeconds: string;
}

/** The window's days, and the window before it as if it were one: one range of an index. */
async function sessionDays(ctx: Context, { before, first, last }: Window) {
  const { rows } = await sql<Omit<SessionDay, 'day'> & { readonly day: string | null }>`
    select case when s.start_time >= ${first}::timestamptz
                then to_char(s.start_time at time zone 'UTC', 'YYYY-MM-DD') end "day",
           count(*)::int sessions,
           (count(*) filter (where s.status = 'completed'))::int completed,
           (count(*) filter (where s.status in ('failed', 'expired')))::int failed,
           sum(s.energy_wh)::text "energyWh",
           coalesce(sum(extract(epoch from s.end_time - s.start_time))
             filter (where s.status = 'completed'), 0)::text "completedSeconds"
      from sessions s
     where s.network_id = any(${[...ctx.scope.networkIds]}::uuid[])
       and s.start_time >= ${before}::timestamptz and s.start_time <= ${last}::timestamptz
     group by 1
  `.execute(ctx.em.getKysely());
  return {
    days: rows.filter((row): row is SessionDay => row.day !== null),
    before: rows.find(row => row.day === null),
  };
}

const count = (days: readonly SessionDay[], figure: 'sessions' | 'completed' | 'failed'): number =>
  days.reduce((total, day) => total + day[figure], 0);

const sum = (days: readonly SessionDay[], figure: 'energyWh' | 'completedSeconds'): Big =>
  days.reduce((total, day) => total.plus(day[figure]), new Big(0));
