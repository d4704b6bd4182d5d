import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, inject, it } from 'vitest';
import {
  addCharger,
  addToken,
  ago,
  bootedWithTwo,
  connect,
  hold,
  type StagedCharger,
  sessionsOf,
  waitingForLock,
} from './ocpp/stage.ts';
import { eventually } from './support/eventually.ts';
import { globalId } from './support/global-id.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';
import { eventsOf } from './support/station-201.ts';

const ROUNDS = 3;
const PAIRS = 3;

/** How often PostgreSQL broke a transaction off because of a deadlock while the work was done, as it counts itself. */
async function deadlocksDuring(work: (server: TestServer) => Promise<void>): Promise<number> {
  const server = await startTestServer({
    settings: { DATABASE_POOL_SIZE: '20', STATION_CONNECTS_PER_MINUTE: '10000' },
  });
  // what a connection has counted is told when it ends
  await work(server).finally(() => server.close());
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  const name = new URL(server.databaseUrl).pathname.slice(1);
  const { rows } = await client
    .query('select deadlocks::int from pg_stat_database where datname = $1', [name])
    .finally(() => client.end());
  return rows[0].deadlocks;
}

/** Chargers at one location, whose power is shared: half of them speak OCPP 1.6, half 2.0.1. */
async function chargersInOnePlace(server: TestServer) {
  const add = async (protocol: 'ocpp1.6' | 'ocpp2.0.1') => ({ protocol, ...(await addCharger(server)) });
  const chargers = await Promise.all(
    Array.from({ length: PAIRS }, () => [add('ocpp1.6'), add('ocpp2.0.1')]).flat(),
  );
  await server.sql(
    `with place as (update locations set power_limit_w = 60000 where id = (select min(id::text)::uuid from locations)
                    returning id)
     update chargers set location_id = place.id from place where chargers.id = any ($1)`,
    [chargers.map(({ id }) => id)],
  );
  return chargers;
}

const boot = (station: RawStation, protocol: string) =>
  station.call(
    'BootNotification',
    protocol === 'ocpp1.6'
      ? { chargePointVendor: 'Test', chargePointModel: 'Raw' }
      : { reason: 'PowerUp', chargingStation: { vendorName: 'Test', model: 'Raw' } },
  );

const now = () => new Date().toISOString();

/** Whatever the server asks of the station is well. */
function obey(station: RawStation): void {
  station.socket.on('message', data => {
    const [type, id] = JSON.parse(String(data));
    if (type === 2) station.reply(id, { status: 'Accepted' });
  });
}

async function open(server: TestServer, charger: StagedCharger & { readonly protocol: string }) {
  const station = await connect(server, charger, { protocols: [charger.protocol] });
  obey(station);
  await boot(station, charger.protocol);
  return station;
}

/** A call that may wait for as long as a machine under load takes. */
async function say<Result = unknown>(station: RawStation, action: string, payload: object): Promise<Result> {
  const id = randomUUID();
  const answer = station.next(frame => frame[0] !== 2 && frame[1] === id, 100_000);
  station.send([2, id, action, payload]);
  const frame = await answer;
  if (frame[0] !== 3) throw new Error(`${action} failed: ${JSON.stringify(frame)}`);
  return frame[2] as Result;
}

/** Where the next charge finds its meter: two that begin alike within a second would be one, told twice. */
let meterStart = 0;

/** Begins a charge, has it told of several times, and ends it. */
async function charge(station: RawStation, protocol: string, idTag: string): Promise<void> {
  if (protocol === 'ocpp2.0.1') {
    const steps = [
      { minute: 10, meter: 3_000 },
      { minute: 20, state: 'SuspendedEV' },
    ];
    const at = ago({ minutes: 40 });
    for (const event of eventsOf({ idToken: idTag, at, steps, stop: { minute: 30, meter: 5_000 } })) {
      await say(station, 'TransactionEvent', event);
    }
    return;
  }
  const status = (word: string) =>
    say(station, 'StatusNotification', { connectorId: 1, errorCode: 'NoError', status: word });
  meterStart += 10_000;
  const start = meterStart;
  const { transactionId } = await say<{ transactionId: number }>(station, 'StartTransaction', {
    connectorId: 1,
    idTag,
    meterStart: start,
    timestamp: ago({ minutes: 40 }),
  });
  await status('Charging');
  await say(station, 'MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: ago({ minutes: 30 }), sampledValue: [{ value: String(start + 3_000) }] }],
  });
  await status('SuspendedEV');
  await say(station, 'StopTransaction', { transactionId, meterStop: start + 5_000, timestamp: now() });
  await status('Available');
}

it('charges that begin and end at once, in one place and with one token, never wait for each other in a circle', {
  timeout: 120_000,
}, async () => {
  const deadlocks = await deadlocksDuring(async server => {
    const chargers = await chargersInOnePlace(server);
    const idTag = await addToken(server);
    const stations = await Promise.all(chargers.map(charger => open(server, charger)));
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(stations.map((station, at) => charge(station, chargers[at]!.protocol, idTag)));
    }
    const bills = await server.sql('select from transactions');
    expect(bills).toHaveLength(chargers.length * ROUNDS);
    await Promise.all(stations.map(station => station.close()));
  });
  expect(deadlocks).toBe(0);
});

const begin = async (station: RawStation, connectorId: number, idTag: string): Promise<number> => {
  const start = { connectorId, idTag, meterStart: 0, timestamp: ago({ minutes: 40 }) };
  return (await station.call<{ transactionId: number }>('StartTransaction', start)).transactionId;
};

const waiting = (server: TestServer, count: number) =>
  eventually(async () => (await waitingForLock(server)) === count);

it('two charges of one connector that end at once never wait for each other', async () => {
  const deadlocks = await deadlocksDuring(async server => {
    const charger = await addCharger(server);
    const first = await bootedWithTwo(server, charger);
    const transactions = [
      await begin(first, 1, await addToken(server)),
      await begin(first, 1, await addToken(server)),
    ];
    const [, later] = await sessionsOf(server, charger);
    const session = await hold(server, 'select from sessions where id = $1 for update', [later!.id]);
    const stop = (station: RawStation, transactionId?: number) =>
      station.send([
        2,
        `${transactionId}`,
        'StopTransaction',
        { transactionId, meterStop: 500, timestamp: now() },
      ]);
    // what comes over two sockets is taken in side by side
    stop(first, transactions[1]);
    await waiting(server, 1);
    const second = await connect(server, charger);
    stop(second, transactions[0]);
    const isOver = async () => (await sessionsOf(server, charger))[0]!.status === 'completed';
    await eventually(async () => (await isOver()) || (await waitingForLock(server)) === 2);
    await session.release();
    await eventually(async () =>
      (await sessionsOf(server, charger)).every(({ status }) => status === 'completed'),
    );
    await second.close();
  });
  expect(deadlocks).toBe(0);
});

it('a station that boots while its power is shared anew waits, and is waited for, in one order', async () => {
  const deadlocks = await deadlocksDuring(async server => {
    const [charger] = await chargersInOnePlace(server);
    const station = await open(server, charger!);
    for (const connectorId of [1, 2]) await begin(station, connectorId, await addToken(server));
    const limits = () =>
      server.sql<{ connector_id: string; share_w: number | null; sent_w: number | null }>(
        'select connector_id, share_w, sent_w from charging_limits where charger_id = $1 order by connector_id',
        [charger!.id],
      );
    const areSent = async () => (await limits()).filter(({ sent_w }) => sent_w !== null).length === 2;
    await eventually(areSent);
    // as the table is read, the second connector's comes before the first's
    const firstId = (await limits())[0]!.connector_id;
    await eventually(async () => {
      const [row] = await server.sql('delete from charging_limits where connector_id = $1 returning *', [
        firstId,
      ]);
      await server.sql(
        'insert into charging_limits select * from json_populate_record(null::charging_limits, $1)',
        [row],
      );
      const [last] = await server.sql<{ connector_id: string }>(
        'select connector_id from charging_limits where charger_id = $1 order by ctid desc limit 1',
        [charger!.id],
      );
      return last!.connector_id === firstId;
    });
    const limit = await hold(server, 'select from charging_limits where connector_id = $1 for update', [
      firstId,
    ]);
    const [{ location_id: locationId }] = (await server.sql(
      'select location_id from chargers where id = $1',
      [charger!.id],
    )) as [{ location_id: string }];
    await server.graphql(
      `mutation ($id: ID!) {
        setLocationPowerLimit(input: { locationId: $id, powerLimitW: 12000 }) { __typename }
      }`,
      { id: globalId('Location', locationId) },
    );
    await waiting(server, 1);
    const booting = boot(station, charger!.protocol);
    await waiting(server, 2);
    await limit.release();
    await booting;
    await eventually(async () => (await limits()).every(({ share_w }) => share_w === 6_000));
    await station.close();
  });
  expect(deadlocks).toBe(0);
});
