import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { RawStation } from '../../support/station.ts';
import { booted201, status201 } from '../../support/station-201.ts';
import { chargerId, operate, query, whileAnswering } from '../operator.ts';
import { addCharger, addToken, ago, type StagedCharger } from '../stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await booted201({ socketUrl: server.socketUrl, ...charger });
  return () => station.close();
});

const id = () => chargerId(charger);

/** A mutation whose arguments stand by themselves. */
const mutate = async (field: string, more: string, selection: string) =>
  (
    await server.graphql<{ result: object }>(
      `mutation { result: ${field}(chargerId: "${id()}"${more}) { ${selection} } }`,
    )
  ).data.result;

describe('the settings of an OCPP 2.0.1 station', () => {
  const VARIABLES =
    'variables { name { component evseNumber variable } value mutability } unknown { variable }';
  interface Known {
    variables: { name: { component: string; variable: string }; value: string; mutability: string | null }[];
    unknown: { variable: string }[];
  }
  const read = (variables?: object[]) =>
    operate<Known>(
      server,
      'mutation readChargerConfiguration',
      `... on ChargerConfiguration { ${VARIABLES} }`,
      {
        chargerId: id(),
        ...(variables && { variables }),
      },
    );
  const known = async () =>
    (await query<Known>(server, `chargerConfiguration(chargerId: "${id()}") { ${VARIABLES} }`)).variables.map(
      ({ name, value, mutability }) => `${name.component}.${name.variable} ${value} ${mutability}`,
    );
  const set = (name: object) =>
    operate<{ outcome: string }>(
      server,
      'mutation setChargerConfiguration',
      '... on ConfigurationChange { outcome }',
      { chargerId: id(), name, value: '7' },
    );
  const entry = (component: string, variable: string, value: string) => ({
    component: { name: component },
    variable: { name: variable },
    variableAttribute: [{ value, mutability: 'ReadOnly' }],
    variableCharacteristics: { dataType: 'integer', supportsMonitoring: false },
  });

  it('come in reports of its own; the first part of a full one begins anew', async () => {
    const fullReport = async (...parts: object[][]) => {
      const { asked } = await whileAnswering(station, read(), ['GetBaseReport', { status: 'Accepted' }]);
      expect(asked[0]).toMatchObject({ reportBase: 'FullInventory' });
      for (const [seqNo, reportData] of parts.entries()) {
        await station.call('NotifyReport', {
          requestId: asked[0]!.requestId,
          generatedAt: ago(),
          seqNo,
          tbc: seqNo < parts.length - 1,
          reportData,
        });
      }
    };
    await fullReport([entry('A', 'X', '1')], [entry('B', 'Y', '2')]);
    expect(await known()).toEqual(['A.X 1 READ_ONLY', 'B.Y 2 READ_ONLY']);
    await fullReport([entry('B', 'Y', '3')]);
    expect(await known()).toEqual(['B.Y 3 READ_ONLY']);
    // no answer to us: it takes nothing away
    const more = { requestId: 5, generatedAt: ago(), seqNo: 0, reportData: [entry('C', 'Z', '4')] };
    await station.call('NotifyReport', more);
    await station.call('NotifyEvent', {
      generatedAt: ago(),
      seqNo: 0,
      eventData: [
        {
          eventId: 1,
          timestamp: ago(),
          trigger: 'Delta',
          actualValue: '9',
          eventNotificationType: 'HardWiredMonitor',
          component: { name: 'B' },
          variable: { name: 'Y' },
        },
      ],
    });
    expect(await known()).toEqual(['B.Y 9 READ_ONLY', 'C.Z 4 READ_ONLY']);
  });

  it('are asked by name: what it does not know is told, and a name without a component is 1.6’s', async () => {
    const names = [
      { component: 'A', variable: 'X', evseNumber: 2 },
      { component: 'A', variable: 'Y' },
      { variable: 'HeartbeatInterval' },
    ];
    const { result, asked } = await whileAnswering(station, read(names), [
      'GetVariables',
      {
        getVariableResult: [
          {
            attributeStatus: 'Accepted',
            attributeValue: '5',
            component: { name: 'A', evse: { id: 2 } },
            variable: { name: 'X' },
          },
          { attributeStatus: 'UnknownVariable', component: { name: 'A' }, variable: { name: 'Y' } },
        ],
      },
    ]);
    expect(asked).toEqual([
      {
        getVariableData: [
          { component: { name: 'A', evse: { id: 2 } }, variable: { name: 'X' } },
          { component: { name: 'A' }, variable: { name: 'Y' } },
        ],
      },
    ]);
    expect(result.variables).toEqual([
      { name: { component: 'A', evseNumber: 2, variable: 'X' }, value: '5', mutability: null },
    ]);
    expect(result.unknown).toEqual([{ variable: 'HeartbeatInterval' }, { variable: 'Y' }]);
  });

  it('are set by name, and its answers told apart', async () => {
    for (const [attributeStatus, outcome] of [
      ['Accepted', 'ACCEPTED'],
      ['Rejected', 'REJECTED'],
      ['RebootRequired', 'REBOOT_REQUIRED'],
      ['UnknownComponent', 'NOT_SUPPORTED'],
      ['UnknownVariable', 'NOT_SUPPORTED'],
      ['NotSupportedAttributeType', 'NOT_SUPPORTED'],
    ]) {
      const place = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } };
      const { result, asked } = await whileAnswering(
        station,
        set({ component: 'OCPPCommCtrlr', variable: 'HeartbeatInterval' }),
        ['SetVariables', { setVariableResult: [{ attributeStatus, ...place }] }],
      );
      expect(asked[0]).toEqual({
        setVariableData: [{ ...place, attributeType: 'Actual', attributeValue: '7' }],
      });
      expect(result.outcome).toBe(outcome);
    }
    expect((await set({ variable: 'HeartbeatInterval' })).outcome).toBe('NOT_SUPPORTED');
  });
});

describe('what operators ask of an OCPP 2.0.1 station', () => {
  it('availability is a connector’s within its EVSE, or the station’s', async () => {
    await status201(station, 1, 2, 'Available');
    const change = (more: object) =>
      whileAnswering(
        station,
        operate(server, 'mutation changeAvailability', '... on AvailabilityWish { status }', {
          chargerId: id(),
          isOperative: false,
          ...more,
        }),
        ['ChangeAvailability', { status: 'Scheduled' }],
      );
    expect((await change({ connectorNumber: 3 })).asked).toEqual([
      { operationalStatus: 'Inoperative', evse: { id: 1, connectorId: 2 } },
    ]);
    const whole = await change({});
    expect(whole.asked).toEqual([{ operationalStatus: 'Inoperative' }]);
    expect(whole.result).toMatchObject({ status: 'SCHEDULED' });
  });

  it('the local list has tokens with their types; one without a standing is taken out', async () => {
    const [a, b] = [await addToken(server, { groupUid: 'Family' }), await addToken(server)];
    const send = (idTags: string[]) =>
      operate(server, 'mutation sendLocalList', '... on SendLocalListPayload { version }', {
        chargerId: id(),
        idTags,
      });
    const has = (versionNumber: number) => ['GetLocalListVersion', { versionNumber }] as const;
    const took = ['SendLocalList', { status: 'Accepted' }] as const;
    const full = await whileAnswering(station, send([a, b]), has(0), took);
    expect(full.asked[1]).toEqual({
      versionNumber: 1,
      updateType: 'Full',
      localAuthorizationList: [
        {
          idToken: { idToken: a, type: 'ISO14443' },
          idTokenInfo: { status: 'Accepted', groupIdToken: { idToken: 'Family', type: 'Central' } },
        },
        { idToken: { idToken: b, type: 'ISO14443' }, idTokenInfo: { status: 'Accepted' } },
      ],
    });
    const changed = await whileAnswering(station, send([a]), has(1), took);
    expect(changed.asked[1]).toEqual({
      versionNumber: 2,
      updateType: 'Differential',
      localAuthorizationList: [{ idToken: { idToken: b, type: 'ISO14443' } }],
    });
  });

  it('cache, vendor data and triggers', async () => {
    const cleared = await whileAnswering(
      station,
      mutate('clearAuthorizationCache', '', '... on ClearCachePayload { accepted }'),
      ['ClearCache', { status: 'Accepted' }],
    );
    expect(cleared.result).toMatchObject({ accepted: true });
    const sent = await whileAnswering(
      station,
      operate(server, 'mutation transferData', '... on DataTransferPayload { status data }', {
        chargerId: id(),
        vendorId: 'com.example',
        data: 'x',
      }),
      ['DataTransfer', { status: 'Accepted', data: { any: [1] } }],
    );
    expect(sent.result).toMatchObject({ status: 'ACCEPTED', data: '{"any":[1]}' });
    for (const [message, requestedMessage] of [
      ['SIGN_CERTIFICATE', 'SignChargingStationCertificate'],
      ['LOG_STATUS_NOTIFICATION', 'LogStatusNotification'],
    ]) {
      const { asked } = await whileAnswering(
        station,
        operate(server, 'mutation triggerMessage', '... on TriggerMessageResult { accepted }', {
          chargerId: id(),
          message,
        }),
        ['TriggerMessage', { status: 'Accepted' }],
      );
      expect(asked).toEqual([{ requestedMessage }]);
    }
    expect(await station.call('DataTransfer', { vendorId: 'com.example' })).toEqual({
      status: 'UnknownVendorId',
    });
  });

  it('firmware and logs: the station’s steps are those of the job that asked', async () => {
    const firmware = await whileAnswering(
      station,
      operate<{ id: string }>(server, 'mutation updateFirmware', '... on ChargerJob { id status }', {
        chargerId: id(),
        location: 'https://example.com/image',
      }),
      ['UpdateFirmware', { status: 'Accepted' }],
    );
    const { requestId, firmware: image } = firmware.asked[0] as { requestId: number; firmware: object };
    expect(image).toEqual({ location: 'https://example.com/image', retrieveDateTime: expect.any(String) });
    await station.call('FirmwareStatusNotification', { status: 'Downloading', requestId });
    await station.call('FirmwareStatusNotification', { status: 'Installed', requestId });
    const log = await whileAnswering(
      station,
      operate(server, 'mutation uploadLog', '... on ChargerJob { status }', {
        chargerId: id(),
        log: 'DIAGNOSTICS',
        location: 'https://example.com/logs',
      }),
      ['GetLog', { status: 'Accepted', filename: 'a.log' }],
    );
    expect(log.asked[0]).toMatchObject({
      logType: 'DiagnosticsLog',
      log: { remoteLocation: 'https://example.com/logs' },
    });
    // what no request of ours has is about none of them
    for (const requestId of [2 ** 40, -1, 0]) {
      await station.call('FirmwareStatusNotification', { status: 'InstallationFailed', requestId });
      await station.call('LogStatusNotification', { status: 'Uploaded', requestId });
    }
    await station.call('LogStatusNotification', {
      status: 'PermissionDenied',
      requestId: log.asked[0]!.requestId,
    });
    const jobs = await server.sql(
      'select kind, status from charger_jobs where charger_id = $1 order by number',
      [charger.id],
    );
    expect(jobs).toEqual([
      { kind: 'firmware', status: 'succeeded' },
      { kind: 'diagnostics', status: 'failed' },
    ]);
  });

  it('certificates are installed, told and deleted; its own request is taken, one towards vehicles is not', async () => {
    const hash = { hashAlgorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '01' };
    const installed = await whileAnswering(
      station,
      mutate(
        'readInstalledCertificates',
        ', use: V2G_ROOT',
        '... on InstalledCertificates { certificates { serialNumber } }',
      ),
      [
        'GetInstalledCertificateIds',
        {
          status: 'Accepted',
          certificateHashDataChain: [{ certificateType: 'V2GRootCertificate', certificateHashData: hash }],
        },
      ],
    );
    expect(installed.asked).toEqual([{ certificateType: ['V2GRootCertificate'] }]);
    expect(installed.result).toEqual({ certificates: [{ serialNumber: '01' }] });
    const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
    const name = `CN=${charger.uid}`;
    const csr = (
      await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: EC })
    ).toString('pem');
    expect(await station.call('SignCertificate', { csr })).toEqual({ status: 'Accepted' });
    expect(await station.call('SignCertificate', { csr, certificateType: 'V2GCertificate' })).toEqual({
      status: 'Rejected',
    });
  });

  it('security events are kept', async () => {
    await station.call('SecurityEventNotification', { type: 'TamperDetectionActivated', timestamp: ago() });
    expect(await server.sql('select type from security_events where charger_id = $1', [charger.id])).toEqual([
      { type: 'TamperDetectionActivated' },
    ]);
  });
});
