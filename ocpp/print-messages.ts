import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ChargerCommandMap, ChargerCommandName } from '../src/kernel/charger-commands.ts';
import type { CommandRoutes } from './commands.ts';
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
/** Arguments with which each command can be tried, to see what it calls. */
const SAMPLES: { readonly [Name in ChargerCommandName]?: ChargerCommandMap[Name]['args'] } = {
  remoteStart: { connectorNumber: 1, idTag: 'A', tokenType: 'RFID', remoteStartNumber: 1, sessionId: 'A' },
  remoteStop: { transactionId: '1' },
  reset: { type: 'Soft' },
  unlock: { connectorNumber: 1 },
  trigger: { message: 'Heartbeat', connectorNumber: null },
  reserve: { reservationNumber: 1, connectorNumber: 1, idTag: 'A', tokenType: 'RFID', expiresAt: now },
  cancelReservation: { reservationNumber: 1 },
  setLimit: { connectorNumber: 1, profileId: 1, unit: 'A', limit: 16 },
  clearLimit: { profileId: 1 },
  transactionStatus: { transactionId: '1' },
  compositeSchedule: { connectorNumber: 1, unit: 'A', durationSeconds: 60 },
};

/** What the version's commands call. */
async function calledBy(commands: CommandRoutes): Promise<Set<string>> {
  const actions = new Set<string>();
  const line = {
    call: async (action: string) => {
      actions.add(action);
      return { status: 'Accepted' };
    },
    evseOf: async () => ({ evseId: 1, connectorId: 1 }),
  };
  for (const [name, args] of Object.entries(SAMPLES)) {
    await commands[name as ChargerCommandName](line, args as never);
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
