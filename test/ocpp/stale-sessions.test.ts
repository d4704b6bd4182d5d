import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { globalId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import {
  addCharger,
  addToken,
  ago,
  billsOf,
  bootedWithTwo,
  hold,
  type StagedCharger,
  sessionsOf,
  setAsideOf,
} from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
let transactionId: number;
/** A charge of three hours ago, of which 2 kWh were heard, and nothing for two hours. */
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  const answer = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag: await addToken(server),
    meterStart: 1000,
    timestamp: ago({ hours: 3 }),
  });
  transactionId = answer.transactionId;
  await metered(3000, ago({ hours: 2 }));
  await quietFor('2 hours');
  return () => station.close();
});

const metered = (register: number, timestamp: string) =>
  station.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp, sampledValue: [{ value: String(register) }] }],
  });

const stop = (fields: object = {}) =>
  station.call('StopTransaction', {
    transactionId,
    meterStop: 5000,
    timestamp: ago({ hours: 1 }),
    ...fields,
  });

/** As if the last word of the charge, and its connector's, had come so long ago. */
const quietFor = (interval: string) =>
  server.sql(
    `with s as (update sessions set updated_at = now() - $2::interval, created_at = now() - $2::interval
                 where charger_id = $1)
     update connectors set status_at = now() - interval '4 hours' where charger_id = $1`,
    [charger.id, interval],
  );

const silentFor = (interval: string) =>
  server.sql('update charger_connections set last_message_at = now() - $2::interval where charger_id = $1', [
    charger.id,
    interval,
  ]);

/** A process comes up: it looks for stale sessions at once. */
async function sweep(settings: Record<string, string> = {}): Promise<void> {
  const other = await startTestServer({ databaseUrl: server.databaseUrl, settings });
  await other.close();
}

const session = async () => (await sessionsOf(server, charger))[0]!;

it('a charge whose charger is silent for a day is closed at its last meter value, flagged and billed', async () => {
  await silentFor('25 hours');
  await sweep();
  expect(await session()).toMatchObject({
    status: 'completed',
    energy_wh: '2000.000',
    flags: ['closed_silent'],
  });
  expect(await billsOf(server, charger)).toHaveLength(1);
  const { id, end_time } = await session();
  const [last] = await server.sql<{ at: Date }>('select max(at) at from meter_values where session_id = $1', [
    id,
  ]);
  expect(end_time).toEqual(last!.at);
  const { data } = await server.graphql(
    'query ($id: ID!) { node(id: $id) { ... on Session { status flags } } }',
    { id: globalId('Session', id) },
  );
  expect(data).toMatchObject({ node: { status: 'COMPLETED', flags: ['closed_silent'] } });
});

it('a charge is left alone while its charger is silent for less, and as long as a setting says', async () => {
  await silentFor('23 hours');
  await sweep();
  expect(await session()).toMatchObject({ status: 'active', flags: [] });
  await sweep({ STALE_SESSION_HOURS: '22' });
  expect(await session()).toMatchObject({ status: 'completed', flags: ['closed_silent'] });
});

it('a charge is closed whose connector has been available for half an hour', async () => {
  await server.sql(`update connectors set status_at = now() - interval '20 minutes' where charger_id = $1`, [
    charger.id,
  ]);
  await sweep();
  expect(await session()).toMatchObject({ status: 'active' });
  await server.sql(`update connectors set status_at = now() - interval '31 minutes' where charger_id = $1`, [
    charger.id,
  ]);
  await sweep();
  expect(await session()).toMatchObject({ status: 'completed', flags: ['closed_connector_available'] });
});

it('a charge is closed when another has begun on its connector half an hour ago', async () => {
  await station.call('StartTransaction', {
    connectorId: 1,
    idTag: await addToken(server),
    meterStart: 3100,
    timestamp: ago({ minutes: 40 }),
  });
  await sweep();
  expect(await session()).toMatchObject({ status: 'active' });
  await server.sql(`update sessions set created_at = now() - interval '31 minutes' where charger_id = $1`, [
    charger.id,
  ]);
  await sweep();
  expect(await session()).toMatchObject({ status: 'completed', flags: ['closed_superseded'] });
  expect((await sessionsOf(server, charger))[1]).toMatchObject({ status: 'active' });
});

it('a charge is closed of which a station that has booted says nothing for half an hour', async () => {
  await server.sql(`update chargers set booted_at = now() - interval '40 minutes' where id = $1`, [
    charger.id,
  ]);
  await quietFor('30 minutes');
  await sweep();
  expect(await session()).toMatchObject({ status: 'active' });
  await quietFor('50 minutes');
  await sweep();
  expect(await session()).toMatchObject({ status: 'completed', flags: ['closed_after_boot'] });
});

it('many processes that look at once close it once', async () => {
  await silentFor('25 hours');
  await Promise.all([sweep(), sweep(), sweep()]);
  expect(await session()).toMatchObject({ status: 'completed', flags: ['closed_silent'] });
  expect(await billsOf(server, charger)).toHaveLength(1);
});

it('a stop that comes later makes the session and its one bill what they should be, once', async () => {
  await silentFor('25 hours');
  await sweep();
  const [before] = await billsOf(server, charger);
  expect(await stop()).toEqual({});
  expect(await session()).toMatchObject({
    status: 'completed',
    energy_wh: '4000.000',
    flags: ['closed_silent', 'late_stop'],
    stop_reason: 'Local',
  });
  const [after, ...others] = await billsOf(server, charger);
  expect(others).toEqual([]);
  expect(after).toBeGreaterThan(before!);
  const [bill] = await server.sql<{ energy_wh: string; end_time: Date }>(
    'select energy_wh, end_time from transactions where session_id = $1',
    [(await session()).id],
  );
  expect(bill).toEqual({ energy_wh: '4000.000', end_time: (await session()).end_time });

  await stop({ meterStop: 9000 });
  expect(await session()).toMatchObject({ energy_wh: '4000.000' });
  expect(await billsOf(server, charger)).toEqual([after]);
});

it('a stop that comes later than the payment is kept for a person, and changes nothing', async () => {
  await silentFor('25 hours');
  await sweep();
  const { id } = await session();
  await server.sql(`update transactions set payment_status = 'captured' where session_id = $1`, [id]);
  const bills = await billsOf(server, charger);
  await stop();
  await stop();
  expect(await setAsideOf(server, charger)).toEqual(['late_stop_after_payment']);
  expect(await session()).toMatchObject({
    energy_wh: '2000.000',
    flags: ['closed_silent', 'late_stop_after_payment'],
  });
  expect(await billsOf(server, charger)).toEqual(bills);
});

it('a charge of which no energy was heard fails, and is billed when its stop tells of some', async () => {
  await server.sql('delete from meter_values where session_id = $1', [(await session()).id]);
  await silentFor('25 hours');
  await sweep();
  expect(await session()).toMatchObject({ status: 'failed', flags: ['closed_silent'] });
  expect(await billsOf(server, charger)).toEqual([]);
  await stop();
  expect(await session()).toMatchObject({ status: 'completed', energy_wh: '4000.000' });
  expect(await billsOf(server, charger)).toHaveLength(1);
});

it('a late stop that tells of no energy leaves a bill of nothing', async () => {
  await silentFor('25 hours');
  await sweep();
  await stop({ meterStop: 1000 });
  expect(await session()).toMatchObject({ status: 'completed', energy_wh: '0.000' });
  expect(await billsOf(server, charger)).toEqual([0]);
});

it('what a charger that is back says of its charge counts when the stop has come', async () => {
  await silentFor('25 hours');
  await sweep();
  await metered(4500, ago({ minutes: 90 }));
  expect(await session()).toMatchObject({ status: 'completed', energy_wh: '2000.000' });
  await stop({ meterStop: 0 });
  expect(await session()).toMatchObject({ status: 'completed', energy_wh: '3500.000' });
  expect(await billsOf(server, charger)).toHaveLength(1);
});

it('a stop that is being handled is not overtaken', async () => {
  await silentFor('25 hours');
  const held = await hold(server, 'select from sessions where transaction_number = $1 for update', [
    transactionId,
  ]);
  await sweep();
  await held.release();
  await stop();
  expect(await session()).toMatchObject({ status: 'completed', energy_wh: '4000.000', flags: [] });
  await eventually(async () => (await billsOf(server, charger)).length === 1);
});
