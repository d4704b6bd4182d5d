import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { system } from '../src/auth/viewer.ts';
import { db } from '../src/domains/db.ts';
import { login } from '../src/domains/drivers/accounts.ts';
import { inScopeOf } from '../src/kernel/context.ts';
import { InvalidCredentialsError } from '../src/kernel/errors.ts';
import { networksScope } from '../src/kernel/scope.ts';
import { readConfig } from '../src/server/config.ts';
import { startServer } from '../src/server/start.ts';

// How long a refused sign-in takes for an e-mail that is known and for one that is not, tried in turn.

const TRIES = 200;

const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-bench-'));
const config = readConfig({ PORT: '0', DATA_DIR: dataDir });
const server = await startServer({ config, log: pino({ level: 'silent' }) });
const { networkId, driver } = server.demo!;
const ctx = server.app.context(system, 'bench', { scope: networksScope([networkId]) });

async function refusedIn(email: string): Promise<number> {
  await inScopeOf(ctx, () => db(ctx).deleteFrom('failed_attempts').execute());
  const start = performance.now();
  await inScopeOf(ctx, () => login(ctx, { email, password: 'not the password' })).catch(error => {
    if (!(error instanceof InvalidCredentialsError)) throw error;
  });
  return performance.now() - start;
}

const known: number[] = [];
const unknown: number[] = [];
for (let i = 0; i < TRIES; i++) {
  known.push(await refusedIn(driver.email));
  unknown.push(await refusedIn(`nobody-${i}@example.com`));
}
const quantile = (times: number[], part: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * part)]!;
for (const [name, times] of Object.entries({ known, unknown })) {
  const [low, median, high] = [0.1, 0.5, 0.9].map(part => quantile(times, part).toFixed(2));
  process.stdout.write(
    `${name.padEnd(8)} ${TRIES} tries: 10% ${low} ms, median ${median} ms, 90% ${high} ms\n`,
  );
}
process.stdout.write(
  `median known / unknown: ${(quantile(known, 0.5) / quantile(unknown, 0.5)).toFixed(3)}\n`,
);
await server.close();
rmSync(dataDir, { recursive: true, force: true });
