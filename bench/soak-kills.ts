import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/server/embedded-postgres.ts';
import { migrate } from '../src/server/migrate.ts';
import { killWhileCharging } from '../test/support/kills.ts';
import { endPrograms } from '../test/support/process.ts';

// 10,000 events of charging sessions while the server is killed five times: what a webhook and a stream have at the end.
// Usage: npm run soak:kills [-- <events> [<kills>]]

const [events = '10000', kills = '5'] = process.argv.slice(2);
const tell = (line: string) => process.stdout.write(`${line}\n`);
const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-soak-'));
const postgres = await startEmbeddedPostgres({ dataDir });
try {
  await migrate(postgres.url);
  const options = { dataDir, databaseUrl: postgres.url, events: Number(events), kills: Number(kills), tell };
  const { logged, stream, webhook, ...report } = await killWhileCharging(options);
  const lacking = (ids: readonly string[]) => new Set(logged).difference(new Set(ids)).size;
  const isInOrder = stream.ids.join() === logged.join();
  tell(`
${logged.length} events of ${report.charges} charges, ${report.kills} kills, ${report.seconds.toFixed(0)} s; load ${loadavg()[0]!.toFixed(1)}
  ${JSON.stringify(report.types)}
  stations    ${report.repeats} further tries until acknowledged; ${report.sessions.started} sessions, ${report.sessions.billed} billed
  stream      ${stream.ids.length} events, ${lacking(stream.ids)} lacking, ${stream.doubles} doubled, ${isInOrder ? 'in order' : 'NOT in order'}, ${stream.reconnects} reconnects
  webhook     ${webhook.ids.length} events, ${lacking(webhook.ids)} lacking, ${webhook.doubles} doubled under the same delivery id, ${webhook.mixedUp} otherwise, ${webhook.forged} with a bad signature`);
  const isWhole =
    isInOrder &&
    lacking(webhook.ids) + webhook.mixedUp + webhook.forged === 0 &&
    report.sessions.started === report.charges &&
    report.sessions.billed === report.charges;
  if (!isWhole) process.exitCode = 1;
} finally {
  await endPrograms();
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
