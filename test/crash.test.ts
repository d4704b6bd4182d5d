import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Demo } from '../src/server/demo-network.ts';
import { eventually } from './support/eventually.ts';
import { endPrograms, runProgram, runServer, type ServerProcess } from './support/process.ts';
import { startReceiver } from './support/receiver.ts';
import { cloneDatabase } from './support/server.ts';
import { RawStation } from './support/station.ts';

// processes of their own, several at a time
// processes start, die and start again
vi.setConfig({ testTimeout: 180_000 });

const folders: string[] = [];
afterAll(async () => {
  await endPrograms();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chargegraph-crash-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

const demoOf = (dataDir: string): Demo => JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));

async function get(server: ServerProcess, path: string, { apiKey }: Demo) {
  const response = await fetch(`${server.url}/emsp/v1${path}`, { headers: { 'x-api-key': apiKey } });
  return (await response.json()).data;
}

const UID = 'DEMO-AC-01';
const START = { connectorId: 1, meterStart: 1_000, timestamp: '2026-06-19T10:00:00Z' };
const STOP = { meterStop: 11_000, timestamp: '2026-06-19T11:00:00Z', reason: 'Local' };
/** 10 kWh and an hour at the demo's standard tariff: (3.50 + 1.20 + 0.50) and 11.5 percent. */
const TOTAL = 5.8;

async function connect(server: ServerProcess, demo: Demo): Promise<RawStation> {
  const { password } = demo.chargers.find(charger => charger.uid === UID)!;
  const station = await RawStation.connect({ socketUrl: server.socketUrl, uid: UID, password });
  await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
  return station;
}

const start = async (station: RawStation, demo: Demo): Promise<number> =>
  (await station.call<{ transactionId: number }>('StartTransaction', { ...START, idTag: demo.idTag }))
    .transactionId;

describe.concurrent('a server that is killed, on a database that lives on', () => {
  async function seeded(): Promise<{ settings: Record<string, string>; demo: Demo }> {
    const dataDir = temporaryFolder();
    const settings = { DATA_DIR: dataDir, DATABASE_URL: await cloneDatabase() };
    expect(await runProgram('src/seed.ts', settings).ended).toBe(0);
    return { settings, demo: demoOf(dataDir) };
  }

  async function query<Row>(settings: Record<string, string>, sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: settings.DATABASE_URL });
    await client.connect();
    try {
      return (await client.query(sql)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  it('has the session whose StartTransaction it acknowledged, and the transaction whose StopTransaction', async () => {
    const { settings, demo } = await seeded();
    const first = await runServer(settings);
    const started = await connect(first, demo);
    const transactionId = await start(started, demo);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');

    const second = await runServer(settings);
    const [session] = await get(second, '/charging/sessions', demo);
    expect(session).toMatchObject({ status: 'active', startTime: START.timestamp, chargerUid: UID });
    expect(await get(second, '/transactions', demo)).toEqual([]);
    const stopped = await connect(second, demo);
    await stopped.call('StopTransaction', { ...STOP, transactionId });
    expect(await second.end('SIGKILL')).toBe('SIGKILL');

    const third = await runServer(settings);
    const transactions = await get(third, '/transactions', demo);
    expect(transactions).toHaveLength(1);
    expect(transactions[0]).toMatchObject({ sessionId: session.id, amount: TOTAL, totalEnergyKwh: 10 });
    expect(await get(third, `/charging/sessions/${session.id}`, demo)).toMatchObject({ status: 'completed' });
    expect(await third.end('SIGTERM')).toBe(0);
  });

  it.each(['before', 'after'])(
    'bills once a StopTransaction that comes again, its first answer lost to a kill %s it was stored',
    async moment => {
      const { settings, demo } = await seeded();
      const first = await runServer(settings);
      const station = await connect(first, demo);
      const stop = { ...STOP, transactionId: await start(station, demo) };
      const stored = async () => (await query(settings, 'select from transactions')).length;
      if (moment === 'before') first.child.kill('SIGSTOP');
      station.send([2, 'the-stop', 'StopTransaction', stop]);
      if (moment === 'after') await eventually(async () => (await stored()) === 1);
      await first.end('SIGKILL');
      expect(await stored()).toBe(moment === 'after' ? 1 : 0);

      const second = await runServer(settings);
      const again = await connect(second, demo);
      expect(await again.callFrame('StopTransaction', stop, 'the-stop')).toEqual([3, 'the-stop', {}]);
      const transactions = await get(second, '/transactions', demo);
      expect(transactions.map(({ amount }: { amount: number }) => amount)).toEqual([TOTAL]);
      expect(await query(settings, 'select from set_aside_messages')).toEqual([]);
    },
  );

  it.each(['when it is started again', 'by the one that lives beside it'])(
    'has what it had posted to a webhook and not written down delivered again, under the same id, %s',
    async by => {
      const { settings: seededSettings, demo } = await seeded();
      const settings = { ...seededSettings, OUTGOING_ALLOW_LOOPBACK: 'true', OUTGOING_TIMEOUT_SECONDS: '60' };
      let answers = 0;
      const receiver = await startReceiver(response => {
        if (answers++ > 0) response.end('OK');
      });
      const ask = async (server: ServerProcess, path: string, body?: object) => {
        const response = await fetch(`${server.url}/emsp/v1${path}`, {
          method: 'POST',
          headers: { 'x-api-key': demo.apiKey, ...(body && { 'content-type': 'application/json' }) },
          ...(body && { body: JSON.stringify(body) }),
        });
        return (await response.json()).data;
      };
      // one that writes the event and dies before anybody has looked at it, one that dies with the request on its way
      const writing = await runServer({ ...settings, ROLES: 'api' });
      const webhook = { url: receiver.url, events: 'session.started', description: '' };
      const { id } = await ask(writing, '/webhooks', webhook);
      await ask(writing, `/webhooks/${id}/test`);
      await writing.end('SIGKILL');
      const posting = await runServer(settings);
      await receiver.expect(1);
      const beside = by.includes('beside') ? await runServer(settings) : null;
      await posting.end('SIGKILL');
      expect(await get(posting, '/', demo).catch(() => 'dead')).toBe('dead');

      const recovering = beside ?? (await runServer(settings));
      // sooner than the lease would end by itself
      await eventually(() => receiver.received.length === 2, { timeoutMs: 60_000 });
      const [first, second] = receiver.received;
      expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
      expect(second!.text).toBe(first!.text);
      const delivered = await eventually(async () => {
        const [delivery] = await get(recovering, `/webhooks/${id}/deliveries`, demo);
        return delivery.success && delivery;
      });
      expect(delivered).toMatchObject({ id: first!.headers['webhook-id'], attempts: 1 });
      expect(receiver.received).toHaveLength(2);
      receiver.close();
    },
  );

  it('loses its chargers to the other processes, once it has not been seen for 30 seconds', async () => {
    const { settings, demo } = await seeded();
    const [dying, other] = await Promise.all([runServer(settings), runServer(settings)]);
    await connect(dying, demo);
    const holders = () =>
      query<{ nodeId: string | null }>(settings, 'select node_id "nodeId" from charger_connections');
    const [before] = await holders();
    expect(before!.nodeId).toEqual(expect.any(String));
    await dying.end('SIGKILL');
    // half a minute passes
    await query(
      settings,
      `update nodes set last_seen_at = last_seen_at - interval '30 seconds' where id = '${before!.nodeId}'`,
    );
    await eventually(async () => (await holders())[0]!.nodeId === null);

    const response = await fetch(`${other.url}/emsp/v1/charging/start`, {
      method: 'POST',
      headers: { 'x-api-key': demo.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ chargerId: demo.chargers[0]!.id, idTag: demo.idTag }),
    });
    expect(await response.json()).toMatchObject({ error: 'charger_offline' });
  });
});

describe('a server on its embedded PostgreSQL', () => {
  const postmaster = (dataDir: string): number =>
    Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

  /** One that has ended and that nobody waits for, as an orphan in a container, does not count. */
  const isAlive = (pid: number): boolean => {
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
    return /^[^Z\s]/.test(stdout);
  };

  it('writes demo.json for its owner alone, keeps its data through kill -9, and stops cleanly at Ctrl-C', async () => {
    const dataDir = temporaryFolder();
    const file = join(dataDir, 'demo.json');
    const first = await runServer({ DATA_DIR: dataDir });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    const demo = JSON.parse(text) as Demo;
    const secret = expect.stringMatching(/^.{16,}$/);
    const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(demo).toEqual({
      apiKey: expect.stringMatching(/^pr_live_/),
      platformKey: expect.stringMatching(/^pr_live_/),
      networkId: uuid,
      idTag: expect.stringMatching(/^.{1,20}$/),
      driver: { email: 'maya@example.com', password: secret, idTag: expect.stringMatching(/^.{1,20}$/) },
      chargers: demo.chargers.map(({ simulated, connectors }) => ({
        id: uuid,
        uid: expect.stringMatching(/^DEMO-/),
        password: secret,
        simulated,
        connectors,
      })),
    });
    expect(demo.chargers.map(charger => charger.simulated)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(demo.chargers.map(charger => charger.connectors)).toEqual([2, 1, 2, 1, 1, 1, 1, 2]);

    // as when the power fails: the server and its PostgreSQL at once, right after the answer
    const station = await connect(first, demo);
    const transactionId = await start(station, demo);
    const firstPostgres = postmaster(dataDir);
    await station.call('StopTransaction', { ...STOP, transactionId });
    process.kill(firstPostgres, 'SIGKILL');
    await first.end('SIGKILL');

    const second = await runServer({ DATA_DIR: dataDir });
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(await get(second, '/transactions', demo)).toMatchObject([{ amount: TOTAL }]);

    // only the server: its PostgreSQL is left running, and the next start puts up with it
    const leftover = postmaster(dataDir);
    await second.end('SIGKILL');
    expect(isAlive(leftover)).toBe(true);
    const third = await runServer({ DATA_DIR: dataDir });
    expect(isAlive(leftover)).toBe(false);
    expect(await get(third, '/transactions', demo)).toMatchObject([{ amount: TOTAL }]);

    const postgres = postmaster(dataDir);
    expect(isAlive(postgres)).toBe(true);
    expect(await third.end('SIGINT')).toBe(0);
    expect(isAlive(postgres)).toBe(false);
    expect(() => postmaster(dataDir)).toThrow('ENOENT');
    const port = createServer().listen(third.port, '127.0.0.1');
    await once(port, 'listening');
    port.close();
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

describe.concurrent('a server that cannot start', () => {
  it.each<Record<string, string>[]>([
    [{ PORT: 'abc', ROLES: 'api,foo', DATABASE_URL: 'mysql://x', LOG_LEVEL: 'loud', DEMO: 'yes' }],
    [{ TLS_CERT_FILE: 'alone.crt' }],
  ])('names every setting that is wrong, and exits with 1 before it has made anything: %o', async wrong => {
    const dataDir = join(temporaryFolder(), 'data');
    const program = runProgram('src/main.ts', { DATA_DIR: dataDir, ...wrong });
    expect(await program.ended).toBe(1);
    const [, ...lines] = program.errors().trim().split('\n');
    expect(lines.map(line => line.split(' ')[0]).sort()).toEqual(Object.keys(wrong).sort());
    expect(statSync(dataDir, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('names a port that is taken, and exits with 1', async () => {
    const port = createServer().listen(0, '127.0.0.1');
    await once(port, 'listening');
    const { port: taken } = port.address() as { port: number };
    const program = runProgram('src/main.ts', {
      DATA_DIR: temporaryFolder(),
      DATABASE_URL: await cloneDatabase(),
      PORT: String(taken),
    });
    expect(await program.ended).toBe(1);
    expect(program.errors()).toContain(`Port ${taken} is taken`);
    port.close();
  });

  it('says that the database does not answer, and exits with 1', async () => {
    const program = runProgram('src/main.ts', {
      DATA_DIR: temporaryFolder(),
      DATABASE_URL: 'postgres://x:secret@127.0.0.1:1/x',
    });
    expect(await program.ended).toBe(1);
    expect(program.errors()).toContain('127.0.0.1:1');
    expect(program.output()).not.toContain('secret');
  });
});

it('tells the commands at --help, and starts nothing', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  const program = runProgram('src/main.ts', { DATA_DIR: dataDir, PORT: 'abc' }, ['--help']);
  expect(await program.ended).toBe(0);
  for (const command of ['npm start', 'npm run seed', 'npm run simulate']) {
    expect(program.output()).toContain(command);
  }
  expect(statSync(dataDir, { throwIfNoEntry: false })).toBeUndefined();
});
