import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerUser } from './embedded-postgres-binaries.ts';

/** A started program: how it ended (`code 0`), once it has, and the last lines that it logged. */
export type Program = { child: ChildProcess; ended: Promise<string>; logTail(): string };

/**
 * Runs a program of PostgreSQL in `data`, its output going to `<folder>/postgres.log`. A server has a session
 * of its own: Ctrl-C in a terminal signals the whole foreground group, and it must outlive our draining.
 */
export function runProgram(
  file: string,
  args: string[],
  {
    folder,
    data,
    user,
    ownSession = false,
  }: { folder: string; data: string; user: ServerUser; ownSession?: boolean },
): Program {
  const path = join(folder, 'postgres.log');
  const log = openSync(path, 'a', 0o600);
  const start = fstatSync(log).size;
  try {
    const child = spawn(file, [...args, '-D', dataFolderFor(user, data)], {
      ...user,
      cwd: data,
      env: environment(),
      stdio: ['ignore', log, log],
      detached: ownSession,
      windowsHide: true,
    });
    const ended = new Promise<string>(resolve => {
      child.once('error', error => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
    });
    const logTail = () => {
      const lines = readFileSync(path).subarray(start).toString('utf8').trimEnd().split('\n').slice(-15);
      return `The last lines of ${path}:\n${lines.join('\n')}`;
    };
    return { child, ended, logTail };
  } finally {
    closeSync(log);
  }
}

/** Whether the server's user can enter this folder: asked of the system, which knows ACLs and mounts. */
export function canEnter(user: ServerUser, folder: string): boolean {
  if (user.uid === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd -- "$0"', folder], { ...user, cwd: '/' }).status === 0;
}

/**
 * How the server's user reaches its data folder. Below a folder closed to that user (root's home), it does so
 * by its working directory, which we enter for it while still root: so data stays in the folder that was asked
 * for (a volume of a container, say) and no mode of a folder above is changed.
 */
function dataFolderFor(user: ServerUser, data: string): string {
  if (canEnter(user, data)) return data;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new Error(
    `PostgreSQL does not run as root, and user ${user.uid} can't reach ${data}. Run as an ordinary user, give ` +
      'another data folder, or set DATABASE_URL.',
  );
}

// Without the PG* of a shell for another server; messages in English, as we read them; instants in UTC.
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}
