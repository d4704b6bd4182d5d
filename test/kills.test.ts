import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { killWhileCharging } from './support/kills.ts';
import { endPrograms } from './support/process.ts';
import { cloneDatabase } from './support/server.ts';

/** `npm run soak:kills` does the same with 10,000 events and five kills. */
const EVENTS = Number(process.env.SOAK_EVENTS ?? 600);
const KILLS = Number(process.env.SOAK_KILLS ?? 2);

const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-kills-'));
chmodSync(dataDir, 0o755);
afterAll(async () => {
  await endPrograms();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a server that is killed again and again while stations charge', () => {
  it('tells the stream’s reader of each event in order and once, and the webhook’s under one delivery id', async () => {
    const databaseUrl = await cloneDatabase();
    const report = await killWhileCharging({ dataDir, databaseUrl, events: EVENTS, kills: KILLS });
    expect(report.logged.length).toBeGreaterThanOrEqual(EVENTS);
    expect(report.types).toMatchObject({
      'session.started': report.charges,
      'session.completed': report.charges,
      'transaction.created': report.charges,
    });
    expect(report.sessions).toEqual({ started: report.charges, billed: report.charges });
    expect(report.stream.ids).toEqual(report.logged);
    expect(report.stream.reconnects).toBe(KILLS);
    expect(report.webhook.ids.toSorted()).toEqual(report.logged.toSorted());
    expect([report.webhook.mixedUp, report.webhook.forged]).toEqual([0, 0]);
  }, 180_000);
});
