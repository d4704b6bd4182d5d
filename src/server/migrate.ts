import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import { makeWorkerUtils } from 'graphile-worker';
import type pg from 'pg';
import { migrations } from '../../migrations/index.ts';
import { entities } from '../domains/entities.ts';
import { APP_ROLE, connectAsOwner } from '../kernel/database.ts';

/** One migration at a time, however many processes start together. */
const MIGRATION_LOCK = 7_316_204;

/** The ORM under the owner, for changing the schema and for comparing it with the entities. */
export const openAsOwner = (url: string) =>
  new MikroORM({
    entities,
    clientUrl: url,
    driverOptions: { max: 2 },
    extensions: [Migrator],
    ensureDatabase: false,
    logger: () => {},
    schemaGenerator: { ignoreSchema: ['app', 'graphile_worker'], skipTables: ['mikro_orm_migrations'] },
    migrations: { migrationsList: migrations, snapshot: false, path: 'migrations', emit: 'ts' },
  });

/** Brings the database up to date: the role, our tables, the job queue's tables, the role's rights. */
export async function migrate(url: string): Promise<{ applied: string[] }> {
  const owner = await connectAsOwner(url, 'chargegraph migrate');
  try {
    await owner.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await createRole(owner);
    const orm = openAsOwner(url);
    const applied = await orm.migrator.up().finally(() => orm.close(true));
    const worker = await makeWorkerUtils({ connectionString: url });
    await worker.migrate();
    await worker.release();
    await owner.query(`
      grant usage on schema public, app to ${APP_ROLE};
      grant select, insert, update, delete on all tables in schema public to ${APP_ROLE};
      revoke all on mikro_orm_migrations from ${APP_ROLE};
      grant usage on all sequences in schema public, app to ${APP_ROLE};
      grant execute on all functions in schema app to ${APP_ROLE};
    `);
    await closePartitions(owner);
    return { applied: applied.map(migration => migration.name) };
  } finally {
    await owner.end();
  }
}

/** A partition has none of its table's policies: it is reached through the table alone. */
async function closePartitions(owner: pg.Client): Promise<void> {
  await owner.query(`
    do $$ declare part regclass; begin
      for part in select oid from pg_class
                   where relispartition and relkind in ('r', 'p') and relnamespace = 'public'::regnamespace loop
        execute format('revoke all on %s from ${APP_ROLE}', part);
      end loop;
    end $$`);
}

/** Roles belong to the whole server: another database's migration may make ours at the same moment. */
async function createRole(owner: pg.Client): Promise<void> {
  await owner.query(`
    do $$ begin
      if not exists (select from pg_roles where rolname = '${APP_ROLE}') then
        create role ${APP_ROLE} nologin nosuperuser nobypassrls;
      end if;
      if not pg_has_role(current_user, '${APP_ROLE}', 'member') then
        execute format('grant ${APP_ROLE} to %I', current_user);
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$`);
}
