import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrations } from '../migrations/index.ts';
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
