import { z } from 'zod';
import { TRIGGER_MESSAGES } from '../../src/kernel/charger-commands.ts';
import { rebootVerdict, resetVerdict, triggerVerdict, unlockVerdict } from '../answers/commands.ts';
import { toGlobalId } from '../ids.ts';
import { integer, optional, wordOf } from '../parameters.ts';
import type { Request } from '../row.ts';
import { row } from '../row.ts';

const RESET_TYPES = ['Soft', 'Hard'] as const;

/** GraphQL's spelling of OCPP's words: `MeterValues` is METER_VALUES. */
const toEnum = (word: string | null) => word?.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
const fromEnum = (words: readonly string[], value: string) => words.find(word => toEnum(word) === value)!;

const ERRORS = `
  ... on Error { code message }
  ... on ValidationError { details { field message } }`;

interface Verdict {
  accepted: boolean;
  reason: string | null;
  retryable: boolean;
}

const verdict = ({ accepted, reason, retryable }: Verdict) => ({ accepted, reason, retryable });

/** The charger as the path names it: a driver may command one that they may not read. */
const chargerId = ({ path }: Request<unknown, unknown>) => path.chargerId!.toLowerCase();

const remoteControl = {
  method: 'POST',
  access: { scope: 'control', audience: 'either' },
  subject: 'commanded',
} as const;

export const unlock = row({
  ...remoteControl,
  path: '/remote-control/{chargerId}/unlock',
  title: 'Unlock a connector',
  body: z.object({ connectorNumber: optional(integer) }),
  operation: `
    mutation Unlock($input: UnlockConnectorInput!) {
      result: unlockConnector(input: $input) {
        ... on UnlockConnectorResult { connectorNumber accepted reason retryable } ${ERRORS}
      }
    }`,
  variables: ({ path, body }) => ({ input: { ...body, chargerId: toGlobalId('Charger', path.chargerId) } }),
  response: unlockVerdict,
  answer: ({ result }: { result: Verdict & { connectorNumber: number } }, request) => ({
    chargerId: chargerId(request),
    connectorNumber: result.connectorNumber,
    ...verdict(result),
  }),
});

export const trigger = row({
  ...remoteControl,
  path: '/remote-control/{chargerId}/trigger',
  title: 'Ask the charger to re-send a message',
  body: z.object({ message: optional(wordOf(TRIGGER_MESSAGES)), connectorNumber: optional(integer) }),
  operation: `
    mutation Trigger($input: TriggerMessageInput!) {
      result: triggerMessage(input: $input) {
        ... on TriggerMessageResult { sent: message accepted reason retryable } ${ERRORS}
      }
    }`,
  variables: ({ path, body: { message, connectorNumber } }) => ({
    input: {
      chargerId: toGlobalId('Charger', path.chargerId),
      message: toEnum(message),
      connectorNumber,
    },
  }),
  response: triggerVerdict,
  answer: ({ result }: { result: Verdict & { sent: string } }, request) => ({
    chargerId: chargerId(request),
    message: fromEnum(TRIGGER_MESSAGES, result.sent),
    ...verdict(result),
  }),
});

export const reset = row({
  ...remoteControl,
  path: '/remote-control/{chargerId}/reset',
  title: 'Reset a charger',
  body: z.object({ type: optional(wordOf(RESET_TYPES)) }),
  operation: `
    mutation Reset($input: ResetChargerInput!) {
      result: resetCharger(input: $input) {
        ... on ResetChargerResult { type accepted reason retryable } ${ERRORS}
      }
    }`,
  variables: ({ path, body }) => ({
    input: { chargerId: toGlobalId('Charger', path.chargerId), type: toEnum(body.type) },
  }),
  response: resetVerdict,
  answer: ({ result }: { result: Verdict & { type: string } }, request) => ({
    chargerId: chargerId(request),
    type: fromEnum(RESET_TYPES, result.type),
    ...verdict(result),
  }),
});

export const reboot = row({
  method: 'POST',
  path: '/chargers/{id}/reboot',
  title: 'Reboot a charger',
  access: { scope: 'control', audience: 'operator' },
  subject: 'Charger',
  body: z.object({ type: optional(wordOf(RESET_TYPES)) }),
  operation: `
    mutation Reboot($input: ResetChargerInput!) {
      result: rebootCharger(input: $input) {
        ... on RebootChargerResult { accepted text: message } ${ERRORS}
      }
    }`,
  variables: ({ path, body }) => ({
    input: { chargerId: toGlobalId('Charger', path.id), type: toEnum(body.type) },
  }),
  response: rebootVerdict,
  answer: ({ result }: { result: { accepted: boolean; text: string } }, { path }) => ({
    chargerId: path.id!.toLowerCase(),
    status: result.accepted ? 'Accepted' : 'Rejected',
    message: result.text,
  }),
});
