import { z } from 'zod';
import type { StripeEvent } from './books.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, flag, listOf, text } from './params.ts';
import { found, type Step } from './world.ts';

/** `*` ends a pattern as in `charge.*`. */
const covers = (pattern: string, type: string): boolean =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;

const listParams = listOf({
  delivery_success: flag.optional(),
  type: text.optional(),
  types: z.array(text).max(20).optional(),
});

function matching(step: Step, params: z.infer<typeof listParams>): StripeEvent[] {
  const patterns = params.types ?? (params.type === undefined ? ['*'] : [params.type]);
  return [...step.books.events.values()].filter(
    event =>
      patterns.some(pattern => covers(pattern, event.type)) &&
      (params.delivery_success === undefined || params.delivery_success === (event.pending_webhooks === 0)),
  );
}

/** What happened: the way back for whoever missed a webhook. https://docs.stripe.com/webhooks/process-undelivered-events */
export const eventOperations = [
  operation('events.list', 'GET', '/v1/events', listParams, (step, params) =>
    list('/v1/events', matching(step, params), params),
  ),
  operation('events.retrieve', 'GET', '/v1/events/:id', accepts({}), (step, _, id) =>
    found(step.books.events, 'event', id),
  ),
];
