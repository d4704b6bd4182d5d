import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Demo } from '../../src/server/demo-network.ts';
import { endPrograms, runProgram, runServer, type ServerProcess } from '../support/process.ts';
import { cloneDatabase } from '../support/server.ts';
import { STORM_SETTINGS, stormServer } from '../support/storm.ts';

vi.setConfig({ testTimeout: 180_000 });

const folder = mkdtempSync(join(tmpdir(), 'chargegraph-fuzz-'));
let server: ServerProcess;
let demo: Demo;
beforeAll(async () => {
  const settings = { DATA_DIR: folder, DATABASE_URL: await cloneDatabase() };
  expect(await runProgram('src/seed.ts', settings).ended).toBe(0);
  server = await runServer({ ...settings, ...STORM_SETTINGS });
  demo = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8'));
});
afterAll(async () => {
  await endPrograms();
  rmSync(folder, { recursive: true, force: true });
});

/** `npm run soak:frames` sends ten times as many. */
const FRAMES = 10_000;

it.each([1, randomInt(2 ** 31)])(
  'hostile frames (seed %i) end no process, meet no fault of ours, and leave neither sockets nor memory behind',
  async seed => {
    const { before, after, errors, frames } = await stormServer(server, demo, { frames: FRAMES, seed });
    expect(frames).toBeGreaterThanOrEqual(FRAMES);
    expect(errors).toEqual([]);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 2);
    expect(after.heapBytes).toBeLessThan(before.heapBytes * 1.25 + 8 * 2 ** 20);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  },
);
