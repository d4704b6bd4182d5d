import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey, newNetwork } from '../support/callers.ts';
import { globalId, rowId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { RawStation } from '../support/station.ts';
import { operate, query } from './operator.ts';
import { refusal } from './stage.ts';

let server: TestServer;
let otherNetwork: string;
let otherKey: string;
beforeAll(async () => {
  server = await startTestServer();
  otherNetwork = await newNetwork(server, 'OTH');
  otherKey = await newKey(server, { kind: 'OPERATOR', networkId: otherNetwork });
});
afterAll(() => server.close());

const connect = (uid: string, password = 'x'.repeat(20), path?: string) =>
  RawStation.connect({ socketUrl: server.socketUrl, uid, password, ...(path && { path }) });
const knock = async (uid: string, networkId?: string) =>
  expect(await refusal(connect(uid, undefined, networkId && `/ocpp/n/${networkId}/${uid}`))).toBe(404);
const platform = () => ({ 'x-api-key': server.demo.platformKey });
const listed = async (headers = {}) =>
  (await query<{ uid: string; attempts: number }[]>(server, 'unknownChargers { uid attempts }', headers)).map(
    ({ uid, attempts }) => `${uid} ${attempts}`,
  );

interface Adopted {
  password: string;
  charger: { id: string; uid: string; network: { id: string }; connectors: { number: number }[] };
}
const adopt = (uid: string, more: object = {}, headers = {}) =>
  operate<Adopted>(
    server,
    'mutation adoptCharger',
    '... on ChargerCredentials { password charger { id uid network { id } connectors { number } } }',
    { uid, ...more },
    headers,
  );

describe('a station that nobody knows', () => {
  it('is shown to the network by whose URL it came, and to the platform’s owner; others see nothing', async () => {
    await knock('LOST-1');
    await knock('LOST-2', server.demo.networkId);
    await knock('LOST-2', server.demo.networkId);
    await knock('LOST-3', otherNetwork);
    expect(await listed()).toEqual(['LOST-2 2']);
    expect(await listed({ 'x-api-key': otherKey })).toEqual(['LOST-3 1']);
    expect(await listed(platform())).toEqual(['LOST-3 1', 'LOST-2 2', 'LOST-1 1']);
  });

  it('is adopted into that network, comes with its password, and is not listed any more', async () => {
    await knock('LOST-4', server.demo.networkId);
    const { charger, password } = await adopt('LOST-4');
    expect(charger).toMatchObject({
      uid: 'LOST-4',
      network: { id: globalId('Network', server.demo.networkId) },
      connectors: [],
    });
    expect(await listed()).not.toContain('LOST-4 1');
    const station = await connect('LOST-4', password);
    await station.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    await station.close();
    const rows = await server.sql('select number from connectors where charger_id = $1', [rowId(charger.id)]);
    expect(rows).toEqual([{ number: 1 }]);
    const [kept] = await server.sql(`select from unknown_chargers where uid = 'LOST-4'`);
    expect(kept).toBeUndefined();
  });

  it('that named no network is the platform owner’s to give, into their own', async () => {
    await knock('LOST-5');
    expect(await adopt('LOST-5')).toMatchObject({ code: 'not_found' });
    const { charger } = await adopt('LOST-5', {}, platform());
    expect(charger.uid).toBe('LOST-5');
  });

  it('that came to another network, or that never came, is not there to be adopted', async () => {
    await knock('LOST-6', otherNetwork);
    expect(await adopt('LOST-6')).toMatchObject({ code: 'not_found' });
    expect(await adopt('NEVER-SEEN')).toMatchObject({ code: 'not_found' });
    const wrong = await adopt(
      'LOST-6',
      { networkId: globalId('Network', server.demo.networkId) },
      platform(),
    );
    expect(wrong).toMatchObject({ code: 'validation_error', details: [{ field: 'networkId' }] });
    expect(await server.sql(`select from chargers where uid in ('LOST-6', 'NEVER-SEEN')`)).toEqual([]);
  });

  it('is adopted once, however many try at once', async () => {
    await knock('LOST-7', server.demo.networkId);
    const tries = await Promise.all(Array.from({ length: 4 }, () => adopt('LOST-7')));
    const names = tries.map(({ __typename }) => __typename).sort();
    expect(names.filter(name => name === 'ChargerCredentials')).toHaveLength(1);
    expect(names.filter(name => !/^(ChargerCredentials|ConflictError|NotFoundError)$/.test(name))).toEqual(
      [],
    );
  });

  it('fills no table: the list is bounded in number and in age', async () => {
    await server.sql(
      `insert into unknown_chargers (uid, last_seen_at)
       select 'CROWD-' || n, now() - n * interval '1 minute' from generate_series(1, 1200) n
       union all select 'LONG-AGO', now() - interval '31 days'`,
    );
    await knock('LOST-8');
    const [row] = await server.sql<{ count: string; old: string }>(
      `select count(*), count(*) filter (where uid = 'LONG-AGO') old from unknown_chargers`,
    );
    expect(row).toEqual({ count: '1000', old: '0' });
    expect((await listed(platform()))[0]).toBe('LOST-8 1');
  });
});
