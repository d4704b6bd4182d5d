import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrations } from '../migrations/index.ts';
import { db } from '../src/domains/db.ts';
import { migrate, openAsOwner } from '../src/server/migrate.ts';
import { cloneDatabase } from './support/server.ts';

let url: string;
let orm: ReturnType<typeof openAsOwner>;
beforeAll(async () => {
  url = await cloneDatabase();
  orm = openAsOwner(url);
});
afterAll(() => orm.close(true));

it('a migrated database is what the entities say: nothing is left to change', async () => {
  expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
});

it('migrating again changes nothing, and two processes may do it at once', async () => {
  const [first, second] = await Promise.all([migrate(url), migrate(url)]);
  expect([...first.applied, ...second.applied]).toEqual([]);
});

it('two processes that meet an empty database migrate it once', async () => {
  const empty = new URL(url);
  await orm.em.getConnection().execute('create database migrated_at_once');
  empty.pathname = '/migrated_at_once';
  const results = await Promise.all([migrate(empty.href), migrate(empty.href)]);
  expect(results.map(result => result.applied.length).sort()).toEqual([0, migrations.length]);
});

it('each column is written and read under the name of its property', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: the columns of whichever table it is
  const database = db({ em: orm.em.fork() }) as unknown as Kysely<any>;
  for (const { tableName, props } of orm.getMetadata()) {
    const names = props.map(prop => prop.name);
    const row = await database
      .selectFrom(sql`(select 1)`.as('one'))
      .leftJoin(`${tableName} as t`, join => join.on(() => sql<boolean>`false`))
      .select(names.map(name => `t.${name}`))
      .executeTakeFirstOrThrow();
    expect(Object.keys(row), tableName).toEqual(names);
  }
});

it('what is inside a jsonb column keeps its names', async () => {
  const given = { snake_case: [{ camelCase: 1, snake_too: { deep_down: 2 } }] };
  const row = await db({ em: orm.em.fork() })
    .selectNoFrom(sql`${JSON.stringify(given)}::jsonb`.as('given'))
    .executeTakeFirstOrThrow();
  expect(row).toEqual({ given });
});
