import { z } from 'zod';
import { integer, number, object, text, time, word } from './fields.ts';

const bucket = object('TimelineBucket', 'One day, week or month of the window.', {
  date: time('When it begins.', '2026-06-18T00:00:00Z'),
  value: number('Its figure.', 124.5),
  label: text('What a chart writes under it.', 'Jun 18'),
});

const analysis = {
  growthPercentage: number('Against the window of the same length just before, in percent.', 12.5),
  period: word(['day', 'week', 'month'], 'How the window is cut.'),
  fromDate: time('Where the window begins.', '2026-05-20T00:00:00Z'),
  toDate: time('Where the window ends.', '2026-06-19T00:00:00Z'),
  timeline: z
    .array(bucket)
    .meta({ description: 'The window, bucket by bucket; those without anything are there too.' }),
};

export const sessionAnalytics = object('SessionAnalytics', 'Sessions that began in a window.', {
  totalSessions: integer('How many began.', 1842),
  completedSessions: integer('How many were completed.', 1790),
  failedSessions: integer('How many failed or expired.', 52),
  averageSessionDurationMinutes: number('The mean duration of a completed session, in minutes.', 47.32),
  averageEnergyPerSessionKwh: number('The mean energy of a completed session, in kWh.', 18.64),
  ...analysis,
});

const locationRevenue = object('LocationRevenue', 'What one location brought in.', {
  name: text('The name of the location.', 'Isla Verde Mall'),
  value: number('Its revenue.', 842.75),
  percentage: number('Its share of all revenue, in percent.', 31.4),
});

export const revenueAnalytics = object('RevenueAnalytics', 'What was billed in a window, less refunds.', {
  totalRevenue: number('Revenue, in `currency`.', 26_840.5),
  averagePerSession: number('Revenue for each bill, in `currency`.', 14.57),
  currency: text('ISO 4217.', 'USD'),
  ...analysis,
  revenueByLocation: z
    .array(locationRevenue)
    .meta({ description: 'The ten locations that brought in most.' }),
});

export const energyAnalytics = object('EnergyAnalytics', 'Energy delivered in a window.', {
  totalEnergyKwh: number('All of it, in kWh.', 34_328.1),
  averagePerSessionKwh: number('For each session, in kWh.', 18.64),
  peakDayKwh: number('On the day with most, in kWh.', 1640.2),
  peakDayDate: time('That day; null where there were no sessions.', '2026-06-07T00:00:00Z').nullable(),
  ...analysis,
});
