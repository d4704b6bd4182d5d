import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { globalId } from './support/global-id.ts';
import { endPrograms, runProgram, runServer } from './support/process.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-newcomer-'));
chmodSync(dataDir, 0o755);
afterAll(async () => {
  await endPrograms();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Seen {
  readonly status: string;
  readonly energyWh: string;
  readonly bill: { readonly total: { readonly amount: string; readonly currency: string } } | null;
}

const WATCH = `subscription ($id: ID!) {
  sessionUpdated(id: $id) { status energyWh currentPowerW bill { total { amount currency } } }
}`;

const energyOf = (seen: Seen): number => Number(seen.energyWh);
const totalOf = (seen: Seen): number => Number(seen.bill?.total.amount ?? 0);
/** Never falls, and takes at least three values. */
const isRising = (values: number[]): boolean =>
  new Set(values).size >= 3 && values.every((value, at) => at === 0 || value >= values[at - 1]!);

it('the first five minutes of the README: start, simulate, charge over REST, watch it live, stop, read the bill', {
  timeout: 180_000,
}, async () => {
  const server = await runServer({ DATA_DIR: dataDir });
  const apiKey = /Demo API key +(pr_live_\w+)/.exec(server.output())![1]!;
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));
  expect(demo.apiKey).toBe(apiKey);
  const rest = async (path: string, body?: object) => {
    const response = await fetch(`${server.url}/emsp/v1${path}`, {
      headers: { 'x-api-key': apiKey, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    expect(await response.clone().json()).toMatchObject({ success: true });
    return (await response.json()).data;
  };
  const chargerId: string = demo.chargers[0].id;

  const simulator = runProgram('simulator/main.ts', { DATA_DIR: dataDir, PORT: String(server.port) }, [
    ...['--stations', '1'],
    ...['--speed', '60'],
    ...['--meter-interval', '0.5'],
  ]);
  await eventually(async () => (await rest(`/chargers/${chargerId}`)).status === 'AVAILABLE');

  const started = await rest('/charging/start', { chargerId, connectorNumber: 1, idTag: demo.idTag });
  expect(started).toMatchObject({ status: 'pending', chargerId });

  const seen: Seen[] = [];
  const charging = () => seen.filter(each => each.status === 'ACTIVE' && energyOf(each) > 0);
  const client = createClient({
    url: `${server.socketUrl}/graphql`,
    connectionParams: { apiKey },
    retryAttempts: 0,
  });
  const finished = Promise.withResolvers<void>();
  client.subscribe<{ sessionUpdated: Seen }>(
    { query: WATCH, variables: { id: globalId('Session', started.sessionId) } },
    {
      next: ({ data, errors }) => {
        if (errors) return finished.reject(errors);
        seen.push(data!.sessionUpdated);
        if (data!.sessionUpdated.status === 'COMPLETED') finished.resolve();
      },
      error: finished.reject,
      complete: () => finished.reject(new Error('The subscription ended before the session did.')),
    },
  );
  await eventually(() => new Set(charging().map(totalOf)).size >= 3, {
    timeoutMs: 60_000,
  });

  const stopped = await rest('/charging/stop', { sessionId: started.sessionId });
  expect(stopped).toMatchObject({ id: started.sessionId, status: 'completed', stopReason: 'Remote' });
  await finished.promise;
  await client.dispose();

  const live = charging();
  expect(isRising(live.map(energyOf))).toBe(true);
  expect(isRising(live.map(totalOf))).toBe(true);
  const last = seen.at(-1)!;
  expect(last.status).toBe('COMPLETED');
  expect(energyOf(last)).toBe(stopped.energyDeliveredKwh * 1000);
  expect(energyOf(last)).toBeGreaterThanOrEqual(energyOf(live.at(-1)!));
  expect(last.bill!.total).toEqual({ amount: stopped.total.toFixed(2), currency: 'USD' });
  expect(stopped.total).toBeGreaterThan(0.56);
  expect(await rest(`/charging/sessions/${started.sessionId}`)).toEqual(stopped);

  const transactions = await rest('/transactions');
  expect(transactions).toHaveLength(1);
  expect(transactions[0]).toMatchObject({
    sessionId: started.sessionId,
    amount: stopped.total,
    currency: 'USD',
    totalEnergyKwh: stopped.energyDeliveredKwh,
  });

  expect(await simulator.end('SIGINT')).toBe(0);
  expect(await server.end('SIGINT')).toBe(0);
});
