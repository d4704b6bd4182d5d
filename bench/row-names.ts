import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { system } from '../src/auth/viewer.ts';
import { db } from '../src/domains/db.ts';
import { inScopeOf } from '../src/kernel/context.ts';
import { networksScope } from '../src/kernel/scope.ts';
import { readConfig } from '../src/server/config.ts';
import { startServer } from '../src/server/start.ts';

// What it costs that rows come under property names, as the rows grow: a join of four tables, read in turn under the
// columns' own names, by `db(ctx)`, and by MikroORM's plugin, which `db` does without (decision 024). Ratios are medians
// of the rounds' own, so that a busy machine slows all three alike.

const ROWS = [1, 10, 100, 1000, 5000];
const ROUNDS = 41;
const WARM_UP_ROUNDS = 20;

const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-bench-'));
const server = await startServer({
  config: readConfig({ PORT: '0', DATA_DIR: dataDir }),
  log: pino({ level: 'silent' }),
});
const ctx = server.app.context(system, 'bench', { scope: networksScope([server.demo!.networkId]) });

type Database = ReturnType<typeof db>;
const ways = {
  bare: () => ctx.em.getKysely() as unknown as Database,
  db: () => db(ctx),
  orm: () => ctx.em.getKysely({ columnNamingStrategy: 'property' }) as unknown as Database,
};
type Way = keyof typeof ways;

/** As many rows as asked for, of the demo network's connectors; conditions as SQL, which names columns in one way. */
const read = (database: Database, rows: number) =>
  database
    .selectFrom('connectors as k')
    .innerJoin('chargers as c', join => join.on(() => sql<boolean>`c.id = k.charger_id`))
    .innerJoin('networks as n', join => join.on(() => sql<boolean>`n.id = c.network_id`))
    .leftJoin('locations as l', join => join.on(() => sql<boolean>`l.id = c.location_id`))
    .innerJoin(sql`generate_series(1, ${rows}::int)`.as('g'), join => join.onTrue())
    .selectAll('k')
    .select(['c.uid as chargerUid', 'n.name as networkName', 'l.name as locationName'])
    .limit(rows)
    .execute();

async function millisecondsFor(way: Way, rows: number): Promise<number> {
  const start = performance.now();
  const found = await inScopeOf(ctx, () => read(ways[way](), rows));
  if (found.length !== rows) throw new Error(`${found.length} rows instead of ${rows}`);
  return performance.now() - start;
}

async function round(rows: number): Promise<Record<Way, number>> {
  const bare = await millisecondsFor('bare', rows);
  return { bare, db: await millisecondsFor('db', rows), orm: await millisecondsFor('orm', rows) };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

for (let i = 0; i < WARM_UP_ROUNDS; i++) await round(100);
process.stdout.write('rows    bare (ms)   db / bare   ORM / bare   µs a row more: db   ORM\n');
for (const rows of ROWS) {
  const rounds: Record<Way, number>[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(rows));
  const ratio = (way: Way) => median(rounds.map(times => times[way] / times.bare)).toFixed(2);
  const more = (way: Way) =>
    ((median(rounds.map(times => times[way] - times.bare)) / rows) * 1000).toFixed(1);
  const bare = median(rounds.map(times => times.bare)).toFixed(2);
  process.stdout.write(
    `${String(rows).padEnd(7)} ${bare.padEnd(11)} ${ratio('db').padEnd(11)} ${ratio('orm').padEnd(12)} ${more('db').padEnd(19)} ${more('orm')}\n`,
  );
}
await server.close();
rmSync(dataDir, { recursive: true, force: true });
