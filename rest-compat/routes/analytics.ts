import { z } from 'zod';
import { PERIODS } from '../../src/domains/analytics/timeline.ts';
import { energyAnalytics, revenueAnalytics, sessionAnalytics } from '../answers/analytics.ts';
import { instant, oneOf, windowEnd } from '../parameters.ts';
import { row } from '../row.ts';
import { roundedKilo, time } from '../values.ts';

interface Amount {
  amount: string;
  currency: string;
}

interface Analysis<Bucket> {
  period: string;
  from: string;
  to: string;
  growthPercent: number;
  timeline: ({ start: string; label: string } & Bucket)[];
}

const access = { scope: 'read', audience: 'operator' } as const;

const query = z.object({
  period: oneOf(PERIODS).default('DAY'),
  from: instant.optional(),
  to: windowEnd.optional(),
});

const analysis = <Bucket>(
  { growthPercent, period, from, to, timeline }: Analysis<Bucket>,
  figureOf: (bucket: Bucket) => number,
) => ({
  growthPercentage: growthPercent,
  period: period.toLowerCase(),
  fromDate: time(from),
  toDate: time(to),
  timeline: timeline.map(bucket => ({
    date: time(bucket.start),
    value: figureOf(bucket),
    label: bucket.label,
  })),
});

interface SessionAnalytics extends Analysis<{ sessions: number }> {
  totalSessions: number;
  completedSessions: number;
  failedSessions: number;
  averageDurationMinutes: string;
  averageEnergyKwh: string;
}

export const getSessionAnalytics = row({
  method: 'GET',
  path: '/analytics/sessions',
  title: 'Get session analytics',
  access,
  query,
  operation: `
    query SessionAnalytics($period: AnalyticsPeriod!, $from: DateTime, $to: DateTime) {
      analytics: sessionAnalytics(period: $period, from: $from, to: $to) {
        totalSessions completedSessions failedSessions averageDurationMinutes averageEnergyKwh
        growthPercent period from to timeline { start label sessions }
      }
    }`,
  variables: request => request.query,
  response: sessionAnalytics,
  answer: ({ analytics }: { analytics: SessionAnalytics }) => ({
    totalSessions: analytics.totalSessions,
    completedSessions: analytics.completedSessions,
    failedSessions: analytics.failedSessions,
    averageSessionDurationMinutes: Number(analytics.averageDurationMinutes),
    averageEnergyPerSessionKwh: Number(analytics.averageEnergyKwh),
    ...analysis(analytics, ({ sessions }) => sessions),
  }),
});

interface RevenueAnalytics extends Analysis<{ revenue: Amount }> {
  revenue: Amount;
  averagePerSession: Amount;
  topLocations: { location: { name: string }; revenue: Amount; sharePercent: number }[];
}

export const getRevenueAnalytics = row({
  method: 'GET',
  path: '/analytics/revenue',
  title: 'Get revenue analytics',
  access,
  query,
  operation: `
    query RevenueAnalytics($period: AnalyticsPeriod!, $from: DateTime, $to: DateTime) {
      analytics: revenueAnalytics(period: $period, from: $from, to: $to) {
        revenue { amount currency } averagePerSession { amount }
        growthPercent period from to timeline { start label revenue { amount } }
        topLocations { location { name } revenue { amount } sharePercent }
      }
    }`,
  variables: request => request.query,
  response: revenueAnalytics,
  answer: ({ analytics }: { analytics: RevenueAnalytics }) => ({
    totalRevenue: Number(analytics.revenue.amount),
    averagePerSession: Number(analytics.averagePerSession.amount),
    currency: analytics.revenue.currency,
    ...analysis(analytics, ({ revenue }) => Number(revenue.amount)),
    revenueByLocation: analytics.topLocations.map(({ location, revenue, sharePercent }) => ({
      name: location.name,
      value: Number(revenue.amount),
      percentage: sharePercent,
    })),
  }),
});

interface EnergyAnalytics extends Analysis<{ energyWh: string }> {
  energyWh: string;
  averagePerSessionKwh: string;
  peakDay: { start: string; energyWh: string } | null;
}

export const getEnergyAnalytics = row({
  method: 'GET',
  path: '/analytics/energy',
  title: 'Get energy consumption analytics',
  access,
  query,
  operation: `
    query EnergyAnalytics($period: AnalyticsPeriod!, $from: DateTime, $to: DateTime) {
      analytics: energyAnalytics(period: $period, from: $from, to: $to) {
        energyWh averagePerSessionKwh peakDay { start energyWh }
        growthPercent period from to timeline { start label energyWh }
      }
    }`,
  variables: request => request.query,
  response: energyAnalytics,
  answer: ({ analytics }: { analytics: EnergyAnalytics }) => ({
    totalEnergyKwh: roundedKilo(analytics.energyWh),
    averagePerSessionKwh: Number(analytics.averagePerSessionKwh),
    peakDayKwh: roundedKilo(analytics.peakDay?.energyWh ?? '0'),
    peakDayDate: time(analytics.peakDay?.start ?? null),
    ...analysis(analytics, ({ energyWh }) => roundedKilo(energyWh)),
  }),
});
