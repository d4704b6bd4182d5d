import { mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Binaries, type ServerUser, usableBinaries } from './embedded-postgres-binaries.ts';
import { createCluster, removeHalfMade, serverUser } from './embedded-postgres-cluster.ts';
import { lockFolder, readPostmasterPid, stopLeftover, stopWithPgCtl } from './embedded-postgres-folder.ts';
import { canEnter, type Program, runProgram } from './embedded-postgres-process.ts';

export interface EmbeddedPostgres {
  /** postgres://postgres:<password>@127.0.0.1:<port>/chargegraph, a superuser. */
  readonly url: string;
  /** Whether this start made the database `chargegraph`. */
  readonly freshlyCreated: boolean;
  /** Ends the server (fast shutdown: open transactions are rolled back) and waits for its end. */
  stop(): Promise<void>;
}

const startAttempts = 5;
// A crash recovery counts in it.
const startTimeoutMs = 120_000;
const stopTimeoutMs = 60_000;
const passing =
  /Address already in use|could not create any TCP\/IP sockets|pre-existing shared memory block|lock file "postmaster.pid"/;

/**
 * Starts the PostgreSQL that came with npm on a free port of the loopback, its data in `<dataDir>/postgres`.
 * One process at a time has a data folder. `settings` are those of postgresql.conf. Throws, with the end of
 * `<dataDir>/postgres.log`, when the server does not start.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log?: (message: string) => void;
  settings?: Record<string, string>;
}): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => {}, settings = {} } = options;
  mkdirSync(dataDir, { recursive: true });
  const folder = realpathSync(dataDir);
  const unlock = lockFolder(folder);
  try {
    const user = serverUser(join(folder, 'postgres'));
    const binaries = usableBinaries(user, log);
    await removeHalfMade(folder);
    if (!statSync(join(folder, 'postgres'), { throwIfNoEntry: false })) {
      log(`Creating a PostgreSQL cluster in ${join(folder, 'postgres')}`);
      await createCluster(folder, { initdb: binaries.initdb, user, sync: settings.fsync !== 'off' });
    }
    const data = realpathSync(join(folder, 'postgres'));
    if (!canEnter(user, data))
      log(
        `PostgreSQL runs as user ${user.uid}, who can't reach ${data}: it gets there by its working directory`,
      );
    const password = readFileSync(join(folder, 'postgres-password'), 'utf8').trim();
    const { program, port } = await launch(binaries, settings, { folder, data, user, log });
    const server = superviseServer(program, { binaries, data, log, onEnd: unlock });
    const url = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
    try {
      const freshlyCreated = await createDatabase(url('postgres'));
      log(`PostgreSQL runs on 127.0.0.1:${port}, its data is in ${data}`);
      return { url: url('chargegraph'), freshlyCreated, stop: server.stop };
    } catch (error) {
      await server.stop();
      throw new Error(
        `PostgreSQL started, but can't be used: ${(error as Error).message}. ${program.logTail()}`,
      );
    }
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * Starts it, again where that may help: another process took the port between our look and the server's, or a
 * leftover that was itself still starting (so not yet in `postmaster.pid`) was first.
 */
async function launch(
  binaries: Binaries,
  settings: Record<string, string>,
  place: { folder: string; data: string; user: ServerUser; log: (message: string) => void },
): Promise<{ program: Program; port: number }> {
  for (let attempt = 1; ; attempt++) {
    await stopLeftover(place.data, binaries, place.log);
    const port = await freePort();
    // Ours come last: the last one of a name holds.
    const all = { ...settings, port: `${port}`, listen_addresses: '127.0.0.1', unix_socket_directories: '' };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const program = runProgram(binaries.postgres, flags, { ...place, ownSession: true });
    const end = await Promise.race([program.ended, untilReady(program, place.data, port)]);
    if (end === 'ready') return { program, port };
    if (end === 'late') program.child.kill('SIGQUIT');
    const reason = end === 'late' ? `not ready after ${startTimeoutMs / 1000} s` : await program.ended;
    if (end === 'late' || attempt === startAttempts || !passing.test(program.logTail()))
      throw new Error(`PostgreSQL did not start (${reason}). ${program.logTail()}`);
    await delay(200);
  }
}

/** Read from its file, not asked at the port: there, another server may answer. */
async function untilReady(program: Program, data: string, port: number): Promise<'ready' | 'late' | 'ended'> {
  const deadline = Date.now() + startTimeoutMs;
  while (program.child.exitCode === null && program.child.signalCode === null && program.child.pid) {
    const file = readPostmasterPid(data);
    if (file?.pid === program.child.pid && file.port === port && file.status === 'ready') return 'ready';
    if (Date.now() > deadline) return 'late';
    await delay(20);
  }
  return 'ended';
}

function superviseServer(
  { child, ended }: Program,
  options: { binaries: Binaries; data: string; log: (message: string) => void; onEnd: () => void },
) {
  let stopping: Promise<void> | undefined;
  const signal = (name: 'SIGINT' | 'SIGQUIT') =>
    process.platform === 'win32' ? stopWithPgCtl(options.data, options.binaries) : child.kill(name);
  // For an exit without stop(): the server still ends, though nobody waits for it.
  const atExit = () => signal('SIGINT');
  process.once('exit', atExit);
  const gone = ended.then(end => {
    process.off('exit', atExit);
    options.onEnd();
    if (!stopping) options.log(`PostgreSQL (pid ${child.pid}) ended by itself: ${end}`);
  });
  const stop = async () => {
    signal('SIGINT');
    const hurry = setTimeout(() => signal('SIGQUIT'), stopTimeoutMs);
    await gone;
    clearTimeout(hurry);
  };
  return { stop: () => (stopping ??= stop()) };
}

async function createDatabase(url: string): Promise<boolean> {
  const client = await connect(url);
  try {
    const found = await client.query(`SELECT FROM pg_database WHERE datname = 'chargegraph'`);
    if (found.rowCount === 0) await client.query('CREATE DATABASE chargegraph');
    return found.rowCount === 0;
  } finally {
    await client.end();
  }
}

/** A server that has just recovered may still refuse for a moment (57P03, cannot_connect_now). */
async function connect(url: string): Promise<pg.Client> {
  for (const deadline = Date.now() + 10_000; ; await delay(50)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    try {
      await client.connect();
      return client;
    } catch (error) {
      const { code } = error as { code?: string };
      await client.end().catch(() => {});
      if (!['57P03', 'ECONNREFUSED', 'ECONNRESET'].includes(code ?? '') || Date.now() > deadline) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
