import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { system } from '../src/auth/viewer.ts';
import { keepHouse } from '../src/domains/housekeeping.ts';
import { bootedStation } from './support/charge.ts';
import { eventually } from './support/eventually.ts';
import { makeOtherNetwork } from './support/other-network.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

const keep = () => keepHouse(server.app.context(system), { eventHours: 24, meterValueDays: 31 });
const count = async (text: string, values: unknown[] = []) =>
  Number((await server.sql<{ n: string }>(`select count(*) n from ${text}`, values))[0]!.n);

describe('what is past its time', () => {
  it('leaves the event log, in every network, and nothing younger does', async () => {
    const other = await makeOtherNetwork(server);
    const networks = [server.demo.networkId, other.networkId];
    for (const networkId of networks) {
      await server.sql(
        `insert into events (id, network_id, type, occurred_at, payload)
         select gen_random_uuid(), $1, 'charger.status', now() - make_interval(hours => age), '{"old": true}'
           from generate_series(40, 20, -1) age`,
        [networkId],
      );
    }
    await keep();
    for (const networkId of networks) {
      const left = await server.sql<{ hours: string }>(
        `select extract(epoch from now() - occurred_at) / 3600 hours from events
          where payload @> '{"old": true}' and network_id = $1`,
        [networkId],
      );
      expect(left.map(({ hours }) => Math.floor(Number(hours))).toSorted()).toEqual([20, 21, 22, 23]);
    }
  });

  it('is forgotten of sign-ins and answers that were kept to be given again', async () => {
    await server.sql(
      `insert into idempotent_answers (network_id, key, request_digest, created_at)
       values ($1, 'old', 'x', now() - interval '25 hours'), ($1, 'young', 'x', now() - interval '23 hours')`,
      [server.demo.networkId],
    );
    await server.sql(
      `insert into failed_attempts (key, count, last_at)
       values ('old', 3, now() - interval '25 hours'), ('young', 3, now() - interval '1 hour')`,
    );
    await keep();
    expect(await server.sql('select key from idempotent_answers')).toEqual([{ key: 'young' }]);
    expect(await server.sql('select key from failed_attempts')).toEqual([{ key: 'young' }]);
  });
});

it('is looked for by a job of the queue, once however many nodes there are', async () => {
  const crontabs = await server.sql('select identifier from graphile_worker._private_known_crontabs');
  expect(crontabs).toContainEqual({ identifier: 'keep-house' });
});

describe('meter values', () => {
  const [chargerId] = ['00000000-0000-7000-8000-000000000001'];
  const measure = (at: string) =>
    server.sql(
      `insert into meter_values (id, at, network_id, charger_id, connector_number, digest, samples)
       values (gen_random_uuid(), ${at}, $1, $2, 1, gen_random_uuid()::text, '[]')`,
      [server.demo.networkId, chargerId],
    );
  const months = async () =>
    (
      await server.sql<{ name: string }>(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'meter_values'::regclass order by 1`,
      )
    ).map(({ name }) => name);

  it('have a part for each of the coming months, made before it begins', async () => {
    await keep();
    const first = Temporal.Now.zonedDateTimeISO('UTC').with({ day: 1 });
    const names = [1, 2].map(ahead => first.add({ months: ahead }).toString().slice(0, 7).replace('-', '_'));
    expect(await months()).toEqual([...names.map(name => `meter_values_${name}`), 'meter_values_default']);
    await measure(`now() + interval '1 month'`);
    expect(await count(`app.meter_values_${names[0]}`)).toBe(1);
    await keep();
    expect(await count('meter_values')).toBe(1);
  });

  it('are dropped with their month, and only when all of it is past its time', async () => {
    await server.sql(
      `create table app.meter_values_2020_01 partition of meter_values
         for values from ('2020-01-01T00:00:00Z') to ('2020-02-01T00:00:00Z')`,
    );
    await measure(`'2020-01-15'`);
    await measure(`'2019-06-15'`);
    await measure(`now() - interval '30 days'`);
    await keep();
    expect(await months()).not.toContain('meter_values_2020_01');
    expect(await count(`meter_values where at < now() - interval '31 days'`)).toBe(0);
    expect(await count(`meter_values where at < now()`)).toBe(1);
  });
});

it('a session that changes many times in a second is told of once, and its last state soon after', async () => {
  const station = await bootedStation(server, 'DEMO-AC-01');
  const timestamp = () => Temporal.Now.instant().toString();
  const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag: server.demo.idTag,
    meterStart: 0,
    timestamp: timestamp(),
  });
  for (let energyWh = 100; energyWh <= 2_000; energyWh += 100) {
    const sampledValue = [
      { value: String(energyWh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    ];
    await station.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: timestamp(), sampledValue }],
    });
  }
  const updates = () =>
    server.sql<{ at: Date; energyKwh: number }>(
      `select occurred_at at, (payload ->> 'energyKwh')::float "energyKwh" from events
        where type = 'session.updated' order by sequence`,
    );
  await eventually(async () => (await updates()).at(-1)?.energyKwh === 2);
  const told = await updates();
  expect(told.length).toBeLessThan(20);
  for (const [i, { at }] of told.entries()) {
    // the clock is read before the row is locked: a wait for the lock shortens the distance
    if (i > 0) expect(at.getTime() - told[i - 1]!.at.getTime()).toBeGreaterThanOrEqual(800);
  }
  await station.close();
});
