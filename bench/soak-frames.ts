import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Demo } from '../src/server/demo-network.ts';
import { runServer } from '../test/support/process.ts';
import { STORM_SETTINGS, stormServer } from '../test/support/storm.ts';

// 100,000 hostile frames by each of two seeds against a server of its own: what it costs, and what it leaves behind.
// Usage: npm run soak:frames [-- <frames> [<seed>|random]]
// Without a seed: 1, and one by chance. `random`: only that one. It is told first, so that a run that breaks off can
// be run again.

const [frames = '100000', ownSeed] = process.argv.slice(2);
const chance = randomInt(2 ** 31);
const seeds = ownSeed === undefined ? [1, chance] : [ownSeed === 'random' ? chance : Number(ownSeed)];
if (!seeds.every(Number.isInteger)) throw new Error(`A seed is a whole number or "random", not ${ownSeed}.`);
const folder = mkdtempSync(join(tmpdir(), 'chargegraph-soak-'));
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const server = await runServer({ DATA_DIR: folder, ...STORM_SETTINGS });
try {
  const demo = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as Demo;
  for (const seed of seeds) {
    process.stdout.write(`seed ${seed} begins\n`);
    const report = await stormServer(server, demo, { frames: Number(frames), seed });
    const { before, after } = report;
    process.stdout.write(
      `seed ${seed}: ${report.frames} frames, ${report.reconnects} reconnects, ${report.seconds.toFixed(0)} s
  heap        ${megabytes(before.heapBytes)} -> ${megabytes(after.heapBytes)}
  resident    ${megabytes(before.residentBytes)} -> ${megabytes(after.residentBytes)}
  descriptors ${before.descriptors} -> ${after.descriptors}
  resources   ${before.resources} -> ${after.resources}
  errors      ${report.errors.length}\n`,
    );
    for (const error of report.errors.slice(0, 20)) process.stdout.write(`${error.slice(0, 1000)}\n`);
    if (report.errors.length > 0) process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${server.errors().slice(-4_000)}\n`);
  throw error;
} finally {
  await server.end('SIGINT');
  rmSync(folder, { recursive: true, force: true });
}
