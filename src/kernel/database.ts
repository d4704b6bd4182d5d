import { type EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { CompiledQuery, type DatabaseConnection } from 'kysely';
import pg from 'pg';
import { currentScope } from './scope.ts';

/** The role that all of the product's SQL runs under: no superuser, no owner, bound by row-level security. */
export const APP_ROLE = 'chargegraph_app';

/** Tells the connection whose rows it may touch: on every checkout, whatever its last user left behind. */
async function setTenant(connection: unknown): Promise<void> {
  const scope = currentScope();
  await (connection as DatabaseConnection).executeQuery(
    CompiledQuery.raw("select set_config('app.networks', $1, false), set_config('app.system', $2, false)", [
      `{${scope.networkIds.join(',')}}`,
      scope.system ? 'on' : 'off',
    ]),
  );
}

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
      ...(options.onStatement && { onPoolCreated: telling(options.onStatement) }),
    },
    onReserveConnection: setTenant,
    ensureDatabase: false,
  });
  return orm;
}

type Send = (query: string | { readonly text: string }, ...rest: unknown[]) => unknown;

/** MikroORM's own `onQuery` hears nothing of what Kysely sends; the connections hear all of it. */
const telling = (onStatement: (sql: string) => void) => (pool: pg.Pool) => {
  pool.on('connect', client => {
    const connection = client as unknown as { query: Send };
    const send = connection.query.bind(client);
    connection.query = (query, ...rest) => {
      onStatement(typeof query === 'string' ? query : query.text);
      return send(query, ...rest);
    };
  });
};

/** A connection of the owner's, for what is no tenant's: migrating, listening. */
export async function connectAsOwner(url: string, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  await client.connect();
  return client;
}
