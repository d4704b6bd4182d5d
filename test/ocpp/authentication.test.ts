import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storePassword } from '../../src/domains/chargers/charger-password.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { RawStation } from '../support/station.ts';
import { addCharger, connect, refusal, type StagedCharger } from './stage.ts';

let server: TestServer;
let charger: StagedCharger;
beforeAll(async () => {
  server = await startTestServer();
  charger = await addCharger(server);
});
afterAll(() => server.close());

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

const hears = async (station: RawStation) => {
  expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
  await station.close();
};

describe('security profile 1', () => {
  it('line 11: the right password opens a socket', async () => {
    await hears(await connect(server, charger));
  });

  it.each([
    ['a wrong password', () => basic(charger.uid, 'wrong')],
    ['no password', () => basic(charger.uid, '')],
    ['the right password under another name', () => basic('someone-else', charger.password)],
    ['the right password without a name', () => basic('', charger.password)],
    ['a header that is not Basic', () => ({ authorization: `Bearer ${charger.password}` })],
    ['an empty header', () => ({ authorization: '' })],
  ])('line 11: %s is answered 401', async (_, headers) => {
    expect(await refusal(connect(server, charger, { headers: headers() }))).toBe(401);
  });

  it('line 11: a password of any bytes opens a socket, and one that differs in a byte does not', async () => {
    const binary = await addCharger(server);
    const password = Buffer.from([0x00, 0xff, 0x3a, 0xc3, 0x28, 0x0a, 0x80, ...Buffer.from(randomUUID())]);
    const { passwordSalt, passwordHash } = storePassword(password);
    await server.sql('update chargers set password_salt = $2, password_hash = $3 where id = $1', [
      binary.id,
      passwordSalt,
      passwordHash,
    ]);
    await hears(await connect(server, binary, { password }));
    const other = Buffer.from(password);
    other[1] = 0xfe;
    expect(await refusal(connect(server, binary, { password: other }))).toBe(401);
  });

  it('line 11: a charger that has no password is not let in by an empty one', async () => {
    const open = await addCharger(server);
    await server.sql('update chargers set password_salt = null, password_hash = null where id = $1', [
      open.id,
    ]);
    expect(await refusal(connect(server, open, { password: '' }))).toBe(401);
  });
});

describe('a station that nobody knows', () => {
  const listed = (uid: string) =>
    server.sql<{ network_id: string | null; attempts: number; remote_address: string }>(
      'select network_id, attempts, remote_address from unknown_chargers where uid = $1',
      [uid],
    );
  const knock = async (uid: string, path = `/ocpp/${uid}`) => {
    const connecting = RawStation.connect({ socketUrl: server.socketUrl, uid, password: 'any', path });
    expect(await refusal(connecting)).toBe(404);
  };

  it('line 11: is answered 404 and listed for the platform, once however often it comes', async () => {
    await knock('STRANGER-1');
    await knock('STRANGER-1');
    expect(await listed('STRANGER-1')).toEqual([
      { network_id: null, attempts: 2, remote_address: '127.0.0.1' },
    ]);
  });

  it('line 11: is listed for the network that its path names', async () => {
    const { networkId } = server.demo;
    await knock('STRANGER-2', `/ocpp/n/${networkId}/STRANGER-2`);
    await knock('STRANGER-2', `/ocpp/n/${networkId}/STRANGER-2`);
    expect(await listed('STRANGER-2')).toMatchObject([{ network_id: networkId, attempts: 2 }]);
  });

  it('line 11: goes to its network once it names it, and stays there when it names none again', async () => {
    const { networkId } = server.demo;
    await knock('STRANGER-3');
    await knock('STRANGER-3', `/ocpp/n/${networkId}/STRANGER-3`);
    await knock('STRANGER-3');
    expect(await listed('STRANGER-3')).toMatchObject([{ network_id: networkId, attempts: 3 }]);
  });

  it('line 11: is listed for the platform where its path names a network that is not there', async () => {
    await knock('STRANGER-4', `/ocpp/n/${randomUUID()}/STRANGER-4`);
    expect(await listed('STRANGER-4')).toMatchObject([{ network_id: null }]);
  });

  it('line 11: a known station is not found in another network, and found in its own', async () => {
    const path = (networkId: string) => `/ocpp/n/${networkId}/${charger.uid}`;
    expect(await refusal(connect(server, charger, { path: path(randomUUID()) }))).toBe(404);
    expect(await refusal(connect(server, charger, { path: path('nonsense') }))).toBe(404);
    expect(await listed(charger.uid)).toEqual([]);
    await hears(await connect(server, charger, { path: path(server.demo.networkId) }));
  });
});

describe('security profile 2 behind a proxy', () => {
  const https = { 'x-forwarded-proto': 'https' };

  it('line 11: a station of profile 2 on plain ws is answered 401 with the right password', async () => {
    const secure = await addCharger(server, { securityProfile: 2 });
    expect(await refusal(connect(server, secure))).toBe(401);
  });

  it('line 11: a forwarded header from a peer that is no configured proxy does not count', async () => {
    const secure = await addCharger(server, { securityProfile: 2 });
    expect(
      await refusal(
        connect(server, secure, { headers: { ...basic(secure.uid, secure.password), ...https } }),
      ),
    ).toBe(401);
  });

  // a socket that listens on every address sees IPv4 peers as ::ffff:127.0.0.1
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.0/8', '::'],
  ])(
    'line 11: from a configured proxy (%s, listening on %s) it counts, the password still needed',
    async (proxies, host) => {
      const proxied = await startTestServer({ settings: { TRUSTED_PROXIES: proxies, HOST: host } });
      try {
        const secure = await addCharger(proxied, { securityProfile: 2 });
        const socketUrl = proxied.socketUrl.replace('localhost', '127.0.0.1');
        await hears(await connect(proxied, secure, { socketUrl, headers: https }));
        const plain = { 'x-forwarded-proto': 'http' };
        expect(await refusal(connect(proxied, secure, { socketUrl, headers: plain }))).toBe(401);
        expect(await refusal(connect(proxied, secure, { socketUrl }))).toBe(401);
        expect(
          await refusal(connect(proxied, secure, { socketUrl, headers: https, password: 'wrong' })),
        ).toBe(401);
      } finally {
        await proxied.close();
      }
    },
  );
});
