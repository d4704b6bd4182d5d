import { z } from 'zod';
import { SESSION_STATUSES } from '../../src/domains/sessions/session-states.ts';
import { session, sessionSummary, startedSession } from '../answers/charging.ts';
import { page } from '../answers/fields.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { instant, integer, oneOf, optional, paging, sliceOf, text, uuid, windowEnd } from '../parameters.ts';
import { row } from '../row.ts';
import { decimal, idOf, kilo, time } from '../values.ts';

interface Amount {
  amount: string;
  currency: string;
}

interface SessionSummary {
  id: string;
  status: string;
  connectorNumber: number;
  charger: { id: string; uid: string };
  connector: { id: string } | null;
  location: { id: string; name: string } | null;
  network: { currency: string };
  startTime: string;
  endTime: string | null;
  durationSeconds: number;
  energyWh: string;
  maxPowerW: number | null;
  currentPowerW: number | null;
  socPercent: number | null;
  bill: { total: Amount } | null;
}

const SUMMARY = `
  fragment Summary on Session {
    id status connectorNumber startTime endTime durationSeconds energyWh maxPowerW currentPowerW socPercent
    charger { id uid } connector { id } location { id name } network { currency }
    bill { total { amount currency } }
  }`;

const summary = (session: SessionSummary) => ({
  id: toUuid(session.id),
  status: session.status.toLowerCase(),
  chargerId: toUuid(session.charger.id),
  chargerUid: session.charger.uid,
  connectorId: idOf(session.connector),
  connectorNumber: session.connectorNumber,
  locationId: idOf(session.location),
  locationName: session.location?.name ?? null,
  startTime: time(session.startTime),
  endTime: time(session.endTime),
  durationSeconds: session.durationSeconds,
  energyDeliveredKwh: kilo(session.energyWh),
  total: Number(session.bill?.total.amount ?? 0),
  currency: session.bill?.total.currency ?? session.network.currency,
  maxPowerKw: kilo(session.maxPowerW),
  currentPowerKw: kilo(session.currentPowerW),
  currentSocPercent: session.socPercent,
});

interface SessionDetail extends SessionSummary {
  authMethod: string;
  idTag: string;
  startMeterWh: string | null;
  endMeterWh: string | null;
  currentMeterWh: string | null;
  startReason: string | null;
  stopReason: string | null;
  idleSeconds: number;
  isIdle: boolean;
  paymentStatus: string | null;
  bill: { [Part in 'subtotal' | 'tax' | 'sessionFee' | 'idleFee' | 'timeCost' | 'total']: Amount } | null;
}

const DETAIL = `
  fragment Detail on Session {
    ...Summary
    authMethod idTag startMeterWh endMeterWh currentMeterWh startReason stopReason idleSeconds isIdle
    paymentStatus
    bill { subtotal { amount } tax { amount } sessionFee { amount } idleFee { amount } timeCost { amount } }
  } ${SUMMARY}`;

const detail = (session: SessionDetail) => ({
  authMethod: session.authMethod,
  idTag: session.idTag,
  startMeterValue: decimal(session.startMeterWh),
  endMeterValue: decimal(session.endMeterWh),
  currentMeterValue: decimal(session.currentMeterWh),
  startReason: session.startReason,
  stopReason: session.stopReason,
  idleTimeSeconds: session.idleSeconds,
  isInIdleState: session.isIdle,
  paymentStatus: session.paymentStatus?.toLowerCase() ?? null,
  costs: {
    subtotal: Number(session.bill?.subtotal.amount ?? 0),
    taxes: Number(session.bill?.tax.amount ?? 0),
    sessionFees: Number(session.bill?.sessionFee.amount ?? 0),
    idleFees: Number(session.bill?.idleFee.amount ?? 0),
    timeFees: Number(session.bill?.timeCost.amount ?? 0),
    total: Number(session.bill?.total.amount ?? 0),
    currency: session.bill?.total.currency ?? session.network.currency,
  },
  ...summary(session),
});

export const listSessions = row({
  method: 'GET',
  path: '/charging/sessions',
  title: 'List charging sessions',
  access: { scope: 'read', audience: 'either' },
  query: z.object({
    ...paging,
    status: oneOf(SESSION_STATUSES).optional(),
    chargerId: uuid.optional(),
    locationId: uuid.optional(),
    from: instant.optional(),
    to: windowEnd.optional(),
  }),
  operation: `
    query Sessions($first: Int!, $offset: Int!, $filter: SessionFilter) {
      sessions(first: $first, offset: $offset, filter: $filter) { totalCount nodes { ...Summary } }
    } ${SUMMARY}`,
  variables: ({ query: { page, pageSize, chargerId, locationId, ...filter } }) => ({
    ...sliceOf({ page, pageSize }),
    filter: {
      ...filter,
      chargerId: toGlobalId('Charger', chargerId),
      locationId: toGlobalId('Location', locationId),
    },
  }),
  response: page(sessionSummary),
  answer: ({ sessions }: { sessions: { totalCount: number; nodes: SessionSummary[] } }) => ({
    list: sessions.nodes.map(summary),
    totalCount: sessions.totalCount,
  }),
});

export const getSession = row({
  method: 'GET',
  path: '/charging/sessions/{id}',
  title: 'Get session details',
  access: { scope: 'read', audience: 'either' },
  operation: `query Session($id: ID!) { session: node(id: $id) { ...Detail } } ${DETAIL}`,
  variables: ({ path }) => ({ id: toGlobalId('Session', path.id) }),
  response: session,
  answer: ({ session }: { session: SessionDetail | null }) => session && detail(session),
});

export const startCharging = row({
  method: 'POST',
  path: '/charging/start',
  title: 'Start a charging session',
  access: { scope: 'control', audience: 'either' },
  body: z.object({ chargerId: uuid, connectorNumber: optional(integer), idTag: text }),
  operation: `
    mutation Start($input: StartSessionInput!) {
      result: startSession(input: $input) {
        ... on Session { id correlationId status connectorNumber startTime charger { id } }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    }`,
  variables: ({ body: { chargerId, ...input } }) => ({
    input: { ...input, chargerId: toGlobalId('Charger', chargerId) },
  }),
  response: startedSession,
  answer: ({ result }: { result: SessionSummary & { correlationId: string } }) => ({
    id: toUuid(result.id),
    sessionId: toUuid(result.id),
    correlationId: result.correlationId,
    status: result.status.toLowerCase(),
    chargerId: toUuid(result.charger.id),
    connectorNumber: result.connectorNumber,
    startTime: time(result.startTime),
    message: 'The station accepted the start. Plug in within 5 minutes.',
  }),
});

export const stopCharging = row({
  method: 'POST',
  path: '/charging/stop',
  title: 'Stop a charging session',
  access: { scope: 'control', audience: 'either' },
  body: z.object({ sessionId: uuid }),
  operation: `
    mutation Stop($id: ID!) {
      result: stopSession(id: $id) {
        ... on Session { ...Detail }
        ... on Error { code message }
      }
    } ${DETAIL}`,
  variables: ({ body }) => ({ id: toGlobalId('Session', body.sessionId) }),
  response: session,
  answer: ({ result }: { result: SessionDetail }) => detail(result),
});
