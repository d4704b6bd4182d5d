import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Viewer } from '../src/auth/viewer.ts';
import { DomainError } from '../src/kernel/errors.ts';
import { failure, RestError } from './envelope.ts';
import type { Row } from './row.ts';
import { rows } from './rows.ts';
import { STATUS } from './status.ts';
import { type Execute, translate } from './translate.ts';

export const BASE_PATH = '/emsp/v1';
const MAX_BODY_BYTES = 256 * 1024;

export interface RestCaller {
  readonly viewer: Viewer;
  readonly execute: Execute;
}

/** Puts every row on the HTTP host. `identify` says who calls, and throws UnauthorizedError for a bad key. */
export async function serveRest(
  fastify: FastifyInstance,
  identify: (request: FastifyRequest) => Promise<RestCaller>,
): Promise<void> {
  for (const method of METHODS) {
    if (!fastify.supportedMethods.includes(method)) fastify.addHttpMethod(method);
  }
  await fastify.register(
    async rest => {
      // the body is parsed behind the checks that come before it
      rest.removeAllContentTypeParsers();
      rest.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) =>
        done(null, body),
      );
      rest.setErrorHandler(refuse);
      rest.setNotFoundHandler(() => {
        throw new RestError(404, 'not_found', 'No such route.');
      });
      for (const row of rows) serveRow(rest, row, identify);
      for (const path of new Set(rows.map(row => row.path))) refuseOtherMethods(rest, path);
    },
    { prefix: BASE_PATH },
  );
}

const fastifyPath = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');

function serveRow(
  rest: FastifyInstance,
  row: Row,
  identify: (request: FastifyRequest) => Promise<RestCaller>,
): void {
  rest.route({
    method: row.method,
    url: fastifyPath(row.path),
    bodyLimit: MAX_BODY_BYTES,
    // before the media type is looked at; a body of untold length is cut off where it is read
    onRequest(request, reply, done) {
      if (!(Number(request.headers['content-length']) > MAX_BODY_BYTES)) return done();
      reply.header('connection', 'close');
      done(tooLarge());
    },
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

function refuseOtherMethods(rest: FastifyInstance, path: string): void {
  const served = rows.filter(row => row.path === path).map(row => row.method as string);
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

/** Answers an error in the envelope. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refused = toRestError(error);
  if (refused.status >= 500) request.log.error({ err: error }, 'REST request failed');
  if (refused.retryAfterSeconds) reply.header('retry-after', String(refused.retryAfterSeconds));
  return reply.code(refused.status).send(failure(refused));
}

const tooLarge = () =>
  new RestError(413, 'payload_too_large', `A body may have at most ${MAX_BODY_BYTES} bytes.`);

/** Fastify's own refusals, by their codes. */
const FASTIFY_ERRORS: Record<string, readonly [number, string, string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'invalid_json',
    'The body is shorter or longer than its Content-Length.',
  ],
  FST_ERR_BAD_URL: [404, 'not_found', 'No such route.'],
};

function toRestError(error: unknown): RestError {
  if (error instanceof RestError) return error;
  if ((error as { code?: string }).code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge();
  if (error instanceof DomainError) return new RestError(STATUS[error.code], error.code, error.message);
  const known = FASTIFY_ERRORS[(error as { code?: string }).code ?? ''];
  return known
    ? new RestError(...known)
    : new RestError(500, 'internal_error', 'Something went wrong on our side.');
}
