import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import pg from 'pg';
import { Webhook as Standard } from 'standardwebhooks';
import { EVENT_TYPES } from '../../src/kernel/event-catalogue.ts';
import type { Demo } from '../../src/server/demo-network.ts';
import { eventually } from './eventually.ts';
import { runProgram, runServer, type ServerProcess } from './process.ts';
import { startReceiver } from './receiver.ts';
import { SteadyStation } from './steady-station.ts';

/** What a reader got: the events' ids in the order in which they came, and what came again. */
export interface Heard {
  readonly ids: readonly string[];
  readonly doubles: number;
  readonly reconnects: number;
}

export interface KillsReport {
  /** The ids of the log's events, in its order: what each reader should have. */
  readonly logged: readonly string[];
  /** How many there are of each type. */
  readonly types: Readonly<Record<string, number>>;
  readonly charges: number;
  readonly kills: number;
  /** Tries that stations had to make again: no connection, or none any more when the answer was due. */
  readonly repeats: number;
  readonly stream: Heard;
  readonly webhook: Heard & {
    /** Delivery ids that came with another event than before, and events that came under two of them. */
    readonly mixedUp: number;
    readonly forged: number;
  };
  readonly sessions: { readonly started: number; readonly billed: number };
  readonly seconds: number;
}

interface KillsOptions {
  readonly dataDir: string;
  /** Of a migrated database without networks. */
  readonly databaseUrl: string;
  readonly events: number;
  readonly kills: number;
  readonly tell?: (line: string) => void;
}

/** Stations charge until the log has so many events, while the server is killed so often; two readers listen. */
export async function killWhileCharging(options: KillsOptions): Promise<KillsReport> {
  const { dataDir, databaseUrl, events, kills, tell = () => {} } = options;
  const began = performance.now();
  const settings: Record<string, string> = {
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '10',
    OUTGOING_ALLOW_LOOPBACK: 'true',
    STATION_CONNECTS_PER_MINUTE: '10000',
    LOG_LEVEL: 'error',
  };
  if ((await runProgram('src/seed.ts', settings).ended) !== 0) throw new Error('There is no demo network.');
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as Demo;
  const database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const rows = async <Row>(sql: string, values: unknown[] = []) =>
    (await database.query(sql, values)).rows as Row[];
  const count = async (sql: string, values: unknown[] = []) =>
    Number((await rows<{ count: string }>(`select count(*) from ${sql}`, values))[0]!.count);

  let server: ServerProcess = await runServer(settings);
  settings.PORT = String(server.port);
  const webhook = await hookOf(server, demo);
  const stream = await streamOf(server, demo);
  const [{ last }] = (await rows('select coalesce(max(sequence), 0)::text last from events')) as [
    { last: string },
  ];
  const happened = () => count('events where sequence > $1', [last]);

  let isEnough = false;
  const stations = demo.chargers.map(
    ({ uid, password }) => new SteadyStation({ socketUrl: server.socketUrl, uid, password }),
  );
  const charging = Promise.all(
    stations.map((station, index) => chargeUntil(station, demo.idTag, index, () => isEnough)),
  );
  // a station that cannot go on ends the waiting for what will not come any more
  const stuck = charging.then(() => new Promise<never>(() => {}));
  stuck.catch(() => {});
  const until = (condition: () => Promise<boolean>) =>
    Promise.race([stuck, eventually(condition, { timeoutMs: 1_200_000, everyMs: 200 })]);
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const mark = (events * kill) / (kills + 1);
      await until(async () => (await happened()) >= mark);
      await server.end('SIGKILL');
      tell(`killed ${kill} of ${kills}, ${await happened()} events in the log`);
      server = await runServer(settings);
    }
    await until(async () => (await happened()) >= events);
    isEnough = true;
    const charges = (await charging).reduce((sum, each) => sum + each, 0);
    for (const station of stations) await station.close();
    tell(`${charges} charges, ${await happened()} events`);
    // what is coalesced comes within a second; then all of it is on its way
    const isQuiet = async () => {
      const before = await happened();
      await delay(2_000);
      return before === (await happened());
    };
    await eventually(isQuiet, { timeoutMs: 120_000 });
    const log = await rows<{ id: string; type: string }>(
      'select id, type from events where sequence > $1 order by sequence',
      [last],
    );
    await eventually(
      async () =>
        stream.ids.length >= log.length &&
        (await count(`webhook_deliveries where status = 'pending'`)) === 0 &&
        (await count('webhook_deliveries where event_sequence > $1', [last])) === log.length,
      { timeoutMs: 120_000, everyMs: 200 },
    ).catch(error => tell(String(error)));
    const logged = log.map(({ id }) => id);
    const types: Record<string, number> = {};
    for (const { type } of log) types[type] = (types[type] ?? 0) + 1;
    return {
      logged,
      types,
      charges,
      kills,
      repeats: stations.reduce((sum, station) => sum + station.repeats, 0),
      stream: stream.heard(),
      webhook: webhook.heard(new Set(logged)),
      sessions: { started: await count('sessions'), billed: await count('transactions') },
      seconds: (performance.now() - began) / 1000,
    };
  } catch (error) {
    throw new Error(`${error}\n${server.output().slice(-4_000)}`, { cause: error });
  } finally {
    isEnough = true;
    await Promise.all(stations.map(station => station.close()));
    await charging.catch(() => {});
    stream.close();
    webhook.close();
    await server.end('SIGKILL');
    await database.end();
  }
}

/** One charge after the other, each of them minutes of the station's own time; answers how many. */
async function chargeUntil(
  station: SteadyStation,
  idTag: string,
  index: number,
  isEnough: () => boolean,
): Promise<number> {
  const connectorId = 1;
  const report = (status: string) =>
    station.call('StatusNotification', { connectorId, errorCode: 'NoError', status });
  let charges = 0;
  while (!isEnough()) {
    const at = (minute: number) =>
      Temporal.Instant.from('2026-01-01T00:00:00Z')
        .add({ seconds: index, minutes: charges * 30 + minute })
        .toString();
    const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
      connectorId,
      idTag,
      meterStart: charges * 5_000,
      timestamp: at(0),
    });
    await report('Charging');
    const sampledValue = [{ value: String(charges * 5_000 + 2_000), unit: 'Wh' }];
    const meterValue = [{ timestamp: at(10), sampledValue }];
    await station.call('MeterValues', { connectorId, transactionId, meterValue });
    const meterStop = (charges + 1) * 5_000;
    await station.call('StopTransaction', { transactionId, meterStop, timestamp: at(20), reason: 'Local' });
    await report('Available');
    charges += 1;
  }
  return charges;
}

/** A subscription to everything, and its receiver, who checks each signature. */
async function hookOf(server: ServerProcess, { apiKey }: Demo) {
  const eventOf = new Map<string, string>();
  const ids: string[] = [];
  let [secret, doubles, mixedUp, forged] = ['', 0, 0, 0];
  const receiver = await startReceiver((response, { text, headers }) => {
    try {
      const event = new Standard(secret).verify(text, headers) as { id: string };
      const delivery = headers['webhook-id']!;
      const known = eventOf.get(delivery);
      if (known === undefined) ids.push(event.id);
      else if (known === event.id) doubles += 1;
      else mixedUp += 1;
      eventOf.set(delivery, event.id);
    } catch {
      forged += 1;
    }
    response.end('OK');
  });
  const response = await fetch(`${server.url}/emsp/v1/webhooks`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver.url, events: '*', description: 'Listens through the kills' }),
  });
  secret = (await response.json()).data.hmac_secret;
  return {
    close: receiver.close,
    heard: (expected: ReadonlySet<string>) => {
      const own = ids.filter(id => expected.has(id));
      return { ids: own, doubles, forged, reconnects: 0, mixedUp: mixedUp + own.length - new Set(own).size };
    },
  };
}

/** A reader of `/events/stream` who comes back whenever it is cut off, and says what it had last. */
async function streamOf(server: ServerProcess, { apiKey }: Demo) {
  const ids: string[] = [];
  const had = new Set<string>();
  let [doubles, opened] = [0, 0];
  const source = new EventSource(`${server.url}/emsp/v1/events/stream`, {
    fetch(input, init) {
      const headers = new Headers(init?.headers);
      headers.set('x-api-key', apiKey);
      return fetch(input, { ...init, headers });
    },
  });
  source.addEventListener('open', () => {
    opened += 1;
  });
  for (const type of EVENT_TYPES) {
    source.addEventListener(type, ({ data }) => {
      const { id } = JSON.parse(data) as { id: string };
      if (had.has(id)) doubles += 1;
      else ids.push(id);
      had.add(id);
    });
  }
  await eventually(() => opened > 0);
  return {
    ids,
    close: () => source.close(),
    heard: (): Heard => ({ ids, doubles, reconnects: opened - 1 }),
  };
}
