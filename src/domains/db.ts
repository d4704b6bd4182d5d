import type { InferKyselyDB, SqlEntityManager } from '@mikro-orm/postgresql';
import type { Kysely } from 'kysely';
import type { entities } from './entities.ts';

/** Every table's rows, by table name, columns under the entities' property names. */
export type Tables = InferKyselyDB<(typeof entities)[number], { columnNamingStrategy: 'property' }>;

/** Queries on the context's tenants, within its transaction where it has one. */
export const db = (ctx: { readonly em: SqlEntityManager }): Kysely<Tables> =>
  ctx.em.getKysely({ columnNamingStrategy: 'property' }) as unknown as Kysely<Tables>;
