import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createRPCError } from 'ocpp-rpc';
import type { ChargerCommandMap, ChargerCommandName } from '../src/kernel/charger-commands.ts';
import type { CommandRoutes, StationLine } from './command-routes.ts';
import { VERSIONS } from './versions.ts';

/** The actions that stations call, by the standards; all others are ours to call. DataTransfer goes both ways. */
const FROM_STATIONS: Readonly<Record<string, string>> = {
  'ocpp1.6': `Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
    LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
    StartTransaction StatusNotification StopTransaction`,
  'ocpp2.0.1': `Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification
    Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit
    NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
    NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles
    ReservationStatusUpdate SecurityEventNotification SignCertificate StatusNotification TransactionEvent`,
};

const SCHEMAS: Readonly<Record<string, string>> = { 'ocpp1.6': 'ocpp1_6', 'ocpp2.0.1': 'ocpp2_0_1' };

const now = '2026-06-18T10:00:00Z';
const variable = {
  component: 'A',
  componentInstance: null,
  evseNumber: null,
  variable: 'A',
  variableInstance: null,
};
const retrying = { retries: null, retryIntervalSeconds: null };
const firmware = {
  requestNumber: 1,
  location: 'https://example.com/image',
  retrieveAt: now,
  installAt: null,
  ...retrying,
};
const profile = {
  number: 1,
  purpose: 'TxDefault',
  stackLevel: 0,
  kind: 'Relative',
  recurrency: null,
  validFrom: null,
  validTo: null,
  transactionId: null,
  unit: 'A',
  startsAt: null,
  durationSeconds: null,
  minChargingRate: null,
  periods: [],
} as const;
/** Arguments with which each command can be tried, to see what it calls: as many as there are ways. */
const SAMPLES: { readonly [Name in ChargerCommandName]: readonly ChargerCommandMap[Name]['args'][] } = {
  remoteStart: [
    {
      connectorNumber: 1,
      idTag: 'A',
      tokenType: 'RFID',
      remoteStartNumber: 1,
      sessionId: 'A',
      profile: null,
    },
  ],
  remoteStop: [{ transactionId: '1' }],
  reset: [{ type: 'Soft' }],
  unlock: [{ connectorNumber: 1 }],
  trigger: [
    { message: 'Heartbeat', connectorNumber: null },
    { message: 'SignCertificate', connectorNumber: null },
  ],
  reserve: [{ reservationNumber: 1, connectorNumber: 1, idTag: 'A', tokenType: 'RFID', expiresAt: now }],
  cancelReservation: [{ reservationNumber: 1 }],
  setProfile: [{ connectorNumber: 1, profile }],
  clearProfile: [{ profileNumber: 1 }],
  reportProfiles: [{ requestNumber: 1 }],
  transactionStatus: [{ transactionId: '1' }],
  compositeSchedule: [{ connectorNumber: 1, unit: 'A', durationSeconds: 60 }],
  getConfiguration: [{ variables: null }, { variables: [variable] }],
  setConfiguration: [
    { variable, attributeType: 'Actual', value: '1' },
    { variable: { ...variable, component: null }, attributeType: 'Actual', value: '1' },
  ],
  updateFirmware: [
    { ...firmware, signing: null },
    { ...firmware, signing: { certificate: '', signature: '' } },
  ],
  uploadLog: [
    {
      requestNumber: 1,
      log: 'Diagnostics',
      location: 'https://example.com/logs',
      oldestAt: null,
      latestAt: null,
      ...retrying,
    },
  ],
  localListVersion: [{}],
  sendLocalList: [{ version: 1, updateType: 'Full', entries: [] }],
  clearCache: [{}],
  changeAvailability: [{ connectorNumber: 0, isOperative: true }],
  dataTransfer: [{ vendorId: 'A', messageId: null, data: null }],
  installCertificate: [{ use: 'CentralSystemRoot', certificate: '' }],
  deleteCertificate: [
    {
      certificate: { hashAlgorithm: 'SHA256', issuerNameHash: '', issuerKeyHash: '', serialNumber: '' },
    },
  ],
  certificateIds: [{ use: 'CentralSystemRoot' }],
  sendCertificate: [{ chain: '' }],
};

/** What the version's commands call, at stations that know every action and at those that know none. */
async function calledBy(commands: CommandRoutes): Promise<Set<string>> {
  const actions = new Set<string>();
  const line = (isKnown: boolean): StationLine => ({
    call: async action => {
      actions.add(action);
      if (!isKnown) throw createRPCError('NotSupported');
      return { status: 'Accepted', getVariableResult: [], setVariableResult: [{}] };
    },
    evseOf: async () => ({ evseId: 1, connectorId: 1 }),
  });
  for (const [name, samples] of Object.entries(SAMPLES)) {
    const ask = commands[name as ChargerCommandName] as (line: StationLine, args: object) => Promise<unknown>;
    for (const args of samples) {
      await ask(line(true), args);
      await ask(line(false), args).catch(() => {});
    }
  }
  return actions;
}

/** Every action of the version's schemas, of the security whitepaper too where it belongs to OCPP 1.6. */
function actionsOf(protocol: string): string[] {
  const file = import.meta.resolve(`ocpp-rpc/lib/schemas/${SCHEMAS[protocol]}.json`);
  const schemas = JSON.parse(readFileSync(new URL(file), 'utf8')) as { readonly $id: string }[];
  return schemas.flatMap(({ $id }) => /^urn:(\w+)\.req$/.exec($id)?.[1] ?? []).sort();
}

const table = (actions: readonly string[], supported: ReadonlySet<string>, otherwise: string): string =>
  [
    '| action | state |',
    '| --- | --- |',
    ...actions.map(action => `| ${action} | ${supported.has(action) ? 'supported' : otherwise} |`),
  ].join('\n');

/** The page on the state of every message, from the routing tables. */
export async function printMessages(): Promise<string> {
  const sections = await Promise.all(
    Object.entries(VERSIONS).map(async ([protocol, { routes, commands }]) => {
      const actions = actionsOf(protocol);
      const theirs = new Set(FROM_STATIONS[protocol]!.split(/\s+/));
      const received = new Set(Object.keys(routes));
      const strangers = [...theirs, ...received].filter(action => !actions.includes(action));
      if (strangers.length > 0) throw new Error(`${protocol} has no ${strangers.join(', ')}`);
      const fromStation = actions.filter(action => theirs.has(action));
      const toStation = actions.filter(action => !theirs.has(action) || action === 'DataTransfer');
      return [
        `## OCPP ${protocol.replace('ocpp', '')}`,
        '### From the station',
        table(fromStation, received, 'answered `NotImplemented`'),
        '### To the station',
        table(toStation, await calledBy(commands), 'never sent'),
      ].join('\n\n');
    }),
  );
  return `${['# OCPP: the state of every message', 'Printed from the routing tables by `npm run ocpp:messages`.', ...sections].join('\n\n')}\n`;
}

const PAGE = new URL('../docs/ocpp-messages.md', import.meta.url);

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const page = await printMessages();
  if (!values.check) {
    writeFileSync(PAGE, page);
  } else if (readFileSync(PAGE, 'utf8') !== page) {
    process.stderr.write('docs/ocpp-messages.md is out of date: npm run ocpp:messages\n');
    process.exitCode = 1;
  }
}
