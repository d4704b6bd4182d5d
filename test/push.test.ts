import { createECDH } from 'node:crypto';
import ece from 'http_ece';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { system } from '../src/auth/viewer.ts';
import { sendPush } from '../src/domains/push/send-push.ts';
import { vapidKeys } from '../src/domains/push/vapid-keys.ts';
import { inScopeOf } from '../src/kernel/context.ts';
import { networksScope } from '../src/kernel/scope.ts';
import { inTransaction } from '../src/kernel/transaction.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { pushKeys } from './support/push-keys.ts';
import { type Received, type Receiver, startReceiver } from './support/receiver.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { makeJobsDue } from './support/webhooks.ts';

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

/** A browser: its keys, and what it makes of a message. */
function device(endpoint: string) {
  const pair = createECDH('prime256v1');
  const keys = pushKeys(pair);
  return {
    subscription: { endpoint, keys },
    read: ({ raw }: Received): unknown =>
      JSON.parse(
        ece.decrypt(raw, { version: 'aes128gcm', privateKey: pair, authSecret: keys.auth }).toString(),
      ),
  };
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

describe('a message to a driver', () => {
  const message = { title: 'Done', body: 'The charge is over.', data: { sessionId: '1' } };

  async function tell(driver: SignedIn, fails = false): Promise<void> {
    const { networkId } = server.demo;
    const ctx = server.app.context(system, 'test', { scope: networksScope([networkId]) });
    await inScopeOf(ctx, () =>
      inTransaction(ctx, async tx => {
        await sendPush(tx, { id: driver.id, networkId }, message);
        if (fails) throw new Error('rolled back');
      }),
    );
  }

  it('goes to each of their devices, and to nobody’s if the change is rolled back', async () => {
    const [first, second, other] = [await pushService(), await pushService(), await pushService()];
    const [phone, tablet] = [device(first.url), device(second.url)];
    for (const { subscription } of [phone, tablet]) await subscribe(maya, subscription);
    await subscribe(luis, device(other.url).subscription);
    await expect(tell(maya, true)).rejects.toThrow('rolled back');
    await tell(maya);
    expect(phone.read((await first.expect(1))[0]!)).toEqual(message);
    expect(tablet.read((await second.expect(1))[0]!)).toEqual(message);
    await eventually(async () => (await waiting()).length === 0);
    expect([first, second, other].map(({ received }) => received.length)).toEqual([1, 1, 0]);
  });

  it('is tried again where the service fails, until it is of no use', async () => {
    let status = 503;
    const service = await startReceiver(response => response.writeHead(status).end());
    receivers.push(service);
    await subscribe(maya, device(service.url).subscription);
    await tell(maya);
    await eventually(async () => (await waiting()).some(job => job.lastError !== null));
    expect(service.received).toHaveLength(1);
    status = 201;
    await makeJobsDue(server);
    await service.expect(2);
    await eventually(async () => (await waiting()).length === 0);

    status = 503;
    await tell(maya);
    await eventually(async () => (await waiting()).some(job => job.lastError !== null));
    await server.sql(
      `update graphile_worker._private_jobs
          set payload = jsonb_set(payload::jsonb, '{expiresAt}', '"2020-01-01T00:00:00Z"')::json, run_at = now()`,
    );
    await eventually(async () => (await waiting()).length === 0);
    expect(service.received).toHaveLength(3);
  });
});

const waiting = () =>
  server.sql<{ lastError: string | null }>(
    `select last_error as "lastError" from graphile_worker.jobs where task_identifier = 'send-push'`,
  );
