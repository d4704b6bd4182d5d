import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startTestServer, type TestServer } from '../support/server.ts';
import * as certificates from './certificates.ts';
import { addCharger, type StagedCharger } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'chargegraph-tls-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

let server: TestServer;
let basic: StagedCharger;
let profile2: StagedCharger;
let profile3: StagedCharger;
beforeAll(async () => {
  server = await startTestServer({
    settings: {
      TLS_CERT_FILE: file('server.crt', certificates.server.cert),
      TLS_KEY_FILE: file('server.key', certificates.server.key),
      TLS_CA_FILE: file('authority.crt', certificates.authority),
    },
  });
  basic = await addCharger(server);
  profile2 = await addCharger(server, { securityProfile: 2 });
  profile3 = { ...(await addCharger(server, { securityProfile: 3 })), uid: 'TLS-STATION' };
  await server.sql('update chargers set uid = $2 where id = $1', [profile3.id, profile3.uid]);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** 101 where the station is let in, else the HTTP status of the refusal. */
async function knock(
  charger: StagedCharger,
  credentials: { cert?: string; key?: string; password?: string },
) {
  const { password, ...certificate } = credentials;
  const url = `${server.socketUrl.replace('127.0.0.1', 'localhost')}/ocpp/${charger.uid}`;
  const socket = new WebSocket(url, ['ocpp1.6'], {
    ca: certificates.authority,
    ...certificate,
    ...(password !== undefined && { auth: `${charger.uid}:${password}` }),
  });
  const status = await new Promise<number>((resolve, reject) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
  socket.terminate();
  return status;
}

describe('over TLS', () => {
  it('line 11: stations of profiles 1 and 2 are let in by their passwords', async () => {
    expect(await knock(basic, { password: basic.password })).toBe(101);
    expect(await knock(profile2, { password: profile2.password })).toBe(101);
    expect(await knock(profile2, { password: 'wrong' })).toBe(401);
    expect(await knock(profile2, {})).toBe(401);
  });

  it('line 11: a station of profile 3 is let in by the certificate of its identity, without a password', async () => {
    expect(await knock(profile3, certificates.station)).toBe(101);
  });

  it.each([
    ['no certificate', {}],
    ['another station’s certificate', certificates.other],
    ['a certificate of its name by another authority', certificates.forged],
  ])(
    'line 11: a station of profile 3 with %s is answered 401, whatever its password',
    async (_, certificate) => {
      expect(await knock(profile3, { ...certificate, password: profile3.password })).toBe(401);
    },
  );

  it('line 11: a certificate does not stand in for the password of profile 2', async () => {
    await server.sql('update chargers set security_profile = 2 where id = $1', [profile3.id]);
    expect(await knock(profile3, certificates.station)).toBe(401);
    await server.sql('update chargers set security_profile = 3 where id = $1', [profile3.id]);
  });
});
