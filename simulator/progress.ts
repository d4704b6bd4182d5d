import { stripVTControlCharacters, styleText } from 'node:util';
import { type Fleet, fleetTotals } from './fleet.ts';
import type { StationChange } from './state.ts';
import type { StationSnapshot } from './station.ts';

export interface Progress {
  /** One change of one station. */
  change(change: StationChange): void;
  stop(): void;
}

/** A table which is drawn anew in its place twice a second; for more stations than lines, sums by state. */
export function liveProgress(fleet: Fleet, out: NodeJS.WriteStream): Progress {
  let drawn = 0;
  let lastEvent = '';
  const draw = () => {
    const width = out.columns || 80;
    const lines = renderFleet(fleet.snapshots(), (out.rows || 24) - 3);
    if (lastEvent) lines.push('', lastEvent);
    const fitted = lines.map(line =>
      stripVTControlCharacters(line).length > width ? clip(line, width) : line,
    );
    const up = drawn > 0 ? `\x1b[${drawn}A\r` : '';
    out.write(`${up}${fitted.map(line => `${line}\x1b[K`).join('\n')}\n\x1b[J`);
    drawn = fitted.length;
  };
  const timer = setInterval(draw, 500);
  out.write('\x1b[?25l');
  return {
    change(change) {
      if (change.kind !== 'status') lastEvent = describeChange(change);
    },
    stop() {
      clearInterval(timer);
      draw();
      out.write('\x1b[?25h');
    },
  };
}

/** With more stations the changes of each are no longer told, only the sums. */
const mostTold = 50;

/** One line for each change, and the totals every 10 s: for logs, pipes and `--quiet`. */
export function plainProgress(fleet: Fleet, write: (line: string) => void): Progress {
  const timer = setInterval(() => write(describeTotals(fleet.snapshots())), 10_000);
  const tellsChanges = fleet.stations.length <= mostTold;
  return {
    change: change => (tellsChanges ? write(describeChange(change)) : undefined),
    stop: () => clearInterval(timer),
  };
}

/** The table's lines, at most `maxLines`: one for each connector, or sums when they do not fit. */
export function renderFleet(snapshots: readonly StationSnapshot[], maxLines: number): string[] {
  const rows = snapshots.flatMap(station =>
    station.connectors.map(connector => [
      station.connectors.length > 1 ? `${station.uid}/${connector.id}` : station.uid,
      station.connection,
      connector.status,
      connector.transactionId === undefined ? '-' : String(connector.transactionId).slice(0, 8),
      (connector.energyWh / 1000).toFixed(3),
      (connector.powerW / 1000).toFixed(1),
      connector.socPercent === undefined ? '-' : `${Math.floor(connector.socPercent)} %`,
      station.totals.errors > 0 ? `${station.totals.errors} err` : '',
    ]),
  );
  const totals = ['', describeTotals(snapshots)];
  if (rows.length + 1 + totals.length > maxLines) return [...renderSums(snapshots), ...totals];
  const heading = ['STATION', 'LINE', 'STATUS', 'TRANSACTION', 'kWh', 'kW', 'SoC', ''];
  const [first = '', ...others] = alignColumns([heading, ...rows]);
  return [styleText('bold', first), ...others.map(colourStatus), ...totals];
}

function renderSums(snapshots: readonly StationSnapshot[]): string[] {
  const byConnection = countBy(snapshots.map(each => each.connection));
  const byStatus = countBy(snapshots.flatMap(each => each.connectors.map(({ status }) => status)));
  return [
    ...alignColumns([...byConnection].map(([name, n]) => [name, String(n)])),
    '',
    ...alignColumns([...byStatus].map(([name, n]) => [name, String(n)])),
  ];
}

export function describeTotals(snapshots: readonly StationSnapshot[]): string {
  const totals = fleetTotals(snapshots);
  return [
    `${totals.online}/${totals.stations} online`,
    `${totals.charging} charging at ${(totals.powerW / 1000).toFixed(1)} kW`,
    `transactions ${totals.transactionsStarted} started, ${totals.transactionsEnded} ended`,
    `${(totals.energyWh / 1000).toFixed(3)} kWh`,
    `${totals.queued} queued`,
    `${totals.errors} errors`,
    ...(totals.putOff > 0 ? [`put off ${totals.putOff} times`] : []),
  ].join(', ');
}

const mostListed = 20;

/** The last words: a line for each station (of many, for those with errors) and the sums. */
export function describeSummary(
  snapshots: readonly StationSnapshot[],
  struck: ReadonlyMap<string, number> = new Map(),
): string[] {
  const isMany = snapshots.length > mostTold;
  const listed = isMany ? snapshots.filter(each => each.totals.errors > 0) : snapshots;
  const rows = listed
    .slice(0, isMany ? mostListed : mostTold)
    .map(({ uid, totals, lastError }) => [
      uid,
      `${totals.transactionsStarted} started`,
      `${totals.transactionsEnded} ended`,
      `${Math.floor(totals.energyWh)} Wh`,
      `${totals.errors} errors`,
      lastError ? `last: ${lastError}` : '',
    ]);
  const rest = listed.length - rows.length;
  const totals = fleetTotals(snapshots);
  return [
    ...alignColumns(rows),
    ...(rest > 0 ? [`and ${rest} more stations${isMany ? ' with errors' : ''}`] : []),
    `Stations ${totals.stations}: ${totals.transactionsStarted} transactions started, ${totals.transactionsEnded} ended, ${Math.floor(totals.energyWh)} Wh, ${totals.queued} messages not acknowledged, ${totals.errors} errors`,
    ...(struck.size > 0
      ? [`What went wrong: ${[...struck].map(([fault, times]) => `${times} ${fault}`).join(', ')}.`]
      : []),
  ];
}

const mostErrors = 5;

/** What went wrong for the stations, the most frequent first. */
export function describeErrors(errors: ReadonlyMap<string, number>): string[] {
  const sorted = [...errors].sort(([, a], [, b]) => b - a);
  const rest = sorted.length - mostErrors;
  return [
    ...sorted.slice(0, mostErrors).map(([message, times]) => `${times} × ${message}`),
    ...(rest > 0 ? [`and ${rest} other errors`] : []),
  ];
}

export function describeChange(change: StationChange): string {
  const { uid } = change;
  switch (change.kind) {
    case 'connection':
      return `${uid} ${change.connection}${change.detail ? ` (${change.detail})` : ''}`;
    case 'boot':
      return `${uid} boot ${change.status}, interval ${change.intervalSeconds} s`;
    case 'status':
      return `${uid} connector ${change.connectorId} ${change.status}`;
    case 'started':
      return `${uid} connector ${change.connectorId} transaction ${change.transactionId} started for ${change.idTag}`;
    case 'ended':
      return `${uid} connector ${change.connectorId} transaction ${change.transactionId ?? '?'} ended (${change.reason}), ${change.energyWh} Wh`;
    case 'command':
      return `${uid} ${change.action}: ${change.outcome}`;
    case 'error':
      return `${uid} error: ${change.message}`;
  }
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const colours = [
  [/ Charging /, 'green'],
  [/ Suspended/, 'yellow'],
  [/ (offline|connecting) /, 'red'],
] as const;

function colourStatus(line: string): string {
  const colour = colours.find(([pattern]) => pattern.test(line))?.[1];
  return colour ? styleText(colour, line) : line;
}

function clip(line: string, width: number): string {
  return `${stripVTControlCharacters(line).slice(0, width - 1)}…`;
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
