import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './embedded-postgres-binaries.ts';

const sqliteBusy = 5;
// A lock whose connection was garbage collected is a lock given up.
const held = new Set<DatabaseSync>();

/**
 * Takes the data folder for this process; returns what gives it up. The operating system drops the lock when
 * the process dies, however it dies, so a lock is never stale and there is nothing to take over: SQLite is
 * Node's only door to file locks. Postmasters do not inherit it.
 */
export function lockFolder(folder: string): () => void {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, 'postgres.lock'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode !== sqliteBusy) throw new Error(`The data folder ${folder} can't be locked: ${message}`);
    throw new Error(
      `The data folder ${folder} is in use by another Chargegraph process that still runs. Stop that process, ` +
        'give this one another data folder, or set DATABASE_URL.',
    );
  }
  const taken = lock;
  held.add(taken);
  return () => {
    if (held.delete(taken)) taken.close();
  };
}

type PostmasterPid = { pid: number; port: number; status: string };

/** `postmaster.pid`, undefined when there is none (or it is being written). */
export function readPostmasterPid(cluster: string): PostmasterPid | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' } : undefined;
}

/**
 * Stops the postmaster that a killed Chargegraph left running. Stopped, not reused: so there is one way in
 * which a server is ours (our child, its end seen, this start's settings and log). The caller holds the lock
 * of the folder, so no living Chargegraph needs that postmaster.
 */
export async function stopLeftover(cluster: string, binaries: Binaries, log: (message: string) => void) {
  const left = readPostmasterPid(cluster);
  if (!left) return;
  if (process.platform === 'win32') {
    stopWithPgCtl(cluster, binaries);
    return;
  }
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!servesCluster(left.pid, cluster)) break;
    log(`Stopping the PostgreSQL (pid ${left.pid}) that an earlier run left behind in ${cluster}`);
    signalled(left.pid, signal);
    const deadline = Date.now() + 20_000;
    while (servesCluster(left.pid, cluster) && Date.now() < deadline) await delay(20);
  }
  if (servesCluster(left.pid, cluster))
    throw new Error(
      `The PostgreSQL (pid ${left.pid}) left running in ${cluster} does not stop: end it by hand.`,
    );
  // A recycled pid of a living process of the same user makes PostgreSQL refuse to start. It ignores its
  // parent's pid; the rest of the file stays, by it PostgreSQL looks for backends that outlived a postmaster.
  if (readPostmasterPid(cluster)?.pid !== left.pid || !signalled(left.pid, 0)) return;
  const file = join(cluster, 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(process.pid)));
}

/** Whether there was a process to signal: it may end between a look and the signal. */
function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** For Windows, that has no signals: pg_ctl speaks to a pipe that only a postmaster has, so a recycled pid is safe. */
export function stopWithPgCtl(cluster: string, binaries: Binaries) {
  spawnSync(binaries.pgCtl, ['stop', '-D', cluster, '-m', 'fast', '-w'], { windowsHide: true });
}

/** Whether this pid is a postmaster in this very folder, not another process that the number came to. */
function servesCluster(pid: number, cluster: string): boolean {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return !!stdout?.includes('postgres -c ') && stdout.trimEnd().endsWith(` -D ${cluster}`);
  }
  try {
    // A postmaster works in its data folder, however that was named to it.
    return (
      readlinkSync(`/proc/${pid}/cwd`) === cluster &&
      /(^|\/)postgres$/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]!)
    );
  } catch {
    return false;
  }
}
