import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, maxHeaderSize } from 'node:http';
import type { Duplex } from 'node:stream';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { RestCaller } from '../../rest-compat/caller.ts';
import { refuse, serveRest } from '../../rest-compat/serve.ts';
import { schema } from '../../schema/index.ts';
import { publicKeys } from '../auth/access-token.ts';
import { inScopeOf } from '../kernel/context.ts';
import { answerOnce } from '../kernel/idempotency.ts';
import type { App } from './app.ts';
import { openDocumentDoor } from './document-door.ts';
import { documentOf, executeInScope, subscribeInScope } from './graphql.ts';
import { openGraphQLDoor } from './graphql-door.ts';
import { Listeners } from './listeners.ts';
import { openStripeWebhookDoor } from './stripe-webhook-door.ts';
import { openSubgraphDoors } from './subgraph-doors.ts';
import { requestIdFrom, viewerOf } from './viewer-of.ts';

export interface HttpHost {
  readonly url: string;
  close(): Promise<void>;
}

/** One port for every door but the charging stations' protocol itself, whose upgrades are handed over by path. */
export async function openHttpHost(app: App): Promise<HttpHost> {
  const { config } = app;
  const fastify = Fastify({
    loggerInstance: app.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request: IncomingMessage) => requestIdFrom(request.headers) ?? randomUUID(),
    requestTimeout: 60_000,
    // who takes nothing of an answer for so long is cut off; no answer has as long to begin
    connectionTimeout: 180_000,
    // as long as a request line may be: an id's length is the door's to judge
    trustProxy: (address: string) => app.isTrustedProxy(address),
    routerOptions: { maxParamLength: maxHeaderSize },
    // what no route or hook sees, such as a path that is not valid percent-encoding
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      refuse(error, request, reply.header('x-request-id', request.id)),
    https: config.TLS_CERT_FILE
      ? {
          cert: readFileSync(config.TLS_CERT_FILE),
          key: readFileSync(config.TLS_KEY_FILE!),
          // stations of security profile 3 show a certificate; others need none
          ...(config.TLS_CA_FILE && { ca: readFileSync(config.TLS_CA_FILE), requestCert: true }),
          rejectUnauthorized: false,
        }
      : null,
  } as object) as unknown as FastifyInstance;
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        path: request.url.split('?')[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
    done();
  });

  serveHealth(fastify, app);
  fastify.get('/.well-known/jwks.json', () => publicKeys(app.em));
  const listeners = new Listeners(app);
  const graphQL = config.ROLES.includes('api') ? openGraphQLDoor(app, fastify, listeners) : null;
  if (graphQL) openSubgraphDoors(app, fastify, listeners);
  if (graphQL) openDocumentDoor(app, fastify);
  if (graphQL) await openStripeWebhookDoor(app, fastify);
  const rest =
    graphQL &&
    (await serveRest(fastify, request => restCaller(app, request), {
      commentEveryMs: config.STREAM_COMMENT_SECONDS * 1000,
      graph: schema,
    }));

  fastify.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // until a door takes it over, a socket that breaks is nobody's to handle
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?')[0]!;
    if (path === '/graphql' && graphQL) graphQL.upgrade(request, socket, head);
    else if (path.startsWith('/ocpp/') && app.ocpp) app.ocpp.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  await fastify.listen({ port: config.PORT, host: config.HOST });
  const address = fastify.server.address();
  const port = typeof address === 'object' && address ? address.port : config.PORT;
  const host = config.HOST === '0.0.0.0' || config.HOST === '::' ? 'localhost' : config.HOST;
  return {
    url: `${config.TLS_CERT_FILE ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      await listeners.close();
      await graphQL?.close();
      await rest?.close();
      fastify.server.closeAllConnections();
      const closed = fastify.close();
      // the stations' sockets were handed over: the server stays open until their door has closed them
      await app.ocpp?.close();
      await closed;
    },
  };
}

/** Who calls over REST, and the way into the graph as that caller. */
async function restCaller(app: App, request: FastifyRequest): Promise<RestCaller> {
  const viewer = await viewerOf(app, request.headers);
  const contextValue = app.context(viewer, request.id, { clientAddress: request.ip });
  const args = (operation: string, variableValues: Record<string, unknown>) => ({
    schema,
    document: documentOf(operation),
    variableValues,
    contextValue,
  });
  return {
    viewer,
    limit: () => app.limitKeyless(request.ip),
    once: ({ identity, body }, make) =>
      inScopeOf(contextValue, () => answerOnce(contextValue, identity, body, make)),
    execute: (operation, variables) => executeInScope(args(operation, variables)),
    subscribe: (operation, variables) => subscribeInScope(args(operation, variables), app.streams),
  };
}

/** `/healthz`: the process lives. `/readyz`: it can do its work. */
function serveHealth(fastify: FastifyInstance, app: App): void {
  fastify.get('/healthz', () => ({ status: 'ok' }));
  fastify.get('/readyz', async (request, reply) => {
    try {
      await app.ping();
      return { status: 'ready' };
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable', reason: 'The database does not answer.' });
    }
  });
}
