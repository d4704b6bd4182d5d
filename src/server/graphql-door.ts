import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga, type Plugin } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { schema } from '../../schema/index.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Context } from '../kernel/context.ts';
import { DomainError } from '../kernel/errors.ts';
import type { App } from './app.ts';
import { executeInScope, subscribeInScope } from './graphql.ts';
import { requestIdFrom, viewerOf } from './viewer-of.ts';

const PATH = '/graphql';
const MAX_MESSAGE_BYTES = 1024 * 1024;

interface Carrier {
  /** Known already where the operation comes over a socket. */
  readonly viewer?: Viewer;
  readonly req: IncomingMessage | FastifyRequest;
}

/** `/graphql` over HTTP and SSE; its upgrades are for `graphQLSocket`. */
export function openGraphQLDoor(app: App, fastify: FastifyInstance) {
  const yoga = createYoga<Carrier, Context>({
    schema,
    graphqlEndpoint: PATH,
    logging: false,
    landingPage: false,
    graphiql: { title: 'Chargegraph', subscriptionsProtocol: 'WS', defaultQuery: EXAMPLE_QUERY },
    maskedErrors: false,
    plugins: [inScope, ...limits()],
    context: async ({ viewer, req }) => {
      const headers = req.headers as IncomingHttpHeaders;
      const requestId = requestIdFrom(headers) ?? (('id' in req && req.id) || randomUUID());
      return app.context(viewer ?? (await authenticated(app, headers)), requestId);
    },
  });
  fastify.route({
    url: PATH,
    method: ['GET', 'POST', 'OPTIONS'],
    handler: (request: FastifyRequest, reply: FastifyReply) =>
      yoga.handleNodeRequestAndResponse(request, reply, { req: request }),
  });
  return { yoga, upgrade: graphQLSocket(app, yoga) };
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

const inScope: Plugin = {
  onExecute: ({ setExecuteFn }) => setExecuteFn(executeInScope),
  onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribeInScope as never),
};

async function authenticated(app: App, headers: IncomingHttpHeaders): Promise<Viewer> {
  try {
    return await viewerOf(app, headers);
  } catch (error) {
    if (error instanceof DomainError) {
      throw new GraphQLError(error.message, { extensions: { code: error.code, http: { status: 401 } } });
    }
    app.log.error({ err: error }, 'caller not identified');
    throw new GraphQLError('Internal error.', {
      extensions: { code: 'internal_error', http: { status: 500 } },
    });
  }
}

/** graphql-ws: who connects says who it is in `connection_init`, `{ apiKey }`. */
function graphQLSocket(app: App, yoga: ReturnType<typeof createYoga<Carrier, Context>>) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: protocols => (protocols.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });
  const server = useServer<{ apiKey?: string }, { viewer?: Viewer }>(
    {
      async onConnect({ connectionParams, extra }) {
        const apiKey = connectionParams?.apiKey ?? headerOf(extra.request, 'x-api-key');
        try {
          extra.viewer = await viewerOf(app, apiKey === undefined ? {} : { 'x-api-key': apiKey });
          return true;
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          extra.socket.close(CloseCode.Forbidden, error.message);
          return false;
        }
      },
      async onSubscribe({ extra }, _id, params) {
        const { schema, contextFactory, parse, validate } = yoga.getEnveloped({
          req: extra.request,
          viewer: extra.viewer,
          params,
        });
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
    close: () => server.dispose(),
  };
}

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const EXAMPLE_QUERY = `# Put your key under "Headers" below: { "X-API-Key": "pr_live_…" }
# For subscriptions the same key goes into the connection: it is taken from there too.
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
