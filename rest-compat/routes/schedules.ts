import { z } from 'zod';
import { nothing } from '../answers/fields.ts';
import { schedule } from '../answers/plans.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { instant, integer, optional, text, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { time } from '../values.ts';

interface Schedule {
  id: string;
  status: string;
  statusReason: string | null;
  scheduledTime: string;
  firedAt: string | null;
  connectorNumber: number;
  charger: { id: string };
  createdAt: string;
}

const SCHEDULE = `
  fragment Detail on Schedule {
    id status statusReason scheduledTime firedAt connectorNumber createdAt charger { id }
  }`;

/** How REST calls the states; it knows no moment between waiting and having fired. */
const WORDS: Record<string, string> = {
  PENDING: 'Pending',
  FIRING: 'Pending',
  FIRED: 'Fired',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

const scheduleOf = (schedule: Schedule) => ({
  id: toUuid(schedule.id),
  chargerId: toUuid(schedule.charger.id),
  connectorNumber: schedule.connectorNumber,
  scheduledTime: time(schedule.scheduledTime),
  status: WORDS[schedule.status]!,
  statusReason: schedule.statusReason,
  firedAt: time(schedule.firedAt),
  createdAt: time(schedule.createdAt),
});

export const createSchedule = row({
  method: 'POST',
  path: '/charging/schedule',
  title: 'Schedule a charge',
  access: { scope: 'control', audience: 'driver' },
  body: z.object({
    chargerId: uuid,
    connectorNumber: optional(integer),
    idTag: optional(text),
    scheduledTime: instant,
  }),
  operation: `
    mutation CreateSchedule($input: CreateScheduleInput!) {
      result: createSchedule(input: $input) {
        ... on Schedule { ...Detail }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    } ${SCHEDULE}`,
  variables: ({ body: { chargerId, ...input } }) => ({
    input: { ...input, chargerId: toGlobalId('Charger', chargerId) },
  }),
  response: schedule,
  answer: ({ result }: { result: Schedule }) => scheduleOf(result),
  status: 201,
});

export const listSchedules = row({
  method: 'GET',
  path: '/charging/schedules',
  title: 'List scheduled charges',
  access: { scope: 'read', audience: 'driver' },
  operation: `query Schedules { schedules(first: 100) { nodes { ...Detail } } } ${SCHEDULE}`,
  variables: () => ({}),
  response: z.array(schedule),
  answer: ({ schedules }: { schedules: { nodes: Schedule[] } }) => schedules.nodes.map(scheduleOf),
});

export const deleteSchedule = row({
  method: 'DELETE',
  path: '/charging/schedule/{id}',
  title: 'Cancel a scheduled charge',
  access: { scope: 'control', audience: 'driver' },
  operation: `mutation CancelSchedule($id: ID!) { result: cancelSchedule(id: $id) { ... on Error { code message } } }`,
  variables: ({ path }) => ({ id: toGlobalId('Schedule', path.id) }),
  response: nothing,
  answer: () => null,
  status: 204,
});
