import type { FastifyInstance } from 'fastify';
import { DomainError } from '../src/kernel/errors.ts';
import type { Identify } from './caller.ts';
import { failure, RestError } from './envelope.ts';
import { type EventStreams, eventStream, serveEventStream } from './event-stream.ts';
import type { Row } from './row.ts';
import { rows } from './rows.ts';
import { STATUS } from './status.ts';
import { translate } from './translate.ts';

export const BASE_PATH = '/emsp/v1';
const MAX_BODY_BYTES = 256 * 1024;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Puts every route on the HTTP host; close it before the host, for the streams that are open. */
export async function serveRest(
  fastify: FastifyInstance,
  identify: Identify,
  { commentEveryMs }: { readonly commentEveryMs: number },
): Promise<EventStreams> {
  let streams: EventStreams | undefined;
  await fastify.register(
    async rest => {
      // the body is parsed behind the checks that come before it
      rest.removeAllContentTypeParsers();
      rest.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) =>
        done(null, body),
      );
      rest.setErrorHandler((error, request, reply) => {
        const refused = toRestError(error);
        if (refused.status >= 500) request.log.error({ err: error }, 'REST request failed');
        if (refused.retryAfterSeconds) reply.header('retry-after', String(refused.retryAfterSeconds));
        return reply.code(refused.status).send(failure(refused));
      });
      rest.setNotFoundHandler(() => {
        throw new RestError(404, 'not_found', 'No such route.');
      });
      for (const row of rows) serveRow(rest, row, identify);
      streams = serveEventStream(rest, eventStream.path, identify, commentEveryMs);
      const routes = [...rows, eventStream];
      for (const path of new Set(routes.map(route => route.path))) {
        refuseOtherMethods(
          rest,
          path,
          routes.filter(route => route.path === path).map(route => route.method),
        );
      }
    },
    { prefix: BASE_PATH },
  );
  return streams!;
}

const fastifyPath = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');

function serveRow(rest: FastifyInstance, row: Row, identify: Identify): void {
  rest.route({
    method: row.method,
    url: fastifyPath(row.path),
    bodyLimit: MAX_BODY_BYTES,
    async handler(request, reply) {
      const { viewer, execute } = await identify(request);
      const raw = {
        path: request.params as Record<string, string>,
        query: request.query,
        body: (request.body as string | undefined) ?? '',
      };
      const answer = await translate(row, raw, viewer, execute);
      return answer === null ? reply.code(204).send() : reply.code(row.status ?? 200).send(answer);
    },
  });
}

function refuseOtherMethods(rest: FastifyInstance, path: string, served: readonly string[]): void {
  const allowed = [...served, ...(served.includes('GET') ? ['HEAD'] : [])];
  rest.route({
    method: METHODS.filter(method => !allowed.includes(method)),
    url: fastifyPath(path),
    // before the body is looked at
    onRequest(_, reply, done) {
      reply.header('allow', allowed.join(', '));
      done(new RestError(405, 'method_not_allowed', `This route takes ${allowed.join(', ')}.`));
    },
    handler: () => {},
  });
}

/** Fastify's own refusals, by their codes. */
const FASTIFY_ERRORS: Record<string, readonly [number, string, string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'payload_too_large', `A body may have at most ${MAX_BODY_BYTES} bytes.`],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'invalid_json',
    'The body is shorter or longer than its Content-Length.',
  ],
  FST_ERR_BAD_URL: [404, 'not_found', 'No such route.'],
};

function toRestError(error: unknown): RestError {
  if (error instanceof RestError) return error;
  if (error instanceof DomainError) return new RestError(STATUS[error.code], error.code, error.message);
  const known = FASTIFY_ERRORS[(error as { code?: string }).code ?? ''];
  return known
    ? new RestError(...known)
    : new RestError(500, 'internal_error', 'Something went wrong on our side.');
}
