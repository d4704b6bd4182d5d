import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { system } from '../src/auth/viewer.ts';
import { vapidKeys } from '../src/domains/push/vapid-keys.ts';
import { inScopeOf } from '../src/kernel/context.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { pushDevice as device } from './support/push-device.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let maya: SignedIn;
let luis: SignedIn;
const receivers: Receiver[] = [];

beforeAll(async () => {
  server = await startTestServer({
    settings: { OUTGOING_ALLOW_LOOPBACK: 'true', OUTGOING_TIMEOUT_SECONDS: '1' },
  });
  [maya, luis] = [await signIn(server), await signIn(server)];
});
afterAll(() => server.close());
afterEach(async () => {
  for (const receiver of receivers.splice(0)) receiver.close();
  await server.sql('delete from push_subscriptions');
});

async function pushService(status = 201): Promise<Receiver> {
  const receiver = await startReceiver(response => response.writeHead(status).end());
  receivers.push(receiver);
  return receiver;
}

const subscribe = (driver: SignedIn, body: object) => driver.rest('POST', '/push/subscribe', { body });
const test = async (driver: SignedIn) => (await driver.rest('POST', '/push/test')).body.data;
const publicKey = async (): Promise<string> => (await maya.rest('GET', '/push/config')).body.data.publicKey;

describe('a driver’s device', () => {
  it('gets a message that it alone can read, signed under the key that it subscribed with', async () => {
    const service = await pushService();
    const phone = device(`${service.url}/phone`);
    const answer = await subscribe(maya, phone.subscription);
    expect([answer.status, answer.body.data]).toEqual([200, { status: 'subscribed' }]);
    expect(await test(maya)).toEqual({ sent: 1, subscriptions: 1 });
    const [received] = await service.expect(1);
    expect(phone.read(received!)).toEqual({ title: 'It works', body: expect.any(String) });
    expect(() => device('x').read(received!)).toThrow();
    expect(received!.headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '3600' });
    const [, token, key] = /^vapid t=([^,]+), k=(\S+)$/.exec(received!.headers.authorization!)!;
    expect(key).toBe(await publicKey());
    const point = Buffer.from(key!, 'base64url');
    const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url');
    const jwks = createLocalJWKSet({
      keys: [{ kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) }],
    });
    const { payload } = await jwtVerify(token!, jwks, { audience: `http://127.0.0.1:${service.port}` });
    expect(payload.sub).toBe('mailto:no-reply@localhost');
  });

  it('that is gone is forgotten, one whose service fails is not', async () => {
    const services = [
      await pushService(),
      await pushService(410),
      await pushService(404),
      await pushService(503),
    ];
    for (const service of services) await subscribe(maya, device(service.url).subscription);
    expect(await test(maya)).toEqual({ sent: 1, subscriptions: 4 });
    expect(await test(maya)).toEqual({ sent: 1, subscriptions: 2 });
  });

  it('that is registered again is still one, and another driver’s once they sign in on it', async () => {
    const service = await pushService();
    const phone = device(service.url);
    for (let time = 0; time < 3; time++) await subscribe(maya, phone.subscription);
    expect(await test(maya)).toEqual({ sent: 1, subscriptions: 1 });
    await subscribe(luis, phone.subscription);
    expect(await test(maya)).toEqual({ sent: 0, subscriptions: 0 });
    expect(await test(luis)).toEqual({ sent: 1, subscriptions: 1 });
  });

  it('is taken out by its driver, again without effect, and by nobody else', async () => {
    const service = await pushService();
    await subscribe(maya, device(service.url).subscription);
    const remove = (driver: SignedIn) =>
      driver.rest('POST', '/push/unsubscribe', { body: { endpoint: service.url } });
    expect((await remove(luis)).status).toBe(204);
    expect(await test(maya)).toEqual({ sent: 1, subscriptions: 1 });
    expect([(await remove(maya)).status, (await remove(maya)).status]).toEqual([204, 204]);
    expect(await test(maya)).toEqual({ sent: 0, subscriptions: 0 });
  });

  it('is one of twenty: the oldest gives way', async () => {
    for (let index = 0; index < 22; index++) {
      await subscribe(
        maya,
        device(`https://push.example.com/${String(index).padStart(2, '0')}`).subscription,
      );
    }
    const kept = await server.sql<{ endpoint: string }>(
      'select endpoint from push_subscriptions order by endpoint',
    );
    expect(kept).toHaveLength(20);
    expect(kept[0]!.endpoint).toBe('https://push.example.com/02');
  });

  it.each([
    ['no endpoint', { endpoint: null }, 'endpoint'],
    ['a private address', { endpoint: 'https://10.0.0.1/' }, 'endpoint'],
    ['no keys', { keys: null }, 'keys'],
    ['one key', { keys: { auth: 'A'.repeat(22) } }, 'keys'],
    [
      'a point that is not on the curve',
      { keys: { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) } },
      'keys',
    ],
    ['a short secret', { keys: { p256dh: device('x').subscription.keys.p256dh, auth: 'AAAA' } }, 'keys'],
    ['keys that are none', { keys: 'x' }, 'keys'],
  ])('with %s is refused, naming the member', async (_, wrong, field) => {
    const answer = await subscribe(maya, { ...device('https://push.example.com/').subscription, ...wrong });
    expect([answer.status, answer.body.details]).toEqual([400, [{ field, message: expect.any(String) }]]);
    expect(await server.sql('select from push_subscriptions')).toEqual([]);
  });
});

it('the installation’s keys are made once, however many ask at once, and kept sealed', async () => {
  await server.sql('delete from vapid_keys');
  const keys = await Promise.all(Array.from({ length: 20 }, publicKey));
  expect(new Set(keys).size).toBe(1);
  const [{ row }] = (await server.sql<{ row: string }>('select vapid_keys::text as row from vapid_keys')) as [
    { row: string },
  ];
  const ctx = server.app.context(system, 'test');
  const pair = await inScopeOf(ctx, () => vapidKeys(ctx));
  expect(pair.publicKey).toBe(keys[0]);
  expect(row).not.toContain(pair.privateKey);
});
