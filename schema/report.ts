import { encodeGlobalID } from '@pothos/plugin-relay';
import { MAX_REPORT_PAGE, openReport, type Report } from '../src/domains/reports/report.ts';
import {
  averageRevenue,
  type DriverSales,
  dailySales,
  type LocationSales,
  type Sales,
  salesByDriver,
  salesByLocation,
} from '../src/domains/reports/sales.ts';
import { type SessionSummary, sessionsSummary } from '../src/domains/reports/sessions-summary.ts';
import { builder, inSubGraph, type SubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { MoneyRef } from './money.ts';
import { DriverRef, LocationRef } from './refs.ts';
import { SessionStatus } from './session.ts';

// Rows that stand for themselves: a report is read to its end, page by page, and must not keep what it has read.

const subGraphs: SubGraph[] = ['insights'];

const idOf = (type: string, id: string | null) => id && encodeGlobalID(type, id);

const SalesInterface = builder.interfaceRef<Sales>('Sales').implement({
  description: 'What the bills of the charges that ended on a day, at a place or of a driver come to.',
  subGraphs,
  fields: t => ({
    sessions: t.exposeInt('sessions', { description: 'Billed ones.' }),
    energyWh: t.expose('energyWh', { type: 'Decimal' }),
    revenue: t.field({
      type: MoneyRef,
      description: 'Taxes included, refunds subtracted.',
      resolve: ({ revenue, currency }) => ({ minor: BigInt(revenue), currency }),
    }),
    tax: t.field({
      type: MoneyRef,
      description: 'The part of the revenue that is tax.',
      resolve: ({ tax, currency }) => ({ minor: BigInt(tax), currency }),
    }),
    averageRevenue: t.field({ type: MoneyRef, description: 'Of a session.', resolve: averageRevenue }),
  }),
});

const DailySalesRef = builder.objectRef<Sales>('DailySales').implement({
  subGraphs,
  interfaces: [SalesInterface],
  fields: t => ({ day: t.expose('key', { type: 'DateTime', description: 'UTC midnight.' }) }),
});

const LocationSalesRef = builder.objectRef<LocationSales>('LocationSales').implement({
  subGraphs,
  interfaces: [SalesInterface],
  fields: t => ({
    locationId: t.id({
      nullable: true,
      description: 'Null for chargers that stand nowhere.',
      resolve: ({ locationId }) => idOf('Location', locationId),
    }),
    locationName: t.exposeString('locationName', { nullable: true }),
  }),
});

const DriverSalesRef = builder.objectRef<DriverSales>('DriverSales').implement({
  subGraphs,
  interfaces: [SalesInterface],
  fields: t => ({
    driverId: t.id({
      nullable: true,
      description: 'Null for tokens that are no driver’s.',
      resolve: ({ driverId }) => idOf('Driver', driverId),
    }),
    email: t.exposeString('email', { nullable: true }),
    firstName: t.exposeString('firstName', { nullable: true }),
    lastName: t.exposeString('lastName', { nullable: true }),
  }),
});

const SessionSummaryRef = builder.objectRef<SessionSummary>('SessionSummary').implement({
  subGraphs,
  fields: t => ({
    sessionId: t.id({ resolve: ({ id }) => encodeGlobalID('Session', id) }),
    transactionId: t.id({
      nullable: true,
      resolve: ({ transactionId }) => idOf('Transaction', transactionId),
    }),
    driverId: t.id({ nullable: true, resolve: ({ driverId }) => idOf('Driver', driverId) }),
    locationId: t.id({ nullable: true, resolve: ({ locationId }) => idOf('Location', locationId) }),
    locationName: t.exposeString('locationName', { nullable: true }),
    chargerId: t.id({ resolve: ({ chargerId }) => encodeGlobalID('Charger', chargerId) }),
    chargerUid: t.exposeString('chargerUid'),
    status: t.expose('status', { type: SessionStatus }),
    startTime: t.expose('startTime', { type: 'DateTime' }),
    endTime: t.expose('endTime', { type: 'DateTime', nullable: true }),
    energyWh: t.expose('energyWh', { type: 'Decimal' }),
    total: t.field({
      type: MoneyRef,
      description: 'As billed; 0 without a bill.',
      resolve: ({ total, currency }) => ({ minor: BigInt(total), currency }),
    }),
  }),
});

const ReportRef = builder.objectRef<Report>('Report').implement({
  description: `Sales are told by when a charge ended, in the currency of the key's primary network; sessions by when they started. Pages have at most ${MAX_REPORT_PAGE} rows.`,
  subGraphs,
  fields: t => {
    const extensions = { maxPageSize: MAX_REPORT_PAGE };
    return {
      from: t.field({ type: 'DateTime', resolve: ({ window }) => window.from }),
      to: t.field({ type: 'DateTime', resolve: ({ window }) => window.to }),
      generatedAt: t.expose('generatedAt', { type: 'DateTime' }),
      dailySales: t.connection({
        type: DailySalesRef,
        description: 'By UTC day, the earliest first; days without sales are left out.',
        extensions,
        resolve: async (report, page, ctx) => toConnection(await dailySales(ctx, report, page)),
      }),
      salesByLocation: t.connection({
        type: LocationSalesRef,
        extensions,
        resolve: async (report, page, ctx) => toConnection(await salesByLocation(ctx, report, page)),
      }),
      salesByDriver: t.connection({
        type: DriverSalesRef,
        extensions,
        resolve: async (report, page, ctx) => toConnection(await salesByDriver(ctx, report, page)),
      }),
      sessions: t.connection({
        type: SessionSummaryRef,
        description: 'The one that started first first.',
        extensions,
        resolve: async (report, page, ctx) => toConnection(await sessionsSummary(ctx, report, page)),
      }),
    };
  },
});

inSubGraph('insights').queryField('report', t =>
  t.field({
    type: ReportRef,
    description: 'What was sold, for operators. Scope: read.',
    args: {
      from: t.arg({
        type: 'DateTime',
        description: 'Inclusive; 30 days before `to`, at midnight, where left out.',
      }),
      to: t.arg({ type: 'DateTime', description: 'Inclusive; now where left out.' }),
      locationId: t.arg.globalID({ for: LocationRef }),
      driverId: t.arg.globalID({ for: DriverRef }),
    },
    resolve: (_, { locationId, driverId, ...window }, ctx) =>
      openReport(ctx, { ...window, locationId: locationId?.id ?? null, driverId: driverId?.id ?? null }),
  }),
);
