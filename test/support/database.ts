import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/server/embedded-postgres.ts';
import { migrate } from '../../src/server/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL for the whole run: a superuser's connection string to its database `postgres`. */
    postgresUrl: string;
  }
}

export const TEMPLATE = 'chargegraph_template';

/** One PostgreSQL for the run, with one migrated database that each test file gets a copy of. */
export default async function setup(project: TestProject) {
  const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-test-'));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
  });
  const url = new URL(postgres.url);
  url.pathname = '/postgres';
  await query(url.href, `create database ${TEMPLATE}`);
  url.pathname = `/${TEMPLATE}`;
  await migrate(url.href);
  url.pathname = '/postgres';
  project.provide('postgresUrl', url.href);
  return async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
