import { readFileSync } from 'node:fs';
import {
  ApolloGateway,
  type GraphQLDataSourceProcessOptions,
  RemoteGraphQLDataSource,
} from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import type { Logger } from 'pino';

const SUPERGRAPH = new URL('../../schema/printed/supergraph.graphql', import.meta.url);
/** Where the printed supergraph says that the subgraphs are. */
const PRINTED_URL = 'http://localhost:4000';

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  /** Where Chargegraph is, without `/subgraphs`. */
  readonly subgraphsUrl: string;
  readonly log: Logger;
}

interface Caller {
  readonly headers: Readonly<Record<string, string>>;
}

/** The federated edge: Apollo's gateway over the printed supergraph. Whoever has graphs of their own adds them here. */
export async function startGateway(
  options: GatewayOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { host, port, log } = options;
  const subgraphsUrl = options.subgraphsUrl.replace(/\/+$/, '');
  const gateway = new ApolloGateway({
    supergraphSdl: readFileSync(SUPERGRAPH, 'utf8').replaceAll(
      `"${PRINTED_URL}/subgraphs/`,
      `"${subgraphsUrl}/subgraphs/`,
    ),
    buildService: ({ url }) => new CallersDataSource({ url: url! }),
    logger: log,
  });
  const server = new ApolloServer<Caller>({
    gateway,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: log,
    // the usual one loads its page from its maker's servers
    plugins: [ApolloServerPluginLandingPageDisabled()],
  });
  const { url } = await startStandaloneServer(server, {
    listen: { host, port },
    context: async ({ req }) => ({ headers: passedOn(req.headers) }),
  });
  return { url, close: () => server.stop() };
}

/** Longer than a subgraph takes that waits for a charging station. */
const SUBGRAPH_TIMEOUT_MS = 150_000;

const PASSED_ON = ['x-api-key', 'authorization', 'x-request-id'];

const passedOn = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(PASSED_ON.flatMap(name => (headers[name] ? [[name, String(headers[name])]] : [])));

/** Asks a subgraph in the caller's name. */
class CallersDataSource extends RemoteGraphQLDataSource<Caller> {
  // the gateway's own fetch waits without end
  override fetcher: RemoteGraphQLDataSource['fetcher'] = (url, init) =>
    fetch(url, { ...init, signal: AbortSignal.timeout(SUBGRAPH_TIMEOUT_MS) } as RequestInit);

  override willSendRequest({ request, context }: GraphQLDataSourceProcessOptions<Caller>): void {
    const { headers = {} } = context as Partial<Caller>;
    for (const [name, value] of Object.entries(headers)) request.http?.headers.set(name, value);
  }
}
