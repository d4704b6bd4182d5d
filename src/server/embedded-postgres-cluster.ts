import { randomBytes } from 'node:crypto';
import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerUser } from './embedded-postgres-binaries.ts';
import { runProgram } from './embedded-postgres-process.ts';

// initdb wants a user that has a name: 65534 is nobody, but not on macOS, which has a _postgres.
const nobody = process.platform === 'darwin' ? 216 : 65534;
const initdbFlags = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--username=postgres',
  '--auth=scram-sha-256',
  '--pwfile=../password',
];

/** Root hands the server to the cluster's owner, or to nobody; all others run it themselves. */
export function serverUser(cluster: string): ServerUser {
  const owner = statSync(cluster, { throwIfNoEntry: false });
  const self = process.getuid?.();
  if (self !== 0) {
    if (!owner || self === undefined || owner.uid === self) return {};
    throw new Error(
      `${cluster} belongs to user ${owner.uid}, this is user ${self}: run as that user or as root.`,
    );
  }
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  // Root's own, so copied here by root (cp -r): PostgreSQL serves only what its user owns.
  if (owner) chownTree(cluster);
  return { uid: nobody, gid: nobody };
}

function chownTree(cluster: string) {
  for (const entry of readdirSync(cluster, { recursive: true, withFileTypes: true }))
    lchownSync(join(entry.parentPath, entry.name), nobody, nobody);
  chownSync(cluster, nobody, nobody);
}

/**
 * Removes what killed starts have half made. An initdb may have outlived its start and still write there: it
 * fails when its files go. What remains even so is for the next start; nothing ever trusts it.
 */
export async function removeHalfMade(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const left = readdirSync(folder).filter(name => name.startsWith('postgres.new-'));
    if (left.length === 0) return;
    for (const name of left) await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
    await delay(50);
  }
}

/**
 * Makes `<folder>/postgres` and `<folder>/postgres-password`: in a folder beside them, then renamed, so that a
 * cluster in its place is a whole one with its password, wherever an earlier start was killed.
 */
export async function createCluster(
  folder: string,
  { initdb, user, sync }: { initdb: string; user: ServerUser; sync: boolean },
): Promise<void> {
  const fresh = mkdtempSync(join(folder, 'postgres.new-'));
  const data = join(fresh, 'data');
  const password = join(fresh, 'password');
  try {
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(password, randomBytes(24).toString('hex'), { mode: 0o600 });
    if (user.uid !== undefined && user.gid !== undefined)
      for (const path of [fresh, data, password]) chownSync(path, user.uid, user.gid);
    const program = runProgram(initdb, sync ? initdbFlags : [...initdbFlags, '--no-sync'], {
      folder,
      data,
      user,
    });
    const end = await program.ended;
    if (end !== 'code 0') throw new Error(`PostgreSQL's initdb failed (${end}). ${program.logTail()}`);
    if (user.uid !== undefined) chownSync(password, 0, 0);
    renameSync(password, join(folder, 'postgres-password'));
    renameSync(data, join(folder, 'postgres'));
  } finally {
    rmSync(fresh, { recursive: true, force: true, maxRetries: 5 });
  }
}
