import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Demo } from '../src/server/demo-network.ts';
import { startEmbeddedPostgres } from '../src/server/embedded-postgres.ts';
import { migrate } from '../src/server/migrate.ts';
import { cpuSeconds, footprint, heapBytes, INSPECTED, residentBytes } from '../test/support/footprint.ts';
import { globalId } from '../test/support/global-id.ts';
import { runProgram, runServer } from '../test/support/process.ts';
import type { FromSubscribers, Group, Heard, ToSubscribers } from './subscribers.ts';

// 2,000 subscribers to one process, 50 events a second: what is lost, how long it takes, what it costs.
// Usage: npm run soak:events [-- --seconds 300 --rate 50 --rates 5,10,20 --all]
// With --all each subscriber is sent every event; with several rates, one after the other.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    rate: { type: 'string', default: '50' },
    rates: { type: 'string' },
    all: { type: 'boolean', default: false },
    subscribers: { type: 'string', default: '2000' },
  },
});
const SECONDS = Number(values.seconds);
const RATES = (values.rates ?? values.rate).split(',').map(Number);
const SUBSCRIBERS = Number(values.subscribers);
const WATCH_ALL = values.all ? SUBSCRIBERS : SUBSCRIBERS / 20;
const WATCH_ONE_CHARGER = 10;
const SAMPLE_MS = 10_000;
const QUERY = `subscription ($chargers: [ID!]) {
  events(chargerIds: $chargers) { sequence type occurredAt payload charger { id uid status isOnline } }
}`;

const tell = (line: string) => process.stdout.write(`${line}\n`);
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const now = () => performance.timeOrigin + performance.now();
const quantile = (sorted: readonly number[], part: number) =>
  (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(1);
const load = () => loadavg()[0]!.toFixed(1);

/** By how much `y` grows with one of `x`: least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}

const folder = mkdtempSync(join(tmpdir(), 'chargegraph-soak-'));
const postgres = await startEmbeddedPostgres({ dataDir: folder });
const settings = { DATA_DIR: folder, DATABASE_URL: postgres.url, LOG_LEVEL: 'error', LOG_FORMAT: 'json' };
await migrate(postgres.url);
if ((await runProgram('src/seed.ts', settings).ended) !== 0) throw new Error('no demo network');
const demo = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as Demo;
const server = await runServer({ ...settings, ...INSPECTED });
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();
const subscribers = fork(new URL('./subscribers.ts', import.meta.url), { execArgv: [] });

const inbox: FromSubscribers[] = [];
subscribers.on('message', message => inbox.push(message as FromSubscribers));
const ask = (question: ToSubscribers) => subscribers.send(question);
async function answer<Key extends string>(key: Key) {
  for (;;) {
    const at = inbox.findIndex(message => key in message);
    if (at >= 0) return inbox.splice(at, 1)[0] as Extract<FromSubscribers, Record<Key, unknown>>;
    await once(subscribers, 'message');
  }
}
const counted = () => {
  ask('count');
  return answer('deliveries');
};

/** Chargers of the demo's network, so many that each is watched by a few. */
async function makeChargers(count: number): Promise<string[]> {
  const connectors = [
    {
      number: 1,
      standard: 'IEC_62196_T2',
      format: 'SOCKET',
      powerType: 'AC_3_PHASE',
      maxPowerW: 22_000,
      maxVoltageV: 400,
      maxCurrentA: 32,
    },
  ];
  const ids: string[] = [];
  for (let each = 0; each < count; each++) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': demo.apiKey },
      body: JSON.stringify({
        query: `mutation ($input: CreateChargerInput!) {
          made: createCharger(input: $input) { ... on ChargerCredentials { charger { id } } ... on Error { message } } }`,
        variables: { input: { uid: `SOAK-${each}`, connectors } },
      }),
    });
    const { data, errors } = await response.json();
    if (!data?.made.charger) throw new Error(JSON.stringify(errors ?? data));
    ids.push(Buffer.from(data.made.charger.id, 'base64').toString().split(':')[1]!);
  }
  return ids;
}

const sent: { readonly sequence: string; readonly chargerId: string }[] = [];
/** An event as another process would have committed it. */
async function happen(chargerId: string): Promise<void> {
  const payload = { chargerId, connectorNumber: 1, status: 'CHARGING', errorCode: null, sentAtMs: now() };
  const { rows } = await client.query(
    `with event as (
       insert into events (id, network_id, charger_id, type, occurred_at, payload)
       values ($1, $2, $3, 'connector.status', now(), $4) returning sequence::text
     )
     select sequence, pg_notify('chargegraph_events', 'soak') from event`,
    [randomUUID(), demo.networkId, chargerId, JSON.stringify(payload)],
  );
  sent.push({ sequence: rows[0].sequence, chargerId });
}

/** Waits until nothing more comes, and answers what came meanwhile. */
async function quiet() {
  const latenciesMs: number[] = [];
  for (let last = -1; ; ) {
    const count = await counted();
    latenciesMs.push(...count.latenciesMs);
    if (count.deliveries === last) return { ...count, latenciesMs };
    last = count.deliveries;
    await delay(2_000);
  }
}

interface Sample {
  readonly second: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

async function hold(rate: number, chargerIds: readonly string[]): Promise<void> {
  await quiet();
  const before = await footprint(server);
  const [sentBefore, cpuBefore, began] = [sent.length, cpuSeconds(server), performance.now()];
  const samples: Sample[] = [];
  const latencies: number[] = [];
  let deliveries = (await counted()).deliveries;
  const deliveredBefore = deliveries;
  const sample = async () => {
    const count = await counted();
    latencies.push(...count.latenciesMs);
    deliveries = count.deliveries;
    const second = (performance.now() - began) / 1000;
    samples.push({ second, residentBytes: residentBytes(server), heapBytes: await heapBytes(server) });
    const { residentBytes: resident, heapBytes: heap } = samples.at(-1)!;
    tell(
      `${second.toFixed(0).padStart(4)} s  resident ${megabytes(resident)} MB  heap ${megabytes(heap)} MB  load ${load()}`,
    );
  };
  const total = Math.round(rate * SECONDS);
  let sampling = sample();
  let nextSample = SAMPLE_MS;
  for (let each = 0; each < total; each++) {
    const wait = began + (each * 1000) / rate - performance.now();
    if (wait > 0) await delay(wait);
    await happen(chargerIds[sent.length % chargerIds.length]!);
    if (performance.now() - began >= nextSample) {
      nextSample += SAMPLE_MS;
      sampling = sampling.then(sample);
    }
  }
  const sending = (performance.now() - began) / 1000;
  await sampling;
  const rest = await quiet();
  deliveries = rest.deliveries;
  latencies.push(...rest.latenciesMs);
  const cpu = cpuSeconds(server) - cpuBefore;
  const after = await footprint(server);
  const sorted = latencies.toSorted((a, b) => a - b);
  const growth = (of: 'residentBytes' | 'heapBytes', from: number) =>
    megabytes(
      slope(samples.filter(({ second }) => second >= from).map(each => [each.second / 60, each[of]])),
    );
  tell(`
${SUBSCRIBERS} subscribers, ${WATCH_ALL} of them to everything; ${rate} events a second for ${sending.toFixed(0)} s; load ${load()}
  events      ${sent.length - sentBefore}
  deliveries  ${deliveries - deliveredBefore} (${((deliveries - deliveredBefore) / sending).toFixed(0)} a second)
  latency     median ${quantile(sorted, 0.5)} ms, 90% ${quantile(sorted, 0.9)} ms, 99% ${quantile(sorted, 0.99)} ms
  CPU         ${((cpu / sending) * 100).toFixed(0)} % of a core
  resident    ${megabytes(before.residentBytes)} -> ${megabytes(after.residentBytes)} MB, ${growth('residentBytes', 0)} MB a minute, ${SECONDS < 60 ? '-' : growth('residentBytes', SECONDS / 2)} in the second half
  heap        ${megabytes(before.heapBytes)} -> ${megabytes(after.heapBytes)} MB after a collection; ${growth('heapBytes', 0)} MB a minute in between`);
}

/** Each subscriber's events against those that its filter lets through, from the first that it got. */
function judge(groups: readonly Group[], chargersOf: readonly (string | null)[], heard: readonly Heard[]) {
  const counts = { lost: 0, doubled: 0, outOfOrder: 0, foreign: 0, silent: 0, errors: [] as string[] };
  for (const { group, sequences, errors } of heard) {
    counts.errors.push(...errors);
    const chargerId = chargersOf[group];
    const wanted = sent.filter(event => chargerId === null || event.chargerId === chargerId);
    counts.silent += groups[group]!.count - sequences.length;
    for (const text of sequences) {
      const got = text === '' ? [] : text.split(',');
      if (got.length === 0) counts.silent += 1;
      const expected = wanted.map(({ sequence }) => sequence);
      const due = expected.slice(Math.max(0, expected.indexOf(got[0]!)));
      const [gotSet, dueSet] = [new Set(got), new Set(due)];
      counts.lost += due.filter(sequence => !gotSet.has(sequence)).length;
      counts.foreign += got.filter(sequence => !dueSet.has(sequence)).length;
      counts.doubled += got.length - gotSet.size;
      counts.outOfOrder += got.filter(
        (sequence, at) => at > 0 && BigInt(sequence) < BigInt(got[at - 1]!),
      ).length;
    }
  }
  return counts;
}

try {
  const watchers = SUBSCRIBERS - WATCH_ALL;
  const chargerIds = await makeChargers(Math.max(1, Math.ceil(watchers / WATCH_ONE_CHARGER)));
  const chargersOf = watchers > 0 ? [null, ...chargerIds] : [null];
  const groups: Group[] = chargersOf.map(chargerId => ({
    query: QUERY,
    count: chargerId === null ? WATCH_ALL : watchers / chargerIds.length,
    variables: chargerId === null ? {} : { chargers: [globalId('Charger', chargerId)] },
  }));
  ask({ audience: { url: `${server.socketUrl}/graphql`, apiKey: demo.apiKey, groups } });
  const { open } = await answer('open');
  tell(`${open} subscriptions on as many sockets, in ${groups.length} groups; load ${load()}`);
  await delay(5_000);
  // each is told of something before it is counted
  for (let round = 0; round < 3; round++) for (const chargerId of chargerIds) await happen(chargerId);
  for (const rate of RATES) await hold(rate, chargerIds);
  ask('report');
  const heard: Heard[] = [];
  for (let each = 0; each < groups.length; each++) heard.push((await answer('heard')).heard);
  const { errors, ...counts } = judge(groups, chargersOf, heard);
  tell(
    `  ${Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}, errors ${errors.length}`,
  );
  for (const error of errors.slice(0, 5)) tell(`  ${error}`);
  if (errors.length > 0 || Object.values(counts).some(count => count > 0)) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${server.errors().slice(-4_000)}\n`);
  throw error;
} finally {
  subscribers.kill();
  await client.end();
  await server.end('SIGINT');
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
