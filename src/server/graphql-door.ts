import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga, type GraphiQLOptions, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { type WebSocket, WebSocketServer } from 'ws';
import { schema } from '../../schema/index.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Context } from '../kernel/context.ts';
import { DomainError, RateLimitedError } from '../kernel/errors.ts';
import { everySoOften } from '../kernel/timing.ts';
import type { App } from './app.ts';
import { executeInScope, subscribeInScope } from './graphql.ts';
import { rowLimit } from './graphql-row-limit.ts';
import { requestIdFrom, viewerOf } from './viewer-of.ts';

const PATH = '/graphql';
const MAX_MESSAGE_BYTES = 1024 * 1024;
const CHECK_CALLERS_MS = 5_000;

interface Carrier {
  /** Known already where the operation comes over a socket. */
  readonly viewer?: Viewer;
  readonly req: IncomingMessage | FastifyRequest;
}

/** `/graphql` over HTTP and SSE; its upgrades are for `graphQLSocket`. */
export function openGraphQLDoor(app: App, fastify: FastifyInstance) {
  const yoga = yogaFor(app, schema, PATH, {
    title: 'Chargegraph',
    subscriptionsProtocol: 'SSE',
    defaultQuery: EXAMPLE_QUERY,
  });
  fastify.route({
    url: PATH,
    method: ['GET', 'POST', 'OPTIONS'],
    handler: (request: FastifyRequest, reply: FastifyReply) =>
      yoga.handleNodeRequestAndResponse(request, reply, { req: request }),
  });
  return { yoga, upgrade: graphQLSocket(app, yoga) };
}

/** A schema over HTTP and SSE, for callers known by their keys and within the limits. */
export function yogaFor(
  app: App,
  served: GraphQLSchema,
  path: string,
  graphiql: GraphiQLOptions | false,
): YogaServerInstance<Carrier, Context> {
  return createYoga<Carrier, Context>({
    schema: served,
    graphqlEndpoint: path,
    logging: false,
    landingPage: false,
    // GraphiQL from our own packages: the page asks no other host for anything
    renderGraphiQL,
    graphiql,
    maskedErrors: false,
    plugins: [inScope, fewRows, ...limits()],
    context: async ({ viewer, req }) => {
      const headers = req.headers as IncomingHttpHeaders;
      const requestId = requestIdFrom(headers) ?? (('id' in req && req.id) || randomUUID());
      const address = 'ip' in req ? req.ip : (req.socket.remoteAddress ?? null);
      const asking = viewer ?? (await authenticated(app, headers, address));
      return app.context(asking, requestId, { clientAddress: address });
    },
  });
}

/** Depth, aliases and cost have bounds, so that no query costs without end. */
const limits = (): Plugin[] =>
  new EnvelopArmor({
    maxDepth: { n: 15, flattenFragments: true },
    maxAliases: { n: 30 },
    maxDirectives: { n: 50 },
    maxTokens: { n: 5_000 },
    costLimit: { maxCost: 100_000, flattenFragments: true },
    blockFieldSuggestion: { enabled: false },
  }).protect().plugins as Plugin[];

const MAX_ROWS = 20_000;
const fewRows: Plugin = {
  onValidate: ({ addValidationRule }) => addValidationRule(rowLimit(MAX_ROWS)),
};

const inScope: Plugin = {
  onExecute: ({ setExecuteFn }) => setExecuteFn(executeInScope),
  onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribeInScope as never),
};

async function authenticated(
  app: App,
  headers: IncomingHttpHeaders,
  address: string | null,
): Promise<Viewer> {
  try {
    const viewer = await viewerOf(app, headers);
    if (viewer.kind === 'anonymous') await app.limitKeyless(address ?? '');
    return viewer;
  } catch (error) {
    if (error instanceof DomainError) {
      throw new GraphQLError(error.message, {
        extensions: { code: error.code, http: { status: error instanceof RateLimitedError ? 429 : 401 } },
      });
    }
    app.log.error({ err: error }, 'caller not identified');
    throw new GraphQLError('Internal error.', {
      extensions: { code: 'internal_error', http: { status: 500 } },
    });
  }
}

/** graphql-ws: who connects says who it is in `connection_init`, `{ apiKey, authorization }`, or in the same headers. */
function graphQLSocket(app: App, yoga: YogaServerInstance<Carrier, Context>) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: protocols => (protocols.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });
  const callers: Callers = new Map();
  const check = everySoOften(CHECK_CALLERS_MS, app.log, () => dismissInvalid(app, callers));
  const server = useServer<{ apiKey?: string; authorization?: string }, { viewer?: Viewer }>(
    {
      async onConnect({ connectionParams, extra }) {
        const apiKey = connectionParams?.apiKey ?? headerOf(extra.request, 'x-api-key');
        const authorization = connectionParams?.authorization ?? headerOf(extra.request, 'authorization');
        const credentials = {
          ...(apiKey !== undefined && { 'x-api-key': apiKey }),
          ...(authorization !== undefined && { authorization }),
        };
        try {
          extra.viewer = await viewerOf(app, credentials);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          extra.socket.close(CloseCode.Forbidden, error.message);
          return false;
        }
        callers.set(extra.socket, credentials);
        extra.socket.once('close', () => callers.delete(extra.socket));
        return true;
      },
      async onSubscribe({ extra }, _id, params) {
        const { schema, contextFactory, parse, validate } = yoga.getEnveloped({
          req: extra.request,
          viewer: extra.viewer,
          params,
        });
        try {
          const document = parse(params.query);
          const errors = validate(schema, document);
          if (errors.length > 0) return errors;
          return {
            schema,
            document,
            operationName: params.operationName,
            variableValues: params.variables,
            contextValue: await contextFactory(),
          };
        } catch (error) {
          // a mistake in one operation must not end the others on the socket
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      execute: executeInScope,
      subscribe: subscribeInScope,
    },
    sockets,
  );
  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
      sockets.handleUpgrade(request, socket, head, client => sockets.emit('connection', client, request));
    },
    async close() {
      await check.stop();
      await server.dispose();
    },
  };
}

/** Open sockets, and what their callers said of themselves. */
type Callers = Map<WebSocket, { readonly 'x-api-key'?: string; readonly authorization?: string }>;

/** Closes the sockets of those whose key has been revoked, or key or token has expired, since they came. */
async function dismissInvalid(app: App, callers: Callers): Promise<void> {
  const alike = Map.groupBy(callers, ([, credentials]) => JSON.stringify(credentials));
  for (const sockets of alike.values()) {
    const [, credentials] = sockets[0]!;
    if (credentials['x-api-key'] === undefined) continue;
    try {
      await viewerOf(app, credentials);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      for (const [socket] of sockets) socket.close(CloseCode.Forbidden, error.message);
    }
  }
}

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const EXAMPLE_QUERY = `# Put your key under "Headers" below: { "X-API-Key": "pr_live_…" }
# Subscriptions work too: subscription { sessionUpdated { id status energyWh } }
query Chargers {
  chargers(first: 10) {
    totalCount
    nodes {
      id
      uid
      status
      isOnline
      location { name city }
      connectors { number status maxPowerW }
    }
  }
}
`;
