import { type RevenueAnalytics, revenueAnalytics } from '../src/domains/analytics/revenue-analytics.ts';
import {
  type EnergyAnalytics,
  energyAnalytics,
  type SessionAnalytics,
  sessionAnalytics,
} from '../src/domains/analytics/session-analytics.ts';
import type { PERIODS } from '../src/domains/analytics/timeline.ts';
import { builder, inSubGraph, type SubGraph } from './builder.ts';
import { MoneyRef } from './money.ts';
import { LocationRef } from './refs.ts';

const subGraphs: SubGraph[] = ['insights'];

const Period = builder.enumType('AnalyticsPeriod', {
  description: 'How a window is cut, in UTC.',
  values: {
    DAY: { value: 'day' },
    WEEK: { value: 'week', description: 'ISO weeks, from Monday.' },
    MONTH: { value: 'month' },
  } as const satisfies Record<Uppercase<(typeof PERIODS)[number]>, object>,
});

const GROWTH = 'Against the equally long window just before; from 0 to anything it is 100.';
const BUCKETS = 'All that the window touches, in order of time, those with nothing in them too.';
const START = 'The first moment, which may lie before the window.';
const LABEL = 'Such as Jun 18, Week 25 or Jun 2026.';

const SessionBucket = builder
  .objectRef<SessionAnalytics['timeline'][number]>('SessionAnalyticsBucket')
  .implement({
    subGraphs,
    fields: t => ({
      start: t.expose('start', { type: 'DateTime', description: START }),
      label: t.exposeString('label', { description: LABEL }),
      sessions: t.exposeInt('sessions'),
    }),
  });

const SessionAnalyticsRef = builder.objectRef<SessionAnalytics>('SessionAnalytics').implement({
  description: 'The sessions that started in a window.',
  subGraphs,
  fields: t => ({
    period: t.expose('period', { type: Period }),
    from: t.field({ type: 'DateTime', resolve: ({ window }) => window.from }),
    to: t.field({ type: 'DateTime', resolve: ({ window }) => window.to }),
    totalSessions: t.exposeInt('totalSessions'),
    completedSessions: t.exposeInt('completedSessions'),
    failedSessions: t.exposeInt('failedSessions', { description: 'Failed or expired.' }),
    averageDurationMinutes: t.expose('averageDurationMinutes', {
      type: 'Decimal',
      description: 'Of those that were completed, to 2 digits.',
    }),
    averageEnergyKwh: t.expose('averageEnergyKwh', { type: 'Decimal', description: 'Of all, to 2 digits.' }),
    growthPercent: t.exposeFloat('growthPercent', { description: `Of their number. ${GROWTH}` }),
    timeline: t.field({
      type: [SessionBucket],
      description: BUCKETS,
      resolve: ({ timeline }) => [...timeline],
    }),
  }),
});

const RevenueBucket = builder
  .objectRef<RevenueAnalytics['timeline'][number]>('RevenueAnalyticsBucket')
  .implement({
    subGraphs,
    fields: t => ({
      start: t.expose('start', { type: 'DateTime', description: START }),
      label: t.exposeString('label', { description: LABEL }),
      revenue: t.expose('revenue', { type: MoneyRef }),
    }),
  });

const LocationRevenue = builder
  .objectRef<RevenueAnalytics['locations'][number]>('LocationRevenue')
  .implement({
    subGraphs,
    fields: t => ({
      location: t.field({ type: LocationRef, resolve: ({ locationId }) => locationId }),
      revenue: t.expose('revenue', { type: MoneyRef }),
      sharePercent: t.exposeFloat('sharePercent', { description: 'Of all revenue, to 2 digits.' }),
    }),
  });

const RevenueAnalyticsRef = builder.objectRef<RevenueAnalytics>('RevenueAnalytics').implement({
  description:
    'What the bills of the charges that ended in a window come to, taxes included and refunds subtracted: those in the currency of the key’s primary network.',
  subGraphs,
  fields: t => ({
    period: t.expose('period', { type: Period }),
    from: t.field({ type: 'DateTime', resolve: ({ window }) => window.from }),
    to: t.field({ type: 'DateTime', resolve: ({ window }) => window.to }),
    revenue: t.expose('revenue', { type: MoneyRef }),
    averagePerSession: t.expose('averagePerSession', {
      type: MoneyRef,
      description: 'Over the sessions that brought any.',
    }),
    growthPercent: t.exposeFloat('growthPercent', { description: GROWTH }),
    timeline: t.field({
      type: [RevenueBucket],
      description: BUCKETS,
      resolve: ({ timeline }) => [...timeline],
    }),
    topLocations: t.field({
      type: [LocationRevenue],
      description: 'The ten that brought most, that first.',
      resolve: ({ locations }) => [...locations],
    }),
  }),
});

const EnergyBucket = builder
  .objectRef<EnergyAnalytics['timeline'][number]>('EnergyAnalyticsBucket')
  .implement({
    subGraphs,
    fields: t => ({
      start: t.expose('start', { type: 'DateTime', description: START }),
      label: t.exposeString('label', { description: LABEL }),
      energyWh: t.expose('energyWh', { type: 'Decimal' }),
    }),
  });

const EnergyDay = builder.objectRef<NonNullable<EnergyAnalytics['peakDay']>>('EnergyDay').implement({
  subGraphs,
  fields: t => ({
    start: t.expose('start', { type: 'DateTime', description: 'UTC midnight.' }),
    energyWh: t.expose('energyWh', { type: 'Decimal' }),
  }),
});

const EnergyAnalyticsRef = builder.objectRef<EnergyAnalytics>('EnergyAnalytics').implement({
  description: 'The energy of the sessions that started in a window.',
  subGraphs,
  fields: t => ({
    period: t.expose('period', { type: Period }),
    from: t.field({ type: 'DateTime', resolve: ({ window }) => window.from }),
    to: t.field({ type: 'DateTime', resolve: ({ window }) => window.to }),
    energyWh: t.expose('energyWh', { type: 'Decimal' }),
    averagePerSessionKwh: t.expose('averagePerSessionKwh', { type: 'Decimal', description: 'To 2 digits.' }),
    peakDay: t.expose('peakDay', {
      type: EnergyDay,
      nullable: true,
      description: 'The UTC day that delivered most; null without sessions.',
    }),
    growthPercent: t.exposeFloat('growthPercent', { description: GROWTH }),
    timeline: t.field({
      type: [EnergyBucket],
      description: BUCKETS,
      resolve: ({ timeline }) => [...timeline],
    }),
  }),
});

inSubGraph('insights').queryFields(t => {
  const args = {
    period: t.arg({ type: Period, required: true, defaultValue: 'day' }),
    from: t.arg({
      type: 'DateTime',
      description: 'Inclusive; 30 days before `to`, at midnight, where left out.',
    }),
    to: t.arg({ type: 'DateTime', description: 'Inclusive; now where left out.' }),
  };
  return {
    sessionAnalytics: t.field({
      type: SessionAnalyticsRef,
      description: 'For operators. Scope: read.',
      args,
      resolve: (_, { period, ...window }, ctx) => sessionAnalytics(ctx, period, window),
    }),
    revenueAnalytics: t.field({
      type: RevenueAnalyticsRef,
      description: 'For operators. Scope: read.',
      args,
      resolve: (_, { period, ...window }, ctx) => revenueAnalytics(ctx, period, window),
    }),
    energyAnalytics: t.field({
      type: EnergyAnalyticsRef,
      description: 'For operators. Scope: read.',
      args,
      resolve: (_, { period, ...window }, ctx) => energyAnalytics(ctx, period, window),
    }),
  };
});
