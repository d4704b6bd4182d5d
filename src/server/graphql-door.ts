import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { createYoga, type GraphiQLOptions, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { schema } from '../../schema/index.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Context } from '../kernel/context.ts';
import { DomainError, RateLimitedError } from '../kernel/errors.ts';
import type { App } from './app.ts';
import { executeInScope, subscribeInScope } from './graphql.ts';
import { rowLimit } from './graphql-row-limit.ts';
import { type Carrier, graphQLSocket } from './graphql-socket.ts';
import type { Credentials, Listeners } from './listeners.ts';
import { written } from './shared-results.ts';
import { requestIdFrom, viewerOf } from './viewer-of.ts';

const PATH = '/graphql';
/** `/graphql` over HTTP and SSE; its upgrades are for `graphQLSocket`. */
export function openGraphQLDoor(app: App, fastify: FastifyInstance, listeners: Listeners) {
  const graphiql: GraphiQLOptions = {
    title: 'Chargegraph',
    subscriptionsProtocol: 'SSE',
    defaultQuery: EXAMPLE_QUERY,
  };
  const yoga = yogaFor(app, listeners, schema, PATH, graphiql);
  const socket = graphQLSocket(app, yoga, listeners);
  fastify.route({
    url: PATH,
    method: ['GET', 'POST', 'OPTIONS'],
    handler: (request: FastifyRequest, reply: FastifyReply) =>
      yoga.handleNodeRequestAndResponse(request, reply, { req: request }),
  });
  return {
    yoga,
    upgrade: socket.upgrade,
    close: socket.close,
  };
}

/** A schema over HTTP and SSE, for callers known by their keys and within the limits. */
export function yogaFor(
  app: App,
  listeners: Listeners,
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
    plugins: [inScope, fewRows, ...limits(), subscribing(app, listeners)],
    context: async ({ caller, req }) => {
      const headers = req.headers as IncomingHttpHeaders;
      const requestId = requestIdFrom(headers) ?? (('id' in req && req.id) || randomUUID());
      const address = caller ? caller.address : (req as FastifyRequest).ip;
      const viewer = await admitted(app, address, async () => caller?.viewer ?? viewerOf(app, headers));
      return app.context(viewer, requestId, { clientAddress: address });
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
};

/** Subscriptions over SSE; they end with the right to them. */
const subscribing = (app: App, listeners: Listeners): Plugin => ({
  onSubscribe: ({ setSubscribeFn }) =>
    setSubscribeFn((async (args: ExecutionArgs) => {
      const results = await subscribeInScope(args, app.streams);
      if (!(Symbol.asyncIterator in results)) return results;
      const { headers } = (args.contextValue as Carrier).req;
      const unwatch = listeners.watch(headers as Credentials, () => void results.return?.());
      return writtenOnce(results, unwatch);
    }) as never),
});

/** The same results, which Yoga asks for their own text; tells when there are no more. */
function writtenOnce(
  results: AsyncIterableIterator<ExecutionResult>,
  onEnd: () => void,
): AsyncIterableIterator<ExecutionResult> {
  const told = (result: IteratorResult<ExecutionResult>): IteratorResult<ExecutionResult> => {
    if (result.done) onEnd();
    const { value } = result;
    return value ? { ...result, value: { ...value, stringify: () => written(value) } } : result;
  };
  return {
    next: () => results.next().then(told),
    return: () => results.return!().then(told),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Who asks, unless it may not or asks too often. */
async function admitted(app: App, address: string, identify: () => Promise<Viewer>): Promise<Viewer> {
  try {
    const viewer = await identify();
    if (viewer.kind === 'anonymous') await app.limitKeyless(address);
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
