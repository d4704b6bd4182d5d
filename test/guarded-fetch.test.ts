import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openGuardedFetch, type Resolve } from '../src/kernel/guarded-fetch.ts';
import { isPublicAddress } from '../src/kernel/public-address.ts';
import { server as localhost } from './ocpp/certificates.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';

const receivers: Receiver[] = [];
afterEach(() => {
  for (const receiver of receivers.splice(0)) receiver.close();
});

const open = (resolve?: Resolve, allowLoopback = false) =>
  openGuardedFetch({ allowLoopback, timeoutMs: 2_000, contact: 'mailto:a@example.com', resolve });

async function receive(): Promise<Receiver> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  return receiver;
}

describe('an address', () => {
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::ffff:0:7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '4000::1',
    '',
    'localhost',
  ])('%s is not one of the public internet', address => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'])(
    '%s is',
    address => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('a URL', () => {
  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'example.com',
    '',
    'javascript:alert(1)',
    'https://user:secret@example.com/',
    'https://user@example.com/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://10.0.0.1:8443/',
    'https://169.254.169.254/latest/meta-data',
    `https://example.com/${'x'.repeat(2000)}`,
  ])('%s is refused before anything is sent', async url => {
    const guarded = open();
    expect(guarded.problemWith(url)).toMatch(/^must /);
    await expect(guarded.post(url, {}, '')).rejects.toThrow('The URL must');
    await guarded.close();
  });

  it('may be HTTP or lead to loopback where the setting permits it, and still nowhere else within', () => {
    const guarded = open(undefined, true);
    for (const url of ['http://127.0.0.1:1/', 'http://localhost:1/', 'https://[::1]/', 'https://a.test/']) {
      expect([url, guarded.problemWith(url)]).toEqual([url, null]);
    }
    for (const url of ['http://10.0.0.1/', 'http://169.254.169.254/', 'https://[fc00::1]/']) {
      expect([url, guarded.problemWith(url)]).toEqual([url, expect.stringMatching(/^must not lead/)]);
    }
  });
});

describe('a name', () => {
  const refusal = 'The host leads to an address that is not permitted.';

  it.each([['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['10.0.0.1'], []])(
    'that stands for %s, %s is not connected to',
    async (...addresses) => {
      const receiver = await receive();
      const guarded = open(async () => addresses.filter(Boolean));
      const url = `https://hooks.example.com:${receiver.port}/`;
      expect(guarded.problemWith(url)).toBeNull();
      await expect(guarded.post(url, {}, '{}')).rejects.toThrow(refusal);
      expect(receiver.received).toEqual([]);
      await guarded.close();
    },
  );

  it('that turns into another address is connected to under the one that was looked at', async () => {
    const receiver = await receive();
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const guarded = open(async () => answers.shift() ?? [], true);
    const url = `http://hooks.example.com:${receiver.port}/`;
    expect(await guarded.post(url, {}, 'one')).toEqual({ status: 200, body: 'OK' });
    expect(answers).toHaveLength(1);
    await guarded.close();
    const later = open(async () => ['10.0.0.1'], true);
    await expect(later.post(url, {}, 'two')).rejects.toThrow(refusal);
    expect(receiver.received.map(({ text }) => text)).toEqual(['one']);
    await later.close();
  });

  it('that nobody knows is told of without a word of our own network', async () => {
    const unknown = Object.assign(new Error('queryA ENOTFOUND 10.9.8.7'), { code: 'ENOTFOUND' });
    const guarded = open(() => Promise.reject(unknown));
    const posting = guarded.post('https://hooks.example.com/', {}, '');
    await expect(posting).rejects.toThrow('The host name is not known.');
    await guarded.close();
  });
});

it('a server whose certificate nobody vouches for gets nothing', async () => {
  let requests = 0;
  const server = createServer(localhost, (_, response) => {
    requests++;
    response.end();
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const guarded = open(async () => ['127.0.0.1'], true);
  const url = `https://hooks.example.com:${(server.address() as AddressInfo).port}/`;
  await expect(guarded.post(url, {}, 'x')).rejects.toThrow(/^The connection failed \(/);
  expect(requests).toBe(0);
  await guarded.close();
  server.close();
});

it('nobody who listens is told of as a refused connection', async () => {
  const receiver = await startReceiver();
  receiver.close();
  const guarded = open(undefined, true);
  await expect(guarded.post(receiver.url, {}, '')).rejects.toThrow('The connection was refused.');
  await guarded.close();
});
