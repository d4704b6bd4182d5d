import { ApiError, openApi } from './api.ts';
import { type FleetCharger, startFleet } from './fleet.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { OptionError, readOptions, type SimulatorOptions, usage } from './options.ts';
import { phones } from './phones.ts';
import { describeErrors, describeSummary, liveProgress, type Progress, plainProgress } from './progress.ts';
import { describeReconciliation } from './reconcile.ts';
import { settleRun } from './run.ts';
import type { StationChange } from './state.ts';
import { readChargerIds, supplyChargers, supplyTags } from './supply.ts';

const write = (line: string) => console.log(line);

/** What has to be there before the first station connects. */
async function prepare(options: SimulatorOptions) {
  const { operator, url, ocpp } = options;
  const api = operator && openApi(url, operator.apiKey);
  const supply = operator && api && { api, networkId: operator.networkId, file: operator.file, tell: write };
  const more = supply && options.moreChargers > 0 ? await supplyChargers(supply, options.moreChargers) : [];
  const chargers = [...options.chargers, ...more].map((charger, i): FleetCharger => {
    const version = ocpp === 'mixed' ? (i % 2 === 0 ? '1.6' : '2.0.1') : ocpp;
    return { ...charger, version };
  });
  if (!supply || !options.reconciles) return { chargers, tags: options.tags };

  const connectors = chargers.reduce((sum, each) => sum + (each.connectors ?? 1), 0);
  const tags = options.tags.length > 0 ? options.tags : await supplyTags(supply, connectors);
  const app = phones(supply.api, await readChargerIds(supply.api));
  const uids = new Set(chargers.map(({ uid }) => uid));
  return { chargers, tags, app, ledger: await openLedger(supply.api, uids, app.stop) };
}

/** Runs until Ctrl-C or the given duration. The exit code: 0, or 1 when something differs, or none came online. */
async function simulate(options: SimulatorOptions): Promise<number> {
  const { chargers, tags, app, ledger } = await prepare(options);
  const live = process.stdout.isTTY && !options.quiet;
  let everOnline = false;
  let progress: Progress | undefined;
  const errors = new Map<string, number>();
  const onChange = (change: StationChange) => {
    if (change.kind === 'connection' && change.connection === 'online') everOnline = true;
    if (change.kind === 'error') errors.set(change.message, (errors.get(change.message) ?? 0) + 1);
    if (change.kind !== 'connection' || change.connection !== 'stopped') progress?.change(change);
  };
  write(`Stations: ${chargers.length}, server: ${options.url}, Ctrl-C ends`);
  const fleet = startFleet({
    url: options.url,
    chargers,
    scenario: options.scenario,
    tags,
    app,
    connectsPerSecond: options.connectsPerSecond,
    station: {
      speed: options.speed,
      meterIntervalMs: options.meterIntervalMs,
      // a driver whom nobody can ask about is let in, as at most stations on sale
      ...(options.scenario && { configuration: { AllowOfflineTxForUnknownId: 'true' } }),
    },
    onChange,
  });
  progress = live ? liveProgress(fleet, process.stdout) : plainProgress(fleet, write);
  await endOfRun(options.durationMs);
  progress.stop();
  const found = ledger && (await settle(fleet, ledger, options));
  const snapshots = fleet.snapshots();
  await fleet.stop();
  write('');
  for (const line of describeSummary(snapshots, fleet.struck())) write(line);
  for (const line of describeErrors(errors)) write(line);
  for (const line of found ? describeReconciliation(found) : []) write(line);
  return everOnline && !found?.differences.length ? 0 : 1;
}

const settle = (fleet: ReturnType<typeof startFleet>, ledger: Ledger, { drainMs }: SimulatorOptions) =>
  settleRun(fleet, ledger, drainMs, write);

/** The duration (0: none), Ctrl-C or SIGTERM, whichever comes first. A second signal ends the process at once. */
function endOfRun(durationMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = durationMs > 0 ? setTimeout(end, durationMs) : undefined;
    function end() {
      clearTimeout(timer);
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve();
    }
    process.once('SIGINT', end).once('SIGTERM', end);
  });
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options) process.exitCode = await simulate(options);
  else console.log(usage());
} catch (error) {
  if (!(error instanceof OptionError || error instanceof ApiError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
