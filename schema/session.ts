import { missingEvents } from '../src/domains/sessions/missing-events.ts';
import { listSessions } from '../src/domains/sessions/read-sessions.ts';
import type { SESSION_STATUSES } from '../src/domains/sessions/session-states.ts';
import { usageOf } from '../src/domains/sessions/session-usage.ts';
import { startSession } from '../src/domains/sessions/start-session.ts';
import { stopSession } from '../src/domains/sessions/stop-session.ts';
import {
  AuthenticationRequiredError,
  ChargerOfflineError,
  ChargerRejectedError,
  ConnectorUnavailableError,
  PaymentFailedError,
  SessionNotActiveError,
  StripeError,
  TokenInvalidError,
  UnavailableError,
} from '../src/kernel/errors.ts';
import { batched } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { ChargingScheduleInput } from './charging-profile.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { BillRef } from './price.ts';
import {
  ChargerRef,
  ConnectorRef,
  DriverRef,
  LocationRef,
  NetworkRef,
  SessionRef,
  TariffRef,
  TokenRef,
} from './refs.ts';

export const SessionStatus = builder.enumType('SessionStatus', {
  values: {
    PENDING: { value: 'pending', description: 'Asked for; the station has not begun.' },
    ACTIVE: { value: 'active' },
    IDLE: { value: 'idle', description: 'Energy has stopped, the vehicle is still plugged in.' },
    STOPPING: { value: 'stopping', description: 'The station was told to stop.' },
    COMPLETED: { value: 'completed' },
    FAILED: { value: 'failed', description: 'Never began, or delivered no energy: there is no bill.' },
    EXPIRED: { value: 'expired', description: 'Nobody plugged in within 5 minutes.' },
  } as const satisfies Record<Uppercase<(typeof SESSION_STATUSES)[number]>, object>,
});

const AuthMethod = builder.enumType('AuthMethod', {
  values: ['REMOTE', 'RFID', 'APP', 'SCHEDULE', 'RESERVATION'] as const,
});

const missingEventsOf = batched(missingEvents, []);

SessionRef.implement({
  description: 'One charge.',
  fields: t => ({
    status: t.expose('status', { type: SessionStatus }),
    authMethod: t.expose('authMethod', { type: AuthMethod }),
    idTag: t.exposeString('idTag'),
    correlationId: t.exposeString('correlationId', {
      description: 'Names the start on its way to the station.',
    }),
    charger: t.field({ type: ChargerRef, resolve: session => session.chargerId }),
    connector: t.field({ type: ConnectorRef, nullable: true, resolve: session => session.connectorId }),
    connectorNumber: t.exposeInt('connectorNumber'),
    location: t.field({ type: LocationRef, nullable: true, resolve: session => session.locationId }),
    network: t.field({ type: NetworkRef, resolve: session => session.networkId }),
    driver: t.field({ type: DriverRef, nullable: true, resolve: session => session.driverId }),
    token: t.field({ type: TokenRef, nullable: true, resolve: session => session.tokenId }),
    tariff: t.field({ type: TariffRef, nullable: true, resolve: session => session.tariffId }),
    startTime: t.expose('startTime', {
      type: 'DateTime',
      description: "By the station's clock; while pending, when the charge was asked for.",
    }),
    endTime: t.expose('endTime', { type: 'DateTime', nullable: true }),
    durationSeconds: t.int({
      resolve: (session, _, ctx) =>
        usageOf(session, ctx.now().epochMilliseconds)?.metered.durationSeconds ?? 0,
    }),
    energyWh: t.expose('energyWh', { type: 'Decimal' }),
    startMeterWh: t.expose('startMeterWh', { type: 'Decimal', nullable: true }),
    endMeterWh: t.expose('endMeterWh', { type: 'Decimal', nullable: true }),
    currentMeterWh: t.expose('currentMeterWh', { type: 'Decimal', nullable: true }),
    currentPowerW: t.exposeFloat('currentPowerW', { nullable: true }),
    maxPowerW: t.exposeFloat('maxPowerW', { nullable: true, description: 'The highest seen.' }),
    socPercent: t.exposeFloat('socPercent', {
      nullable: true,
      description: "The vehicle's state of charge.",
    }),
    isIdle: t.exposeBoolean('isIdle'),
    idleSeconds: t.int({
      description: 'Before any grace.',
      resolve: (session, _, ctx) => usageOf(session, ctx.now().epochMilliseconds)?.metered.idleSeconds ?? 0,
    }),
    startReason: t.exposeString('startReason', { nullable: true }),
    stopReason: t.exposeString('stopReason', { nullable: true, description: "OCPP's word." }),
    failureReason: t.exposeString('failureReason', { nullable: true }),
    missingEvents: t.field({
      type: ['Int'],
      description:
        "The sequence numbers of the transaction's messages that lack so far (OCPP 2.0.1); of very many, the first 100.",
      resolve: (session, _, ctx) => missingEventsOf(ctx, session.id),
    }),
    flags: t.exposeStringList('flags', { description: 'What a person should look at.' }),
    bill: t.field({
      type: BillRef,
      nullable: true,
      description: 'Final where the session has ended, else as if it ended now; null before it begins.',
      resolve: (session, _, ctx) => usageOf(session, ctx.now().epochMilliseconds)?.bill,
    }),
  }),
});

const SessionFilter = builder.inputType('SessionFilter', {
  fields: t => ({
    status: t.field({ type: SessionStatus }),
    chargerId: t.globalID({ for: ChargerRef }),
    locationId: t.globalID({ for: LocationRef }),
    from: t.field({ type: 'DateTime', description: 'Of the start time, inclusive.' }),
    to: t.field({ type: 'DateTime', description: 'Of the start time, inclusive.' }),
  }),
});

const StartSessionInput = builder.inputType('StartSessionInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ description: '1 where left out.' }),
    idTag: t.string({ required: true, description: "A token's uid." }),
    chargingProfile: t.field({
      type: ChargingScheduleInput,
      description: 'How fast it may charge: a TX profile that goes with the start. For operators.',
    }),
  }),
});

const charging = inSubGraph('charging');

charging.queryField('sessions', t =>
  t.connection({
    type: SessionRef,
    description: 'The one that started last first.',
    args: { filter: t.arg({ type: SessionFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(
        await listSessions(
          ctx,
          {
            ...filter,
            chargerId: filter?.chargerId?.id ?? null,
            locationId: filter?.locationId?.id ?? null,
          },
          page,
        ),
      ),
  }),
);

charging.mutationFields(t => ({
  startSession: t.field({
    type: SessionRef,
    description: 'Asks a station to start; answers the pending session once it has accepted. Scope: control.',
    errors: {
      types: [
        ...commonErrors,
        TokenInvalidError,
        ConnectorUnavailableError,
        ChargerOfflineError,
        ChargerRejectedError,
        UnavailableError,
        PaymentFailedError,
        AuthenticationRequiredError,
        StripeError,
      ],
    },
    args: { input: t.arg({ type: StartSessionInput, required: true }) },
    resolve: (_, { input }, ctx) => startSession(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  stopSession: t.field({
    type: SessionRef,
    description:
      'Asks the station to stop; answers once its final meter value has come, or after 15 s. Scope: control.',
    errors: {
      types: [
        ...commonErrors,
        SessionNotActiveError,
        ChargerOfflineError,
        ChargerRejectedError,
        UnavailableError,
      ],
    },
    args: { id: t.arg.globalID({ required: true, for: SessionRef }) },
    resolve: (_, { id }, ctx) => stopSession(ctx, id.id),
  }),
}));
