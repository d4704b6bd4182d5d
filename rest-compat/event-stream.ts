import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DomainError } from '../src/kernel/errors.ts';
import { EVENT_TYPES } from '../src/kernel/event-catalogue.ts';
import { isUuid } from '../src/kernel/ids.ts';
import type { Identify, Subscribe } from './caller.ts';
import { invalidRequest, RestError } from './envelope.ts';
import { toGlobalId } from './ids.ts';
import { list, text, wordOf } from './parameters.ts';
import { type ServerSentEvent, SseStream } from './sse.ts';
import { allow, checked, succeeded } from './translate.ts';

/** The one documented route that is no JSON: it stands for a subscription, and never ends by itself. */
export const eventStream = {
  method: 'GET',
  path: '/events/stream',
  title: 'SSE event stream for real-time updates',
  access: { scope: 'read', audience: 'either' },
  query: z.object({
    eventTypes: list(wordOf(EVENT_TYPES)).optional(),
    stationIds: list(text).optional(),
    'Last-Event-ID': z
      .string()
      .regex(/^\d{1,18}$/, { message: 'must be the id of an event' })
      .optional(),
  }),
  operation: `
    subscription Stream($types: [EventType!], $ids: [ID!], $uids: [String!], $since: String) {
      events(types: $types, chargerIds: $ids, chargerUids: $uids, since: $since) {
        id: sequence event: type data: message
      }
    }`,
  // more streams than one caller may have open
  refusals: ['rate_limited'],
  content: {
    'text/event-stream': 'Events, each as `id`, `event` and `data`, for as long as the reader stays.',
  },
} as const;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // or nginx collects what it should pass on
  'x-accel-buffering': 'no',
};

/** How long the streams have to hand over their last bytes. */
const CLOSE_MS = 1000;

export interface EventStreams {
  /** Ends every stream, so that the clients come back to another process. */
  close(): Promise<void>;
}

/** Puts the route on the host; behind the same checks, in the same order, as the rows. */
export function serveEventStream(
  rest: FastifyInstance,
  path: string,
  identify: Identify,
  commentEveryMs: number,
): EventStreams {
  const open = new Set<SseStream>();
  rest.get(path, async (request: FastifyRequest, reply: FastifyReply) => {
    const { viewer, subscribe } = await identify(request);
    allow(eventStream, viewer);
    const query = checked(eventStream.query, {
      ...(request.query as object),
      'Last-Event-ID': request.headers['last-event-id'] || undefined,
    });
    const events = await subscribed(query, subscribe);
    reply.headers(HEADERS);
    if (request.method === 'HEAD') {
      await events.return?.();
      return reply.send();
    }
    const stream = new SseStream(events, {
      commentEveryMs,
      // a key may be revoked and a token expire while its stream is open
      isStillAllowed: () => isUnchanged(request, viewer, identify),
    });
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    return reply.send(stream);
  });
  return {
    async close() {
      const ended = [...open].map(stream => new Promise(resolve => stream.once('close', resolve)));
      for (const stream of open) stream.finish();
      await Promise.race([Promise.all(ended), new Promise(resolve => setTimeout(resolve, CLOSE_MS).unref())]);
    },
  };
}

async function isUnchanged(request: FastifyRequest, viewer: unknown, identify: Identify): Promise<boolean> {
  try {
    return isDeepStrictEqual((await identify(request)).viewer, viewer);
  } catch (error) {
    if (error instanceof DomainError) return false;
    request.log.warn({ err: error }, 'whose event stream it is could not be asked');
    return true;
  }
}

/** Opens the subscription; its results become what goes over the wire. */
async function subscribed(
  query: z.infer<typeof eventStream.query>,
  subscribe: Subscribe,
): Promise<AsyncIterator<ServerSentEvent>> {
  const { eventTypes, stationIds } = query;
  const results = await subscribe(eventStream.operation, {
    types: eventTypes?.map(type => type.toUpperCase().replaceAll('.', '_')),
    ids: stationIds?.filter(isUuid).map(id => toGlobalId('Charger', id)),
    uids: stationIds?.filter(name => !isUuid(name)),
    since: query['Last-Event-ID'],
  });
  if (!(Symbol.asyncIterator in results)) {
    throw withOwnNames(() => succeeded(results));
  }
  return {
    async next() {
      const { value, done } = await results.next();
      if (done) return { value: undefined, done: true };
      return { value: (succeeded(value) as { events: ServerSentEvent }).events, done: false };
    },
    async return() {
      await results.return?.();
      return { value: undefined, done: true };
    },
  };
}

/** The refusal of the subscription, its arguments under the names that they have here. */
function withOwnNames(refuse: () => unknown): unknown {
  try {
    refuse();
  } catch (error) {
    if (!(error instanceof RestError) || !error.details) return error;
    return invalidRequest(error.details.map(({ message }) => ({ field: 'stationIds', message })));
  }
  return new Error('A subscription answered a result.');
}
