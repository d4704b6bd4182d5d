import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { billId, chargeId, openMarket, playCharges } from './support/sales.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** Each route, and how many statements it sends that read sessions or bills. */
const ROUTES: readonly [route: string, statements: number][] = [
  ['/analytics/sessions?', 1],
  ['/analytics/revenue?', 2],
  ['/analytics/energy?', 1],
  ['/reports/export?type=daily-sales&', 1],
  ['/reports/export?type=by-location&', 1],
  ['/reports/export?type=by-user&', 1],
  ['/reports/export?type=sessions-summary&', 1],
];
const HISTORY = 20_000;
const RECENT = 40;

let databaseUrl: string;
let apiKey: string;
let observer: pg.Client;

beforeAll(async () => {
  const server = await startTestServer({ settings: { ROLES: 'api' } });
  databaseUrl = server.databaseUrl;
  apiKey = server.demo.apiKey;
  const { networks } = await openMarket(server);
  const [network] = networks;
  const before = Date.parse('2020-01-01T00:00:00Z');
  const june = Date.parse('2026-06-10T00:00:00Z');
  await playCharges(
    server,
    Array.from({ length: HISTORY + RECENT }, (_, number) => {
      const start = number < HISTORY ? before + number * 7_200_000 : june + number;
      return {
        id: chargeId(number),
        network: network!,
        location: network!.locations[number % network!.locations.length]!,
        driver: network!.drivers[number % network!.drivers.length]!,
        status: 'completed',
        start,
        end: start + 3_600_000,
        energy: 10_000_000,
        bill: { id: billId(), currency: 'USD', total: 100, tax: 10, refunded: 0 },
      };
    }),
  );
  await server.sql('analyze sessions, transactions');
  await server.close();
  observer = new pg.Client({ connectionString: databaseUrl });
  await observer.connect();
});
afterAll(() => observer?.end());

/** What the product does in a process of its own, which has ended when this answers. */
async function inOwnProcess<T>(work: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startTestServer({ databaseUrl, settings: { ROLES: 'api' } });
  return work(server).finally(() => server.close());
}

/** Rows of the two tables that were read so far, one after the other and by an index. */
async function rowsRead() {
  // a connection tells what it has read, at the latest, by its end
  await eventually(async () => {
    const { rows } = await observer.query(
      `select from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
          and pid <> pg_backend_pid()`,
    );
    return rows.length === 0;
  });
  const { rows } = await observer.query<{ scanned: number; fetched: number }>(
    `select sum(seq_tup_read)::int scanned, sum(idx_tup_fetch)::int fetched from pg_stat_user_tables
      where relname in ('sessions', 'transactions')`,
  );
  return rows[0]!;
}

it.each(ROUTES)('%s reads its window and no history', async route => {
  const before = await rowsRead();
  const answer = await inOwnProcess(server =>
    server.rest('GET', `${route}from=2026-06-01&to=2026-06-30`, { apiKey }),
  );
  expect(answer.status).toBe(200);
  const after = await rowsRead();
  expect(after.scanned - before.scanned).toBe(0);
  expect(after.fetched - before.fetched).toBeGreaterThanOrEqual(RECENT);
  // a bill for each session, or a window twice; and the planner looks at the ends of an index
  expect(after.fetched - before.fetched).toBeLessThan(RECENT * 3);
});

it('all send the same statements for a long window as for a short one', async () => {
  await inOwnProcess(async server => {
    for (const [route, count] of ROUTES) {
      for (const window of ['from=2026-06-10&to=2026-06-11', 'from=2020-01-01&to=2020-12-31']) {
        server.statements.length = 0;
        const { status } = await server.rest('GET', route + window, { apiKey });
        expect(status).toBe(200);
        const sent = server.statements.filter(sql => /from "?(sessions|transactions)\b/.test(sql));
        expect(sent, route).toHaveLength(count);
      }
    }
  });
});
