import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import { type Config, readConfig } from '../../src/server/config.ts';
import { type Demo, makeDemoNetwork } from '../../src/server/demo-network.ts';
import { type Server, startServer } from '../../src/server/start.ts';
import { TEMPLATE } from './database.ts';
import { holdToReference } from './reference.ts';

holdToReference();

/** A database of the file's own: a copy of the migrated template. Answers the owner's connection string. */
export async function cloneDatabase(): Promise<string> {
  const url = new URL(inject('postgresUrl'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${name} template ${TEMPLATE}`).finally(() => client.end());
  url.pathname = `/${name}`;
  return url.href;
}

export interface TestServer {
  readonly server: Server;
  readonly app: Server['app'];
  readonly url: string;
  /** ws://… of the same port. */
  readonly socketUrl: string;
  readonly databaseUrl: string;
  readonly demo: Demo;
  /** Every SQL statement sent since the last `statements.length = 0`. */
  readonly statements: string[];
  rest(method: string, path: string, options?: RestOptions): Promise<RestAnswer>;
  graphql<Data = Record<string, never>>(
    query: string,
    variables?: object,
    headers?: Record<string, string>,
  ): Promise<GraphQLAnswer<Data>>;
  /** Runs SQL as the database's owner, past every wall: for looking behind the doors. */
  sql<Row extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export interface RestOptions {
  readonly body?: unknown;
  /** The operator's key of the demo network where left out; null for none. */
  readonly apiKey?: string | null;
  readonly headers?: Record<string, string>;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are taken apart by the tests that know them
  readonly body: any;
}

export interface GraphQLAnswer<Data> {
  readonly data: Data;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

export interface TestServerOptions {
  readonly settings?: Record<string, string>;
  readonly databaseUrl?: string;
  readonly now?: () => Temporal.Instant;
  /** Log lines go here, as JSON. */
  readonly logLines?: string[];
}

/** The real server on a free port with the demo network, on a database of its own. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-data-'));
  const databaseUrl = options.databaseUrl ?? (await cloneDatabase());
  const config: Config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '8',
    ...options.settings,
  });
  const statements: string[] = [];
  const { logLines } = options;
  const server = await startServer({
    config,
    log: logLines
      ? pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) })
      : pino({ level: process.env.TEST_LOG ?? 'silent' }),
    ...(options.now && { now: options.now }),
    onStatement: sql => void statements.push(sql),
  });
  const demo = options.databaseUrl
    ? (undefined as unknown as Demo)
    : await makeDemoNetwork(server.app, join(dataDir, 'demo.json'));
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 2 });

  return {
    server,
    app: server.app,
    url: server.url,
    socketUrl: server.url.replace(/^http/, 'ws'),
    databaseUrl,
    demo,
    statements,
    async rest(method, path, { body, apiKey = demo?.apiKey, headers = {} } = {}) {
      const response = await fetch(`${server.url}/emsp/v1${path}`, {
        method,
        headers: {
          ...(apiKey && { 'x-api-key': apiKey }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return {
        status: response.status,
        headers: response.headers,
        body: isJson && text ? JSON.parse(text) : text,
      };
    },
    async graphql<Data>(query: string, variables = {}, headers = {}) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': demo?.apiKey, ...headers },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphQLAnswer<Data>;
    },
    async sql<Row>(text: string, values: unknown[] = []) {
      return (await owner.query(text, values)).rows as Row[];
    },
    async close() {
      await server.close();
      await owner.end();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** For another process on the same database. */
export const secretOf = ({ app }: TestServer): string =>
  readFileSync(join(app.config.DATA_DIR, 'secret.key'), 'utf8').trim();
