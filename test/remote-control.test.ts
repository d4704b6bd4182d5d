import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bootedStation, demoCharger } from './support/charge.ts';
import { conforms, documentedRoute, shapeOf } from './support/contract.ts';
import { appKey, type SignedIn, signIn } from './support/driver.ts';
import { type RestOptions, startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

const UID = 'DEMO-AC-01';
const OFFLINE_UID = 'DEMO-OWN-01';

let server: TestServer;
let station: RawStation;
let maya: SignedIn;
let luis: SignedIn;
let otherKey: string;

beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
  station = await bootedStation(server, UID);
  [maya, luis] = [await signIn(server), await signIn(server)];
  otherKey = await operatorOfAnotherNetwork();
});
afterAll(async () => {
  await station.close();
  await server.close();
});

async function operatorOfAnotherNetwork(): Promise<string> {
  const platform = { 'x-api-key': server.demo.platformKey };
  await server.graphql(
    `mutation {
      createNetwork(input: { name: "Other", countryCode: "US", partyId: "OTH", currency: "USD" }) { __typename }
    }`,
    {},
    platform,
  );
  const [network] = await server.sql<{ id: string }>(`select id from networks where party_id = 'OTH'`);
  const { data } = await server.graphql<{ key: { secret: string } }>(
    `mutation ($network: ID!) {
      key: createApiKey(input: { name: "Other", kind: OPERATOR, scopes: [READ, CONTROL], networkId: $network }) {
        ... on CreateApiKeyPayload { secret }
      }
    }`,
    { network: Buffer.from(`Network:${network!.id}`).toString('base64') },
    platform,
  );
  return data.key.secret;
}

const id = (uid = UID) => demoCharger(server, uid).id;

interface Command {
  readonly path: string;
  readonly route: string;
  readonly action: string;
  /** Left out, and what the station is then asked. */
  readonly asked: object;
  readonly answered: object;
  readonly accepted: string;
  readonly refused: readonly (readonly [status: string, reason: string])[];
}

const REJECTED = 'The charger rejected the request.';

const COMMANDS: Record<'unlock' | 'trigger' | 'reset', Command> = {
  unlock: {
    path: 'unlock',
    route: '/remote-control/{chargerId}/unlock',
    action: 'UnlockConnector',
    asked: { connectorId: 1 },
    answered: { connectorNumber: 1 },
    accepted: 'Unlocked',
    refused: [
      ['UnlockFailed', 'The connector stayed locked.'],
      ['NotSupported', 'The charger cannot unlock this connector.'],
    ],
  },
  trigger: {
    path: 'trigger',
    route: '/remote-control/{chargerId}/trigger',
    action: 'TriggerMessage',
    asked: { requestedMessage: 'StatusNotification' },
    answered: { message: 'StatusNotification' },
    accepted: 'Accepted',
    refused: [
      ['Rejected', REJECTED],
      ['NotImplemented', 'The charger cannot be asked for a StatusNotification.'],
    ],
  },
  reset: {
    path: 'reset',
    route: '/remote-control/{chargerId}/reset',
    action: 'Reset',
    asked: { type: 'Soft' },
    answered: { type: 'Soft' },
    accepted: 'Accepted',
    refused: [['Rejected', REJECTED]],
  },
};
const ALL = Object.values(COMMANDS);

const control = (path: string, options: RestOptions = {}, uid = UID) =>
  server.rest('POST', `/remote-control/${id(uid)}/${path}`, { body: {}, ...options });

/** What the request came to while the station answered with the status, and what the station had been asked. */
async function withAnswer<Answer>(request: Promise<Answer>, action: string, status: string) {
  const call = await station.expectCall(action);
  station.reply(call.id, { status });
  return { ...(await request), asked: call.payload };
}

describe.each(ALL)('the command $path', command => {
  it('asks the station, with what is customary where nothing is said, and tells that it accepted', async () => {
    const { status, body, asked } = await withAnswer(control(command.path), command.action, command.accepted);
    expect(asked).toEqual(command.asked);
    expect(status).toBe(200);
    expect(body.data).toEqual({
      chargerId: id(),
      ...command.answered,
      accepted: true,
      reason: null,
      retryable: false,
    });
    expect(conforms(shapeOf(documentedRoute('POST', command.route), '200'), body)).toEqual([]);
  });

  it.each(command.refused)(
    'tells of the refusal %s, and that asking again is of no use',
    async (word, reason) => {
      const { status, body } = await withAnswer(control(command.path), command.action, word);
      expect(status).toBe(200);
      expect(body.data).toEqual({
        chargerId: id(),
        ...command.answered,
        accepted: false,
        reason,
        retryable: false,
      });
    },
  );

  it('counts a CALLERROR as a refusal, and passes nothing of it on', async () => {
    const request = control(command.path);
    const call = await station.expectCall(command.action);
    station.send([4, call.id, 'InternalError', 'secret detail', {}]);
    expect((await request).body.data).toMatchObject({ accepted: false, reason: REJECTED, retryable: false });
  });

  it('may be tried again where the station does not answer, and where it is offline', async () => {
    const request = control(command.path);
    const call = await station.expectCall(command.action);
    const askedAt = performance.now();
    const unanswered = await request;
    // COMMAND_TIMEOUT_SECONDS, and some for a busy machine
    expect(performance.now() - askedAt).toBeLessThan(10_000);
    // too late: nobody waits for it, and the socket stays
    station.reply(call.id, { status: command.accepted });
    expect(unanswered.status).toBe(200);
    expect(unanswered.body.data).toEqual({
      chargerId: id(),
      ...command.answered,
      accepted: false,
      reason: 'The charger did not answer in time.',
      retryable: true,
    });
    const offline = await control(command.path, {}, OFFLINE_UID);
    expect(offline.status).toBe(200);
    expect(offline.body.data).toMatchObject({
      accepted: false,
      reason: 'The charger is offline.',
      retryable: true,
    });
  });

  it('knows no charger of another network, and none to a driver who is not there', async () => {
    expect((await control(command.path, { apiKey: otherKey })).status).toBe(404);
    expect((await maya.rest('POST', `/remote-control/${id()}/${command.path}`, { body: {} })).status).toBe(
      404,
    );
    const nowhere = `/remote-control/${crypto.randomUUID()}/${command.path}`;
    expect(
      (await server.rest('POST', nowhere, { body: { connectorNumber: 'x', message: 1, type: 1 } })).status,
    ).toBe(404);
    expect((await control(command.path, { apiKey: null })).status).toBe(401);
    const app = await control(command.path, { apiKey: await appKey(server) });
    expect([app.status, app.body.error]).toEqual([403, 'driver_required']);
  });
});

describe('a driver', () => {
  const begin = (idTag: string) =>
    station.call<{ transactionId: number }>('StartTransaction', {
      connectorId: 1,
      idTag,
      meterStart: 0,
      timestamp: new Date().toISOString(),
    });
  const end = (transactionId: number) =>
    station.call('StopTransaction', { transactionId, meterStop: 500, timestamp: new Date().toISOString() });
  const ask = (driver: SignedIn, path: string, body: object = {}) =>
    driver.rest('POST', `/remote-control/${id()}/${path}`, { body });

  afterEach(() => server.sql('delete from reservations'));

  it('commands the charger of their open session, while it lasts and nobody else', async () => {
    const { transactionId } = await begin(maya.tokenUid);
    for (const { path, action, accepted } of ALL) {
      const { status, body } = await withAnswer(ask(maya, path), action, accepted);
      expect([status, body.data.accepted]).toEqual([200, true]);
      expect((await ask(luis, path)).status).toBe(404);
    }
    await end(transactionId);
    expect((await ask(maya, 'unlock')).status).toBe(404);
  });

  it('is told that a charger is not theirs before what is wrong with the request, readable or not', async () => {
    const wrong = { connectorNumber: 'one' };
    expect((await ask(maya, 'unlock', wrong)).status).toBe(404);
    const { transactionId } = await begin(maya.tokenUid);
    await server.sql('update chargers set is_public = false where id = $1', [id()]);
    expect((await ask(maya, 'unlock', wrong)).status).toBe(400);
    expect((await ask(luis, 'unlock', wrong)).status).toBe(404);
    const limit = (driver: SignedIn) =>
      driver.rest('PUT', `/smart-charging/${id()}/limit`, { body: { limit: 'much' } });
    expect((await limit(maya)).status).toBe(400);
    expect((await limit(luis)).status).toBe(404);
    for (const [method, query] of [
      ['GET', 'unit=V'],
      ['DELETE', 'connector=one'],
    ] as const) {
      const path = `/smart-charging/${id()}/limit?${query}`;
      expect([method, (await maya.rest(method, path)).status]).toEqual([method, 400]);
      expect([method, (await luis.rest(method, path)).status]).toEqual([method, 404]);
    }
    for (const [path, body] of [
      ['trigger', { message: 'Reboot' }],
      ['reset', { type: 7 }],
    ] as const) {
      expect([path, (await ask(maya, path, body)).status]).toEqual([path, 400]);
      expect([path, (await ask(luis, path, body)).status]).toEqual([path, 404]);
    }
    await server.sql('update chargers set is_public = true where id = $1', [id()]);
    await end(transactionId);
  });

  it('gets a soft reset where they ask for a hard one', async () => {
    const { transactionId } = await begin(maya.tokenUid);
    const { body, asked } = await withAnswer(ask(maya, 'reset', { type: 'Hard' }), 'Reset', 'Accepted');
    expect(asked).toEqual({ type: 'Soft' });
    expect(body.data).toMatchObject({ type: 'Soft', accepted: true });
    await end(transactionId);
  });

  it('commands the charger that they have reserved, until the reservation ends', async () => {
    const reserve = (status: string, minutes: number) =>
      server.sql(
        `insert into reservations (id, network_id, charger_id, connector_id, connector_number, driver_id, token_id,
                                   id_tag, status, expires_at)
         select $1, c.network_id, c.id, k.id, k.number, t.driver_id, t.id, t.uid, $2,
                now() + make_interval(mins => $3)
           from chargers c join connectors k on k.charger_id = c.id and k.number = 1, tokens t
          where c.uid = $4 and t.uid = $5`,
        [crypto.randomUUID(), status, minutes, UID, maya.tokenUid],
      );
    await reserve('cancelled', 10);
    expect((await ask(maya, 'unlock')).status).toBe(404);
    await reserve('accepted', 10);
    const { body } = await withAnswer(ask(maya, 'unlock'), 'UnlockConnector', 'Unlocked');
    expect(body.data.accepted).toBe(true);
    expect((await ask(luis, 'unlock')).status).toBe(404);
    await server.sql(`update reservations set expires_at = now() - interval '1 second'`);
    expect((await ask(maya, 'unlock')).status).toBe(404);
  });

  it('cannot reboot a charger, in whatever way they are there', async () => {
    const { transactionId } = await begin(maya.tokenUid);
    const { status, body } = await maya.rest('POST', `/chargers/${id()}/reboot`, { body: {} });
    expect([status, body.error]).toEqual([403, 'forbidden']);
    await end(transactionId);
  });
});

describe('what is asked of the station', () => {
  it('is the connector, the message and the kind of reset that were named, in whatever case', async () => {
    const unlock = control('unlock', { body: { connectorNumber: 2 } });
    expect((await withAnswer(unlock, 'UnlockConnector', 'Unlocked')).asked).toEqual({ connectorId: 2 });
    const trigger = control('trigger', { body: { message: 'METERVALUES', connectorNumber: 2 } });
    const triggered = await withAnswer(trigger, 'TriggerMessage', 'Accepted');
    expect(triggered.asked).toEqual({ requestedMessage: 'MeterValues', connectorId: 2 });
    expect(triggered.body.data.message).toBe('MeterValues');
    const reset = control('reset', { body: { type: 'hard' } });
    const hard = await withAnswer(reset, 'Reset', 'Accepted');
    expect(hard.asked).toEqual({ type: 'Hard' });
    expect(hard.body.data.type).toBe('Hard');
  });

  it.each([
    ['unlock', 'connectorNumber', { connectorNumber: 3 }],
    ['unlock', 'connectorNumber', { connectorNumber: 0 }],
    ['unlock', 'connectorNumber', { connectorNumber: '1' }],
    ['unlock', 'connectorNumber', { connectorNumber: 2 ** 31 }],
    ['trigger', 'connectorNumber', { connectorNumber: 9 }],
    ['trigger', 'message', { message: 'Reboot' }],
    ['trigger', 'message', { message: 7 }],
    ['reset', 'type', { type: 'Gentle' }],
  ])('is nothing where %s has a wrong %s', async (path, field, body) => {
    const answer = await control(path, { body });
    expect(answer.status).toBe(400);
    expect(answer.body.details.map((problem: { field: string }) => problem.field)).toEqual([field]);
  });
});

describe('a reboot', () => {
  const reboot = (options: RestOptions = {}, uid = UID) =>
    server.rest('POST', `/chargers/${id(uid)}/reboot`, options);

  it.each([
    [undefined, 'Soft'],
    [{}, 'Soft'],
    [{ type: 'Hard' }, 'Hard'],
  ])('with the body %j is %s', async (body, type) => {
    const answer = await withAnswer(reboot({ body }), 'Reset', 'Accepted');
    expect(answer.asked).toEqual({ type });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({
      chargerId: id(),
      status: 'Accepted',
      message: `The charger accepted the ${type.toLowerCase()} reset.`,
    });
    expect(conforms(shapeOf(documentedRoute('POST', '/chargers/{id}/reboot'), '200'), answer.body)).toEqual(
      [],
    );
  });

  it('that the station refuses is answered as rejected', async () => {
    const { status, body } = await withAnswer(reboot(), 'Reset', 'Rejected');
    expect([status, body.data.status, body.data.message]).toEqual([200, 'Rejected', REJECTED]);
    const request = reboot();
    const call = await station.expectCall('Reset');
    station.send([4, call.id, 'NotSupported', '', {}]);
    expect((await request).body.data.status).toBe('Rejected');
  });

  it('fails where the charger is offline, does not answer, or is not there', async () => {
    const offline = await reboot({}, OFFLINE_UID);
    expect([offline.status, offline.body.error]).toEqual([409, 'charger_offline']);
    const request = reboot();
    await station.expectCall('Reset');
    const unanswered = await request;
    expect([unanswered.status, unanswered.body.error]).toEqual([503, 'unavailable']);
    expect((await reboot({ apiKey: otherKey })).status).toBe(404);
    expect((await reboot({ body: { type: 'Gentle' } })).status).toBe(400);
  });

  it('fails in the graph with an error that has a type', async () => {
    const { data } = await server.graphql(
      `mutation ($id: ID!) {
        result: rebootCharger(input: { chargerId: $id, type: HARD }) {
          __typename ... on Error { code }
        }
      }`,
      { id: Buffer.from(`Charger:${id(OFFLINE_UID)}`).toString('base64') },
    );
    expect(data).toEqual({ result: { __typename: 'ChargerOfflineError', code: 'charger_offline' } });
  });

  it('is kept from a key without the scope', async () => {
    const { data } = await server.graphql<{ key: { secret: string } }>(
      `mutation ($network: ID!) {
        key: createApiKey(input: { name: "Reader", kind: OPERATOR, scopes: [READ], networkId: $network }) {
          ... on CreateApiKeyPayload { secret }
        }
      }`,
      { network: Buffer.from(`Network:${server.demo.networkId}`).toString('base64') },
    );
    const apiKey = data.key.secret;
    expect((await reboot({ apiKey })).status).toBe(403);
    expect((await control('reset', { apiKey })).status).toBe(403);
  });
});
