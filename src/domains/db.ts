import type { InferKyselyDB, SqlEntityManager } from '@mikro-orm/postgresql';
import { CamelCasePlugin, type Kysely } from 'kysely';
import type { entities } from './entities.ts';

/** Every table's rows, by table name, columns under the entities' property names. */
export type Tables = InferKyselyDB<(typeof entities)[number], { columnNamingStrategy: 'property' }>;

/**
 * A property is called as its column is, in camel case. MikroORM's own plugin looks that up, for each row, in all the
 * columns of all the tables of a query (decision 024); what is inside a jsonb column is left as it is.
 */
const propertyNames = new CamelCasePlugin({ maintainNestedObjectKeys: true });

/** Queries on the context's tenants, within its transaction where it has one. */
export const db = (ctx: { readonly em: SqlEntityManager }): Kysely<Tables> =>
  ctx.em.getKysely().withPlugin(propertyNames) as unknown as Kysely<Tables>;
