import { METHODS } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { DomainError, RateLimitedError } from '../src/kernel/errors.ts';
import type { GivenAnswer } from '../src/kernel/idempotency.ts';
import type { Identify, RestCaller } from './caller.ts';
import { CsvFile } from './csv.ts';
import { failure, RestError } from './envelope.ts';
import { type EventStreams, eventStream, serveEventStream } from './event-stream.ts';
import { serveOpenApi, servePage } from './openapi-door.ts';
import type { Row } from './row.ts';
import { rows } from './rows.ts';
import { STATUS } from './status.ts';
import { translate } from './translate.ts';

export const BASE_PATH = '/emsp/v1';
/** The API reference itself; it is no row, for no operation stands behind it. */
const REFERENCE = { method: 'GET', path: '/openapi.json' };
const MAX_BODY_BYTES = 256 * 1024;

const CROSS_ORIGIN = {
  origin: '*',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: [
    'Content-Type',
    'X-API-Key',
    'Authorization',
    'X-Request-Id',
    'Idempotency-Key',
    'Last-Event-ID',
  ],
  exposedHeaders: ['X-Request-Id', 'Retry-After', 'Allow', 'Content-Disposition'],
  maxAge: 86_400,
  preflightContinue: true,
  strictPreflight: false,
};

/** Puts every route on the HTTP host; close it before the host, for the streams that are open. */
export async function serveRest(
  fastify: FastifyInstance,
  identify: Identify,
  { commentEveryMs, graph }: { readonly commentEveryMs: number; readonly graph: GraphQLSchema },
): Promise<EventStreams> {
  for (const method of METHODS) {
    if (!fastify.supportedMethods.includes(method)) fastify.addHttpMethod(method);
  }
  let streams: EventStreams | undefined;
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
      // keys travel in headers, never in cookies: any page may call, with a key that it was given
      await rest.register(cors, CROSS_ORIGIN);
      for (const row of rows) serveRow(rest, row, identify);
      streams = serveEventStream(rest, eventStream.path, identify, commentEveryMs);
      serveOpenApi(rest, REFERENCE.path, graph);
      const routes = [...rows, eventStream, REFERENCE];
      for (const path of new Set(routes.map(route => route.path))) {
        serveOtherMethods(
          rest,
          path,
          routes.filter(route => route.path === path).map(route => route.method),
        );
      }
    },
    { prefix: BASE_PATH },
  );
  servePage(fastify, '/docs', graph);
  return streams!;
}

const fastifyPath = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');

function serveRow(rest: FastifyInstance, row: Row, identify: Identify): void {
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
      const caller = await identify(request);
      if (caller.viewer.kind === 'anonymous' && row.access.audience === 'anyone') await caller.limit();
      const { status, body } = await answer(row, request, caller);
      if (body instanceof CsvFile) return body.send(reply);
      return body === null ? reply.code(status).send() : reply.code(status).send(body);
    },
  });
}

/** The answer of a row; to a POST under an `Idempotency-Key` the one that was given before. */
async function answer(row: Row, request: FastifyRequest, caller: RestCaller): Promise<GivenAnswer> {
  const raw = {
    path: request.params as Record<string, string>,
    query: request.query,
    body: (request.body as string | undefined) ?? '',
  };
  const make = async (): Promise<GivenAnswer> => {
    const body = await translate(row, raw, caller.viewer, caller.execute);
    return { status: row.status ?? 200, body };
  };
  const key = request.headers['idempotency-key'];
  if (key === undefined || row.method !== 'POST' || row.path.startsWith('/auth/driver/')) return make();
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new RestError(400, 'validation_error', 'Idempotency-Key: must be 1 to 255 printable characters', [
      { field: 'Idempotency-Key', message: 'must be 1 to 255 printable characters' },
    ]);
  }
  // a refusal is an answer too, and given again
  const settled = () => make().catch(error => refusalOf(error, row.path));
  return caller.once({ identity: [row.method, request.url, key], body: raw.body }, settled);
}

/** A refusal as the answer that it is; what is no refusal is thrown on. */
function refusalOf(error: unknown, path: string): GivenAnswer {
  if (error instanceof RestError && error.status < 500) {
    return { status: error.status, body: failure(error, path) };
  }
  throw error;
}

/** OPTIONS tells what a path takes; every other method is refused with the same. */
function serveOtherMethods(rest: FastifyInstance, path: string, served: readonly string[]): void {
  const allowed = [...served, ...(served.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
  rest.options(fastifyPath(path), (_, reply) => reply.header('allow', allowed.join(', ')).code(204).send());
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
  const path = request.routeOptions.url?.slice(BASE_PATH.length) ?? '';
  return reply.code(refused.status).send(failure(refused, path));
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
  if (error instanceof DomainError) {
    const wait = error instanceof RateLimitedError ? error.retryAfterSeconds : undefined;
    return new RestError(STATUS[error.code], error.code, error.message, undefined, wait);
  }
  const known = FASTIFY_ERRORS[(error as { code?: string }).code ?? ''];
  return known
    ? new RestError(...known)
    : new RestError(500, 'internal_error', 'Something went wrong on our side.');
}
