import { encodeGlobalID } from '@pothos/plugin-relay';
import { reportProblem, reportsOfAlerts } from '../src/domains/locations/problem-reports.ts';
import type { PROBLEM_CATEGORIES, ProblemReport } from '../src/domains/locations/review.entity.ts';
import type { ALERT_TYPES } from '../src/domains/notifications/alert.entity.ts';
import { acknowledgeAlert, listAlerts } from '../src/domains/notifications/alerts.ts';
import { batched } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { AlertRef, ChargerRef, DriverRef, LocationRef, NetworkRef } from './refs.ts';

const ProblemCategory = builder.enumType('ProblemCategory', {
  values: {
    BROKEN_CHARGER: { value: 'broken_charger' },
    BLOCKED: { value: 'blocked', description: 'Somebody stands in the way.' },
    PAYMENT: { value: 'payment' },
    SAFETY: { value: 'safety' },
    OTHER: { value: 'other' },
  } as const satisfies Record<Uppercase<(typeof PROBLEM_CATEGORIES)[number]>, object>,
});

const AlertType = builder.enumType('AlertType', {
  values: {
    PROBLEM_REPORT: { value: 'problem_report', description: 'A driver reported a problem.' },
    SECURITY_EVENT: {
      value: 'security_event',
      description: 'A station reported that its security is at stake.',
    },
    WEBHOOK_DISABLED: {
      value: 'webhook_disabled',
      description: 'Too many deliveries in a row failed, or the receiver answered 410 Gone.',
    },
    PAYMENT_FAILED: { value: 'payment_failed', description: 'What is owed could not be had.' },
    PAYMENT_DISPUTED: { value: 'payment_disputed', description: 'A cardholder wants the money back.' },
    CHARGER_OFFLINE: { value: 'charger_offline', description: 'A charger has been silent for too long.' },
    CHARGER_FAULT: { value: 'charger_fault', description: 'A charger or a connector reports a fault.' },
    LIMIT_REFUSED: {
      value: 'limit_refused',
      description: 'A charger refuses what its location’s ceiling asks of it.',
    },
  } as const satisfies Record<Uppercase<(typeof ALERT_TYPES)[number]>, object>,
});

const ProblemReportRef = builder.objectRef<ProblemReport>('ProblemReport').implement({
  description: 'What a driver reported.',
  subGraphs: ['insights'],
  fields: t => ({
    category: t.expose('category', { type: ProblemCategory }),
    note: t.exposeString('note', { nullable: true }),
    driver: t.field({ type: DriverRef, nullable: true, resolve: report => report.driverId }),
  }),
});

const reportOf = batched(reportsOfAlerts, null);

AlertRef.implement({
  description: 'Something that an operator should look at, until somebody has.',
  fields: t => ({
    type: t.expose('type', { type: AlertType }),
    message: t.exposeString('message', { description: 'For people.' }),
    location: t.field({ type: LocationRef, nullable: true, resolve: alert => alert.locationId }),
    charger: t.field({ type: ChargerRef, nullable: true, resolve: alert => alert.chargerId }),
    network: t.field({ type: NetworkRef, resolve: alert => alert.networkId }),
    problemReport: t.field({
      type: ProblemReportRef,
      nullable: true,
      description: 'Of an alert of type PROBLEM_REPORT.',
      resolve: (alert, _, ctx) => reportOf(ctx, alert.id),
    }),
    occurrences: t.exposeInt('occurrences', {
      description: 'How often it happened while the alert was open: one stands for all.',
    }),
    lastOccurredAt: t.expose('lastOccurredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null where it happened once.',
    }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it was over by itself: the charger is back, the fault is gone, the payment was made.',
    }),
    acknowledgedAt: t.expose('acknowledgedAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const AlertFilter = builder.inputType('AlertFilter', {
  fields: t => ({
    includeAcknowledged: t.boolean({ description: 'False where left out: only what is open.' }),
    type: t.field({ type: AlertType }),
    locationId: t.globalID({ for: LocationRef }),
    chargerId: t.globalID({ for: ChargerRef }),
  }),
});

const insights = inSubGraph('insights');

insights.queryField('alerts', t =>
  t.connection({
    type: AlertRef,
    description: 'The newest first.',
    args: { filter: t.arg({ type: AlertFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(
        await listAlerts(
          ctx,
          {
            ...filter,
            locationId: filter?.locationId?.id ?? null,
            chargerId: filter?.chargerId?.id ?? null,
          },
          page,
        ),
      ),
  }),
);

const ReportProblemInput = builder.inputType('ReportProblemInput', {
  fields: t => ({
    locationId: t.globalID({ required: true, for: LocationRef }),
    category: t.field({ type: ProblemCategory, required: true }),
    note: t.string(),
    chargerId: t.globalID({ for: ChargerRef, description: 'One at the location.' }),
  }),
});

const ReportProblemPayload = builder.objectRef<{ alertId: string }>('ReportProblemPayload').implement({
  subGraphs: ['insights'],
  fields: t => ({
    alertId: t.id({
      description: 'Of the alert that the operator got: for reference, drivers cannot read it.',
      resolve: ({ alertId }) => encodeGlobalID('Alert', alertId),
    }),
  }),
});

insights.mutationFields(t => ({
  reportProblem: t.field({
    type: ReportProblemPayload,
    description: 'Tells the operator of a problem at a location; for signed-in drivers. Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: ReportProblemInput, required: true }) },
    resolve: (_, { input: { locationId, chargerId, ...report } }, ctx) =>
      reportProblem(ctx, { ...report, locationId: locationId.id, chargerId: chargerId?.id ?? null }),
  }),
  acknowledgeAlert: t.field({
    type: AlertRef,
    description: 'Says that somebody has looked at it. Scope: write.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: AlertRef }) },
    resolve: (_, { id }, ctx) => acknowledgeAlert(ctx, id.id),
  }),
}));
