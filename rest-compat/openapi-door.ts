import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { openApi } from './openapi.ts';
import { referencePage } from './openapi-page.ts';
import { rows } from './rows.ts';

/** Serves the API reference for programs. It needs no key, and changes with the version that runs alone. */
export function serveOpenApi(rest: FastifyInstance, path: string, graph: GraphQLSchema): void {
  const type = 'application/json; charset=utf-8';
  rest.get(
    path,
    unchanging(type, () => JSON.stringify(openApi(rows, graph))),
  );
}

/** Serves the API reference for people: one page that loads nothing. */
export function servePage(fastify: FastifyInstance, path: string, graph: GraphQLSchema): void {
  const answer = unchanging('text/html; charset=utf-8', () => referencePage(openApi(rows, graph)));
  fastify.get(path, (request, reply) => {
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    return answer(request, reply);
  });
}

/** A handler that makes its text once, and sends it to those alone who do not have it yet. */
function unchanging(type: string, make: () => string) {
  let made: { text: string; etag: string } | undefined;
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    made ??= tagged(make());
    reply.headers({ etag: made.etag, 'cache-control': 'public, max-age=300' });
    const known = request.headers['if-none-match']?.split(/\s*,\s*/).map(tag => tag.replace(/^W\//, ''));
    if (known?.some(tag => tag === made?.etag || tag === '*')) return reply.code(304).send();
    return reply.type(type).send(made.text);
  };
}

const tagged = (text: string) => ({
  text,
  etag: `"${createHash('sha256').update(text).digest('base64url')}"`,
});
