import { z } from 'zod';
import { clearedLimit, effectiveLimit, limitVerdict } from '../answers/commands.ts';
import { toGlobalId } from '../ids.ts';
import { integer, number, optional, queryInteger, wordOf } from '../parameters.ts';
import type { Request } from '../row.ts';
import { row } from '../row.ts';

const UNITS = ['A', 'W'] as const;

const ERRORS = `
  ... on Error { code message }
  ... on ValidationError { details { field message } }`;

/** The charger as the path names it: a driver may command one that they may not read. */
const chargerId = ({ path }: Request<unknown, unknown>) => path.chargerId!.toLowerCase();

const limitRoute = {
  path: '/smart-charging/{chargerId}/limit',
  access: { scope: 'control', audience: 'either' },
  subject: 'commanded',
} as const;

interface Cleared {
  connectorNumber: number;
  profileId: number;
  accepted: boolean;
  reason: string | null;
  retryable: boolean;
}

export const getLimit = row({
  ...limitRoute,
  method: 'GET',
  access: { scope: 'read', audience: 'either' },
  title: 'Get the effective charging limit for a connector',
  names: { connectorNumber: 'connector' },
  query: z.object({ connector: queryInteger.optional(), unit: wordOf(UNITS).optional() }),
  operation: `
    query CompositeSchedule($chargerId: ID!, $connectorNumber: Int, $unit: ChargingRateUnit) {
      result: compositeSchedule(chargerId: $chargerId, connectorNumber: $connectorNumber, unit: $unit) {
        connectorNumber unit accepted schedule
      }
    }`,
  variables: ({ path, query: { connector, unit } }) => ({
    chargerId: toGlobalId('Charger', path.chargerId),
    connectorNumber: connector,
    unit,
  }),
  response: effectiveLimit,
  answer: ({ result }: { result: Omit<z.infer<typeof effectiveLimit>, 'chargerId'> }, request) => ({
    chargerId: chargerId(request),
    connectorNumber: result.connectorNumber,
    unit: result.unit,
    accepted: result.accepted,
    schedule: result.schedule,
  }),
});

export const setLimit = row({
  ...limitRoute,
  method: 'PUT',
  title: 'Set a max charging speed for a connector',
  body: z.object({
    connectorNumber: optional(integer),
    unit: optional(wordOf(UNITS)),
    limit: optional(number),
  }),
  operation: `
    mutation SetLimit($input: SetChargingLimitInput!) {
      result: setChargingLimit(input: $input) {
        ... on SetChargingLimitResult { connectorNumber unit limit profileId accepted reason retryable } ${ERRORS}
      }
    }`,
  variables: ({ path, body }) => ({ input: { ...body, chargerId: toGlobalId('Charger', path.chargerId) } }),
  response: limitVerdict,
  answer: ({ result }: { result: Cleared & { unit: string; limit: number } }, request) => ({
    chargerId: chargerId(request),
    connectorNumber: result.connectorNumber,
    unit: result.unit,
    limit: result.limit,
    profileId: result.profileId,
    accepted: result.accepted,
    reason: result.reason,
    retryable: result.retryable,
  }),
});

export const clearLimit = row({
  ...limitRoute,
  method: 'DELETE',
  title: 'Clear the driver-set charging limit on a connector',
  names: { connectorNumber: 'connector' },
  query: z.object({ connector: queryInteger.optional() }),
  operation: `
    mutation ClearLimit($input: ClearChargingLimitInput!) {
      result: clearChargingLimit(input: $input) {
        ... on ClearChargingLimitResult { connectorNumber profileId accepted reason retryable } ${ERRORS}
      }
    }`,
  variables: ({ path, query: { connector } }) => ({
    input: { chargerId: toGlobalId('Charger', path.chargerId), connectorNumber: connector },
  }),
  response: clearedLimit,
  answer: ({ result }: { result: Cleared }, request) => ({
    chargerId: chargerId(request),
    connectorNumber: result.connectorNumber,
    profileId: result.profileId,
    accepted: result.accepted,
    reason: result.reason,
    retryable: result.retryable,
  }),
});
