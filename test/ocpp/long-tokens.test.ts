import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signIn } from '../support/driver.ts';
import { globalId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { booted201 } from '../support/station-201.ts';
import { chargerId, operate, whileAnswering } from './operator.ts';
import { addCharger, bootedWithTwo, callsTo, roundTrips, type StagedCharger, sessionsOf } from './stage.ts';

let server: TestServer;
let charger16: StagedCharger;
let station16: RawStation;
let charger201: StagedCharger;
let station201: RawStation;
let driverId: string;
beforeAll(async () => {
  server = await startTestServer();
  charger16 = await addCharger(server);
  station16 = await bootedWithTwo(server, charger16);
  charger201 = await addCharger(server);
  station201 = await booted201({ socketUrl: server.socketUrl, ...charger201 });
  [{ driver_id: driverId }] = (await server.sql('select driver_id from tokens where uid = $1', [
    server.demo.idTag,
  ])) as [{ driver_id: string }];
});
afterAll(async () => {
  await Promise.all([station16.close(), station201.close()]);
  await server.close();
});

const create = (uid: string, driver = driverId) =>
  operate<{ __typename: string; uid: string; details: { field: string }[] }>(
    server,
    'mutation createToken',
    '... on Token { uid } ... on ValidationError { details { field } }',
    { driverId: globalId('Driver', driver), uid },
  );
const start = (charger: StagedCharger, idTag: string) =>
  server.rest('POST', '/charging/start', { body: { chargerId: charger.id, connectorNumber: 1, idTag } });
const sendList = (charger: StagedCharger, more: object = {}) =>
  operate<{ __typename: string; details: { field: string; message: string }[] }>(
    server,
    'mutation sendLocalList',
    '... on SendLocalListPayload { entryCount } ... on ValidationError { details { field message } }',
    { chargerId: chargerId(charger), ...more },
  );

it('line 31: a token may have 36 characters, and no more', async () => {
  const uid = randomUUID();
  expect(await create(uid)).toMatchObject({ uid });
  expect(await create(`${uid}x`)).toMatchObject({
    __typename: 'ValidationError',
    details: [{ field: 'uid' }],
  });
  const [{ id }] = (await server.sql('select id from tokens where uid = $1', [uid])) as [{ id: string }];
  expect((await server.rest('GET', `/auth/tokens/${id}`)).body.data).toMatchObject({ uid });
});

it('line 31: an OCPP 2.0.1 station is asked to charge for one of 36, and lists it', async () => {
  const uid = randomUUID();
  await create(uid);
  expect(await station201.call('Authorize', { idToken: { idToken: uid, type: 'Central' } })).toMatchObject({
    idTokenInfo: { status: 'Accepted' },
  });
  const asked = start(charger201, uid);
  const { id, payload } = await station201.expectCall('RequestStartTransaction');
  expect(payload).toMatchObject({ idToken: { idToken: uid } });
  station201.reply(id, { status: 'Accepted' });
  expect((await asked).status).toBe(200);
  const sent = await whileAnswering(
    station201,
    sendList(charger201, { idTags: [uid] }),
    ['GetLocalListVersion', { versionNumber: 0 }],
    ['SendLocalList', { status: 'Accepted' }],
  );
  expect(JSON.stringify(sent.asked[1])).toContain(uid);
});

it('line 31: an OCPP 1.6 station, which has room for 20, is asked nothing about a longer one', async () => {
  const driver = await signIn(server);
  const uid = randomUUID();
  await create(uid, driver.id);
  await server.sql(
    'update chargers set location_id = (select location_id from chargers where uid = $1) where id = $2',
    ['DEMO-AC-01', charger16.id],
  );
  const calls = callsTo(station16);
  expect(await start(charger16, uid)).toMatchObject({
    status: 409,
    body: { error: 'token_invalid', message: expect.stringContaining('20 characters') },
  });
  const reservation = { chargerId: charger16.id, connectorNumber: 1, idTag: uid };
  expect(await driver.rest('POST', '/reservations', { body: reservation })).toMatchObject({
    status: 409,
    body: { error: 'token_invalid', message: expect.stringContaining('20 characters') },
  });
  expect(await sendList(charger16, { idTags: [uid] })).toMatchObject({
    __typename: 'ValidationError',
    details: [{ field: 'idTags', message: expect.stringContaining('20 characters') }],
  });
  await roundTrips(station16);
  expect(calls).toEqual([]);
  expect(await sessionsOf(server, charger16)).toEqual([]);
  const sent = await whileAnswering(
    station16,
    sendList(charger16),
    ['GetLocalListVersion', { listVersion: 0 }],
    ['SendLocalList', { status: 'Accepted' }],
  );
  expect(JSON.stringify(sent.asked[1])).toContain(server.demo.idTag);
  expect(JSON.stringify(sent.asked[1])).not.toContain(uid);
});
