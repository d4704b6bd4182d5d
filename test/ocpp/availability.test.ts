import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { chargerId, operate, query, whileAnswering } from './operator.ts';
import { addCharger, bootedWithTwo, callsTo, connect, roundTrips, type StagedCharger } from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  return () => station.close();
});

const WISH = '... on AvailabilityWish { status connectorNumber isOperative }';
const change = (isOperative: boolean, connectorNumber?: number) =>
  operate<{ status: string }>(server, 'mutation changeAvailability', WISH, {
    chargerId: chargerId(charger),
    isOperative,
    ...(connectorNumber !== undefined && { connectorNumber }),
  });
const wishes = async () =>
  (
    await query<{ connectorNumber: number | null; isOperative: boolean; status: string }[]>(
      server,
      `availabilityWishes(chargerId: "${chargerId(charger)}") { connectorNumber isOperative status }`,
    )
  ).map(wish => [wish.connectorNumber, wish.isOperative, wish.status]);
const says = (status: string) => ['ChangeAvailability', { status }] as const;
const boot = () => station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
const isTold = async (status = 'Accepted') => {
  const call = await station.expectCall('ChangeAvailability');
  station.reply(call.id, { status });
  return call.payload;
};

describe('taking a station out of service', () => {
  it.each(['Accepted', 'Scheduled', 'Rejected'])('tells that it is %s', async status => {
    const { result, asked } = await whileAnswering(station, change(false, 2), says(status));
    expect(asked).toEqual([{ connectorId: 2, type: 'Inoperative' }]);
    expect(result.status).toBe(status.toUpperCase());
    expect(await wishes()).toEqual([[2, false, status.toUpperCase()]]);
  });

  it('as a whole ends what was wished for its connectors', async () => {
    await whileAnswering(station, change(false, 1), says('Accepted'));
    const { asked } = await whileAnswering(station, change(true), says('Accepted'));
    expect(asked).toEqual([{ connectorId: 0, type: 'Operative' }]);
    expect(await wishes()).toEqual([[null, true, 'ACCEPTED']]);
  });

  it('that is offline is kept, and told once it is back, by the latest wish alone', async () => {
    await station.close();
    await eventually(async () => {
      const [row] = await server.sql<{ node_id: string | null }>(
        'select node_id from charger_connections where charger_id = $1',
        [charger.id],
      );
      return row!.node_id === null;
    });
    expect((await change(false)).status).toBe('PENDING');
    expect((await change(true)).status).toBe('PENDING');
    expect((await change(false, 1)).status).toBe('PENDING');
    station = await connect(server, charger);
    await boot();
    expect(await isTold()).toEqual({ connectorId: 0, type: 'Operative' });
    expect(await isTold('Scheduled')).toEqual({ connectorId: 1, type: 'Inoperative' });
    await expect.poll(wishes, { timeout: 10_000 }).toEqual([
      [null, true, 'ACCEPTED'],
      [1, false, 'SCHEDULED'],
    ]);
  });

  it('that does not answer is told again', async () => {
    expect((await change(false, 1)).status).toBe('PENDING');
    await station.expectCall('ChangeAvailability');
    await boot();
    expect(await isTold()).toEqual({ connectorId: 1, type: 'Inoperative' });
    await eventually(async () => (await wishes())[0]?.[2] === 'ACCEPTED');
  });

  it('holds after each start, which a station may forget it over; what serves needs no telling', async () => {
    await whileAnswering(station, change(false, 1), says('Accepted'));
    await whileAnswering(station, change(true, 2), says('Accepted'));
    const asked = callsTo(station);
    await boot();
    expect(await isTold()).toEqual({ connectorId: 1, type: 'Inoperative' });
    await roundTrips(station);
    expect(asked).toEqual(['ChangeAvailability']);
  });

  it('that has no such connector is a slip', async () => {
    expect(await change(false, 9)).toMatchObject({
      code: 'validation_error',
      details: [{ field: 'connectorNumber' }],
    });
    expect(await wishes()).toEqual([]);
  });
});

describe('messages to and from a vendor', () => {
  const transfer = (more: object = {}) =>
    operate<{ status: string; data: string | null }>(
      server,
      'mutation transferData',
      '... on DataTransferPayload { status data }',
      { chargerId: chargerId(charger), vendorId: 'com.example', ...more },
    );

  it('carry what is given, and the answer back', async () => {
    const { result, asked } = await whileAnswering(
      station,
      transfer({ messageId: 'Light', data: '{"on":1}' }),
      ['DataTransfer', { status: 'Accepted', data: 'done' }],
    );
    expect(asked).toEqual([{ vendorId: 'com.example', messageId: 'Light', data: '{"on":1}' }]);
    expect(result).toMatchObject({ status: 'ACCEPTED', data: 'done' });
    const unknown = await whileAnswering(station, transfer(), [
      'DataTransfer',
      { status: 'UnknownVendorId' },
    ]);
    expect(unknown.result).toMatchObject({ status: 'UNKNOWN_VENDOR_ID', data: null });
  });

  it('from a vendor that nobody knows are answered so', async () => {
    expect(await station.call('DataTransfer', { vendorId: 'com.example', data: 'x' })).toEqual({
      status: 'UnknownVendorId',
    });
  });
});

it('the cache of whom it let charge is cleared where the station says so', async () => {
  const clear = async () =>
    (
      await server.graphql<{ result: { accepted: boolean } }>(
        'mutation ($id: ID!) { result: clearAuthorizationCache(chargerId: $id) { ... on ClearCachePayload { accepted } } }',
        { id: chargerId(charger) },
      )
    ).data.result.accepted;
  const { result } = await whileAnswering(station, clear(), ['ClearCache', { status: 'Accepted' }]);
  expect(result).toBe(true);
  expect((await whileAnswering(station, clear(), ['ClearCache', { status: 'Rejected' }])).result).toBe(false);
});
