import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  newCharger,
  newDriver,
  newKey,
  newLocation,
  newNetwork,
  queriesFor,
  type TestDriver,
} from '../support/callers.ts';
import { conforms, documentedRoute, neverSeen, shapeOf } from '../support/contract.ts';
import { globalId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let appKey: string;
let maya: TestDriver;
let luis: TestDriver;
let locationId: string;
let hiddenId: string;

beforeAll(async () => {
  server = await startTestServer();
  appKey = await newKey(server, { kind: 'APP' });
  maya = await newDriver(server, appKey, 'Maya');
  luis = await newDriver(server, appKey, 'Luis');
  locationId = await newLocation(server, { name: 'Loved' });
  hiddenId = await newLocation(server, { name: 'Hidden', isPublished: false });
});
afterAll(() => server.close());

describe('favorites', () => {
  const save = (body: object, driver = maya) =>
    server.rest('POST', '/favorites', { headers: driver.headers, body });
  const list = async (driver = maya) =>
    (await server.rest('GET', '/favorites', { headers: driver.headers })).body.data as {
      id: string;
      targetId: string | null;
      label: string | null;
    }[];
  const remove = (id: string, driver = maya) =>
    server.rest('DELETE', `/favorites/${id}`, { headers: driver.headers });

  it('are answered as the contract has it, the newest first', async () => {
    const saved = await save({ targetType: 'location', targetId: locationId, label: ' Home ' });
    const shape = shapeOf(documentedRoute('POST', '/favorites'), '200');
    expect(conforms(shape, saved.body)).toEqual([]);
    expect(neverSeen(shape, [saved.body])).toEqual([]);
    expect(saved.body.data).toMatchObject({ targetType: 'location', targetId: locationId, label: 'Home' });
    const charger = await save({ targetType: 'Charger', targetId: server.demo.chargers[0]!.id });
    expect(charger.body.data).toMatchObject({ targetType: 'charger', label: 'DEMO-AC-01' });
    const listed = await server.rest('GET', '/favorites', { headers: maya.headers });
    expect(conforms(shapeOf(documentedRoute('GET', '/favorites'), '200'), listed.body)).toEqual([]);
    expect(listed.body.data).toEqual([charger.body.data, saved.body.data]);
  });

  it('are one for each target: again changes the label, or leaves it where none is said', async () => {
    const before = await list();
    await save({ targetType: 'location', targetId: locationId });
    expect(await list()).toEqual(before);
    const again = await save({ targetType: 'location', targetId: locationId, label: 'Work' });
    expect(again.body.data).toMatchObject({ id: before[1]!.id, label: 'Work' });
    const cleared = await save({ targetType: 'location', targetId: locationId, label: null });
    expect(cleared.body.data).toMatchObject({ id: before[1]!.id, label: 'Loved' });
    expect(await list()).toHaveLength(2);
  });

  it('are one for each target also when two come at once', async () => {
    const target = { targetType: 'location', targetId: await newLocation(server) };
    const answers = await Promise.all([1, 2, 3, 4].map(() => save(target, luis)));
    expect(new Set(answers.map(({ body }) => body.data.id)).size).toBe(1);
    expect((await remove(answers[0]!.body.data.id, luis)).status).toBe(204);
  });

  it('of what the driver does not see are 404', async () => {
    const otherKey = await newKey(server, { kind: 'OPERATOR', networkId: await newNetwork(server, 'OTH') });
    const theirs = await newLocation(server, {}, { 'x-api-key': otherKey });
    const atHidden = await newCharger(server, {
      uid: 'HIDDEN-1',
      locationId: globalId('Location', hiddenId),
    });
    for (const [targetType, targetId] of [
      ['location', hiddenId],
      ['location', theirs],
      ['charger', atHidden],
      ['charger', locationId],
    ]) {
      expect((await save({ targetType, targetId })).status).toBe(404);
    }
  });

  it('are their driver’s own: another neither sees nor removes them', async () => {
    const [mine] = await list();
    expect(await list(luis)).toEqual([]);
    expect((await remove(mine!.id, luis)).status).toBe(404);
    const read = await server.graphql<{ node: unknown }>(
      'query ($id: ID!) { node(id: $id) { id } }',
      { id: globalId('Favorite', mine!.id) },
      luis.headers,
    );
    expect(read.data.node).toBe(null);
    expect(await list()).toContainEqual(mine);
  });

  it('are removed once: 204, then 404', async () => {
    const { body } = await save({ targetType: 'location', targetId: await newLocation(server) });
    const removed = await remove(body.data.id);
    expect([removed.status, removed.body]).toEqual([204, '']);
    expect((await remove(body.data.id)).status).toBe(404);
  });

  it('whose target is hidden by now stay, without the target', async () => {
    const target = await newLocation(server);
    const { body } = await save({ targetType: 'location', targetId: target });
    await server.sql('update locations set is_published = false where id = $1', [target]);
    const listed = (await list()).find(favorite => favorite.id === body.data.id);
    expect(listed).toMatchObject({ targetType: 'location', targetId: null, label: null });
    await remove(body.data.id);
  });

  it('are for drivers', async () => {
    for (const apiKey of [appKey, server.demo.apiKey]) {
      const { status, body } = await server.rest('GET', '/favorites', { apiKey });
      expect([status, body.error]).toEqual([403, 'driver_required']);
    }
  });

  it.each([
    [{ targetId: '019ecccc-0000-7000-8000-000000000000' }, 'targetType'],
    [{ targetType: 'driver', targetId: '019ecccc-0000-7000-8000-000000000000' }, 'targetType'],
    [{ targetType: 'location' }, 'targetId'],
    [{ targetType: 'location', targetId: 'x' }, 'targetId'],
  ])('of %j are 400', async (body, field) => {
    const answer = await save(body);
    expect([answer.status, answer.body.details[0].field]).toEqual([400, field]);
  });

  it('with a label that is too long are 400', async () => {
    const answer = await save({ targetType: 'location', targetId: locationId, label: 'x'.repeat(101) });
    expect([answer.status, answer.body.details[0].field]).toEqual([400, 'label']);
  });

  it('lead to the target in the graph, at the same number of statements for one as for many', async () => {
    const query = `query ($first: Int) { favorites(first: $first) { nodes {
      name label targetType
      target { ... on Location { name chargerCount } ... on Charger { uid status } }
    } } }`;
    for (let index = 0; index < 6; index++) {
      await save({ targetType: 'location', targetId: await newLocation(server, { name: `Place ${index}` }) });
    }
    const answered = async (first: number) => {
      let nodes: object[] = [];
      const count = await queriesFor(server, async () => {
        const answer = await server.graphql<{ favorites: { nodes: object[] } }>(
          query,
          { first },
          maya.headers,
        );
        nodes = answer.data.favorites.nodes;
      });
      return { count, nodes };
    };
    const one = await answered(1);
    const six = await answered(6);
    expect(one.nodes).toEqual([
      { name: 'Place 5', label: null, targetType: 'LOCATION', target: { name: 'Place 5', chargerCount: 0 } },
    ]);
    expect(six.nodes).toHaveLength(6);
    // the key, the favorites, the locations, their chargers; the driver's signing key may be known
    expect(one.count).toBeGreaterThanOrEqual(4);
    expect(six.count).toBe(one.count);
    const all = await answered(8);
    expect(all.nodes).toContainEqual({
      name: 'DEMO-AC-01',
      label: null,
      targetType: 'CHARGER',
      target: { uid: 'DEMO-AC-01', status: expect.any(String) },
    });
  });
});

describe('notification preferences', () => {
  const PATH = '/notifications/preferences';
  const get = async (driver = maya) => (await server.rest('GET', PATH, { headers: driver.headers })).body;
  const put = (body: object, driver = maya) => server.rest('PUT', PATH, { headers: driver.headers, body });

  it('are ours at first: push and e-mail, every event, to the driver’s own address and number', async () => {
    const body = await get();
    expect(conforms(shapeOf(documentedRoute('GET', PATH), '200'), body)).toEqual([]);
    expect(body.data).toEqual({
      channels: { push: true, email: true, sms: false },
      events: {
        sessionStarted: true,
        sessionStopped: true,
        sessionFailed: true,
        reservationReminder: true,
        payment: true,
      },
      contact: { email: maya.email, phoneNumber: '+17875550100' },
      updatedAt: null,
    });
  });

  it('change in what is given, and in nothing else', async () => {
    const first = await put({ smsEnabled: true, email: 'else@example.com', notifyPayment: null });
    const shape = shapeOf(documentedRoute('PUT', PATH), '200');
    expect(conforms(shape, first.body)).toEqual([]);
    expect(neverSeen(shape, [first.body])).toEqual([]);
    expect(first.body.data).toMatchObject({
      channels: { push: true, email: true, sms: true },
      events: { payment: true },
      contact: { email: 'else@example.com', phoneNumber: '+17875550100' },
    });
    const second = await put({ notifyPayment: false, phoneNumber: '+34600111222' });
    expect(second.body.data).toMatchObject({
      channels: { push: true, email: true, sms: true },
      events: { payment: false, sessionStarted: true },
      contact: { email: 'else@example.com', phoneNumber: '+34600111222' },
    });
    expect((await get()).data).toEqual(second.body.data);
    expect((await put({})).body.data.contact).toEqual(second.body.data.contact);
  });

  it('go back to the driver’s own address by null', async () => {
    expect((await put({ email: null })).body.data.contact).toEqual({
      email: maya.email,
      phoneNumber: '+34600111222',
    });
  });

  it('are each driver’s own', async () => {
    expect((await get(luis)).data).toMatchObject({ channels: { sms: false }, updatedAt: null });
  });

  it.each([
    [{ pushEnabled: 'yes' }, 'pushEnabled'],
    [{ email: 'nobody' }, 'email'],
    [{ phoneNumber: '787 555' }, 'phoneNumber'],
  ])('of %j are 400', async (body, field) => {
    const answer = await put(body);
    expect([answer.status, answer.body.details[0].field]).toEqual([400, field]);
  });

  it('are for drivers', async () => {
    for (const method of ['GET', 'PUT']) {
      const { status, body } = await server.rest(method, PATH, {
        apiKey: appKey,
        ...(method === 'PUT' && { body: {} }),
      });
      expect([status, body.error]).toEqual([403, 'driver_required']);
    }
  });
});
