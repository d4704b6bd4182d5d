import { type EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { currentScope } from './scope.ts';

/** The role that all of the product's SQL runs under: no superuser, no owner, bound by row-level security. */
export const APP_ROLE = 'chargegraph_app';

/**
 * Tells each connection, at its checkout, whose rows it may touch, whatever its last user left behind. One that cannot
 * be told is no use and leaves the pool: a hook of Kysely's for this (`onReserveConnection`) would never give it back.
 */
function setTenantAtCheckout(pool: pg.Pool): void {
  const checkOut = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
  pool.connect = async () => {
    const scope = currentScope();
    const client = await checkOut();
    try {
      await client.query(
        "select set_config('app.networks', $1, false), set_config('app.system', $2, false)",
        [`{${scope.networkIds.join(',')}}`, scope.system ? 'on' : 'off'],
      );
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  };
}

/** A server that went without a word is noticed, also by who only listens. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;
const CONNECT_TIMEOUT_MS = 30_000;

export interface DatabaseOptions {
  /** The owner's connection string; the pool takes `APP_ROLE` as it connects. */
  readonly url: string;
  readonly poolSize: number;
  readonly entities: EntitySchema[];
  /** Called with each statement sent; tests count with it. */
  readonly onStatement?: (sql: string) => void;
}

/** The product's database. Its pool is the one way to get a connection. */
export async function openDatabase(options: DatabaseOptions): Promise<MikroORM> {
  const orm = new MikroORM({
    entities: options.entities,
    clientUrl: options.url,
    driverOptions: {
      options: `-c role=${APP_ROLE} -c timezone=UTC`,
      max: options.poolSize,
      ...KEEP_ALIVE,
      onPoolCreated: (pool: pg.Pool) => {
        if (options.onStatement) reportStatements(pool, options.onStatement);
        setTenantAtCheckout(pool);
      },
    },
    ensureDatabase: false,
  });
  return orm;
}

/** The ORM's own hook (`onQuery`) is not told of what goes through Kysely. */
function reportStatements(pool: pg.Pool, onStatement: (sql: string) => void): void {
  pool.on('connect', client => {
    const send = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      const [query] = args as [string | { text: string }];
      onStatement(typeof query === 'string' ? query : query.text);
      return send(...args);
    }) as typeof client.query;
  });
}

/** A connection of the owner's, for what is no tenant's: migrating, listening. */
export async function connectAsOwner(
  url: string,
  applicationName: string,
  queryTimeoutMs?: number,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    ...(queryTimeoutMs && { query_timeout: queryTimeoutMs }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...KEEP_ALIVE,
  });
  await client.connect();
  return client;
}
