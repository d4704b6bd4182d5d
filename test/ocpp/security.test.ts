import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { chargerId, operate, query, whileAnswering } from './operator.ts';
import { addCharger, ago, bootedWithTwo, type StagedCharger } from './stage.ts';

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

describe('a security event', () => {
  const report = (type: string, timestamp = ago(), techInfo?: string) =>
    station.call('SecurityEventNotification', { type, timestamp, ...(techInfo && { techInfo }) });
  const events = async (isCritical?: boolean) =>
    (
      await query<{ nodes: { type: string }[] }>(
        server,
        `securityEvents(filter: { chargerId: "${chargerId(charger)}"${isCritical === undefined ? '' : ` isCritical: ${isCritical}`} }) {
           nodes { type techInfo isCritical occurredAt } }`,
      )
    ).nodes;
  const alerts = async () =>
    (
      await query<{ nodes: { id: string; type: string; message: string }[] }>(
        server,
        `alerts(filter: { chargerId: "${chargerId(charger)}" }) { nodes { id type message } }`,
      )
    ).nodes;

  it('is kept, the newest first; the same again is the same', async () => {
    const at = ago({ hours: 2 });
    await report('StartupOfTheDevice', at);
    await report('StartupOfTheDevice', at);
    await report('TamperDetectionActivated', ago({ hours: 3 }), 'door open');
    expect(await events()).toEqual([
      {
        type: 'TamperDetectionActivated',
        techInfo: 'door open',
        isCritical: true,
        occurredAt: expect.any(String),
      },
      { type: 'StartupOfTheDevice', techInfo: null, isCritical: false, occurredAt: at },
    ]);
    expect(await events(false)).toMatchObject([{ type: 'StartupOfTheDevice' }]);
  });

  it('that is critical raises one alert, until somebody has looked', async () => {
    await report('StartupOfTheDevice');
    for (const seconds of [5, 4, 3]) await report('InvalidFirmwareSignature', ago({ seconds }));
    const [alert, ...others] = await alerts();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      type: 'SECURITY_EVENT',
      message: `Security event at ${charger.uid}: InvalidFirmwareSignature.`,
    });
    await server.graphql('mutation ($id: ID!) { acknowledgeAlert(id: $id) { __typename } }', {
      id: alert!.id,
    });
    await report('InvalidFirmwareSignature', ago({ seconds: 1 }));
    expect((await alerts()).map(({ id }) => id === alert!.id)).toEqual([false]);
  });

  it('of a clock that cannot be right happened when it came', async () => {
    await report('SettingSystemTime', '1970-01-01T00:00:05Z');
    expect(await events()).toMatchObject([{ occurredAt: expect.stringMatching(/^20[2-9]/) }]);
  });

  it('cannot fill the table, however many a station sends', async () => {
    await server.sql(
      `insert into security_events (id, network_id, charger_id, type, is_critical, occurred_at, created_at)
       select gen_random_uuid(), $1, $2, 'Old', false, now() - n * interval '1 hour', now() - n * interval '1 hour'
         from generate_series(1, 1100) n`,
      [server.demo.networkId, charger.id],
    );
    await report('MemoryExhaustion');
    const [row] = await server.sql('select count(*) from security_events where charger_id = $1', [
      charger.id,
    ]);
    expect(row).toEqual({ count: '1000' });
    expect((await events())[0]).toMatchObject({ type: 'MemoryExhaustion' });
  });
});

describe('what a station can be asked to send for security', () => {
  it.each([
    ['SIGN_CERTIFICATE', 'SignChargePointCertificate'],
    ['LOG_STATUS_NOTIFICATION', 'LogStatusNotification'],
  ])('%s is asked as %s', async (message, requestedMessage) => {
    const request = operate<{ accepted: boolean }>(
      server,
      'mutation triggerMessage',
      '... on TriggerMessageResult { accepted }',
      { chargerId: chargerId(charger), message },
    );
    const { result, asked } = await whileAnswering(station, request, [
      'ExtendedTriggerMessage',
      { status: 'Accepted' },
    ]);
    expect(asked).toEqual([{ requestedMessage }]);
    expect(result.accepted).toBe(true);
  });
});

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };

async function newRequest(name: string, algorithm: object = EC) {
  const keys = (await crypto.subtle.generateKey(algorithm as EcKeyGenParams, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: algorithm as EcdsaParams,
  });
  return { keys, pem: csr.toString('pem') };
}

interface Certificate {
  id: string;
  status: string;
  chain: string | null;
  serialNumber: string | null;
  validTo: string | null;
}
const certificates = async () =>
  (
    await query<{ nodes: Certificate[] }>(
      server,
      `chargerCertificates(chargerId: "${chargerId(charger)}") { nodes { id status chain serialNumber validTo } }`,
    )
  ).nodes;
const deliver = async (id: string, chain: string) =>
  (
    await server.graphql<{ result: { __typename: string; status?: string; code?: string } }>(
      `mutation ($id: ID!, $chain: String!) { result: deliverCertificate(id: $id, chain: $chain) {
         __typename ... on ChargerCertificate { status } ... on Error { code } } }`,
      { id, chain },
    )
  ).data.result;
const ask = (csr: string) => station.call('SignCertificate', { csr });

/** An authority that is not ours. */
async function foreignChain(publicKey: CryptoKey): Promise<string> {
  const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const dates = { notBefore: new Date('2026-01-01'), notAfter: new Date('2030-01-01') };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Elsewhere',
    ...dates,
    keys,
    signingAlgorithm: EC,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: '0c',
    subject: `CN=${charger.uid}`,
    issuer: root.subject,
    ...dates,
    publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: EC,
  });
  return `${leaf.toString('pem')}\n${root.toString('pem')}`;
}

describe('a station’s own certificate, where the installation has no authority', () => {
  it('waits for an operator, who brings the chain', async () => {
    const { keys, pem } = await newRequest(`CN=${charger.uid}`);
    expect(await ask(pem)).toEqual({ status: 'Accepted' });
    const [waiting] = await certificates();
    expect(waiting).toMatchObject({ status: 'REQUESTED', chain: null });
    const chain = await foreignChain(keys.publicKey);
    const { result, asked } = await whileAnswering(station, deliver(waiting!.id, chain), [
      'CertificateSigned',
      { status: 'Accepted' },
    ]);
    expect(asked).toEqual([{ certificateChain: chain }]);
    expect(result.status).toBe('ACCEPTED');
    expect(await certificates()).toMatchObject([{ serialNumber: '0C', validTo: '2030-01-01T00:00:00Z' }]);
    expect(await deliver(waiting!.id, chain)).toMatchObject({ code: 'conflict' });
  });

  it('is nobody else’s: a chain for another key, or in disorder, is not sent', async () => {
    const { keys, pem } = await newRequest(`CN=${charger.uid}`);
    await ask(pem);
    const [waiting] = await certificates();
    const other = await newRequest(`CN=${charger.uid}`);
    const chain = await foreignChain(keys.publicKey);
    const reversed = chain.split(/(?=-----BEGIN)/).reverse();
    for (const wrong of [await foreignChain(other.keys.publicKey), reversed.join('\n'), 'no PEM']) {
      expect(await deliver(waiting!.id, wrong)).toMatchObject({ code: 'validation_error' });
    }
    expect((await certificates())[0]!.status).toBe('REQUESTED');
  });

  it('that is asked for anew makes the request before void', async () => {
    for (let times = 0; times < 2; times++) await ask((await newRequest(`CN=${charger.uid}`)).pem);
    expect((await certificates()).map(({ status }) => status)).toEqual(['REQUESTED', 'SUPERSEDED']);
  });

  it.each([
    ['for another station', async () => (await newRequest('CN=SOMEBODY-ELSE')).pem],
    ['for two stations', async () => (await newRequest(`CN=SOMEBODY-ELSE,CN=${charger.uid}`)).pem],
    [
      'with a weak key',
      async () => (await newRequest(`CN=${charger.uid}`, { ...RSA, modulusLength: 1024 })).pem,
    ],
    ['that is no request', async () => 'hello'],
    [
      'that its key did not sign',
      async () => {
        const { pem } = await newRequest(`CN=${charger.uid}`);
        const bytes = Buffer.from(x509.PemConverter.decodeFirst(pem));
        bytes[bytes.length - 3]! ^= 1;
        return x509.PemConverter.encode(bytes, 'CERTIFICATE REQUEST');
      },
    ],
  ])('%s is refused', async (_, make) => {
    expect(await ask(await make())).toEqual({ status: 'Rejected' });
    expect(await certificates()).toEqual([]);
  });
});

describe('a station’s own certificate, signed by the installation’s authority', () => {
  let authority: X509Certificate;
  beforeAll(async () => {
    const { data } = await server.graphql<{ made: { certificate: string } }>(
      'mutation { made: createChargerAuthority { ... on ChargerAuthority { certificate } } }',
      {},
      { 'x-api-key': server.demo.platformKey },
    );
    authority = new X509Certificate(data.made.certificate);
    expect(await query(server, 'chargerAuthority { certificate }')).toEqual(data.made);
  });

  it('the authority’s private key stands nowhere in the clear', async () => {
    const [row] = await server.sql<{ sealed_private_key: string }>('select * from charger_authorities');
    expect(Buffer.from(row!.sealed_private_key, 'base64').toString('latin1')).not.toContain('PRIVATE KEY');
    expect(() => server.app.secret.unseal('station-authority', row!.sealed_private_key)).not.toThrow();
  });

  it.each([
    ['elliptic', EC],
    ['RSA', { ...RSA, modulusLength: 2048 }],
  ])('is signed and brought at once, for an %s key', async (_, algorithm) => {
    const { keys, pem } = await newRequest(`CN=${charger.uid},O=Whatever they say`, algorithm);
    expect(await ask(pem)).toEqual({ status: 'Accepted' });
    const call = await station.expectCall<{ certificateChain: string }>('CertificateSigned');
    station.reply(call.id, { status: 'Accepted' });
    const [first] = call.payload.certificateChain.split(/(?<=END CERTIFICATE-----)/);
    const leaf = new X509Certificate(first!);
    expect(leaf.subject).toBe(`CN=${charger.uid}`);
    expect(leaf.verify(authority.publicKey) && leaf.checkIssued(authority)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.publicKey.export({ type: 'spki', format: 'der' })).toEqual(
      Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)),
    );
    await eventually(async () => (await certificates())[0]!.status === 'ACCEPTED');
    expect((await certificates())[0]!.serialNumber).toBe(leaf.serialNumber);
  });

  it('that the station rejects is kept as rejected', async () => {
    await ask((await newRequest(`CN=${charger.uid}`)).pem);
    const call = await station.expectCall('CertificateSigned');
    station.reply(call.id, { status: 'Rejected' });
    await eventually(async () => (await certificates())[0]!.status === 'REJECTED');
  });
});

describe('whom a station trusts', () => {
  const hash = { hashAlgorithm: 'SHA256', issuerNameHash: 'ab', issuerKeyHash: 'cd', serialNumber: '01' };

  it('is told by the station; none is an empty list', async () => {
    const installed = async () =>
      (
        await server.graphql<{ result: { certificates: object[] } }>(
          `mutation ($id: ID!) { result: readInstalledCertificates(chargerId: $id, use: MANUFACTURER_ROOT) {
             ... on InstalledCertificates { certificates { hashAlgorithm issuerNameHash issuerKeyHash serialNumber } } } }`,
          { id: chargerId(charger) },
        )
      ).data.result.certificates;
    const some = await whileAnswering(station, installed(), [
      'GetInstalledCertificateIds',
      { status: 'Accepted', certificateHashData: [hash] },
    ]);
    expect(some.asked).toEqual([{ certificateType: 'ManufacturerRootCertificate' }]);
    expect(some.result).toEqual([hash]);
    const none = await whileAnswering(station, installed(), [
      'GetInstalledCertificateIds',
      { status: 'NotFound' },
    ]);
    expect(none.result).toEqual([]);
  });

  it('is changed by an operator', async () => {
    const certificate = await foreignChain((await newRequest('CN=A')).keys.publicKey);
    const RESULT = '... on CertificateResult { accepted status }';
    const install = (pem: string) =>
      operate(server, 'mutation installCertificate', RESULT, {
        chargerId: chargerId(charger),
        use: 'CENTRAL_SYSTEM_ROOT',
        certificate: pem,
      });
    const { result, asked } = await whileAnswering(station, install(certificate), [
      'InstallCertificate',
      { status: 'Failed' },
    ]);
    expect(asked).toEqual([{ certificateType: 'CentralSystemRootCertificate', certificate }]);
    expect(result).toMatchObject({ accepted: false, status: 'Failed' });
    expect(await install('no certificate')).toMatchObject({ code: 'validation_error' });
    const deleted = await whileAnswering(
      station,
      operate(server, 'mutation deleteCertificate', RESULT, { chargerId: chargerId(charger), ...hash }),
      ['DeleteCertificate', { status: 'Accepted' }],
    );
    expect(deleted.asked).toEqual([{ certificateHashData: hash }]);
    expect(deleted.result).toMatchObject({ accepted: true });
  });
});
