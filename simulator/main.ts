import { startFleet } from './fleet.ts';
import { OptionError, readOptions, type SimulatorOptions, usage } from './options.ts';
import { describeSummary, liveProgress, type Progress, plainProgress } from './progress.ts';
import type { StationChange } from './state-v16.ts';

/** Runs until Ctrl-C or the given duration. The exit code: 0, or 1 when no station ever came online. */
async function simulate(options: SimulatorOptions): Promise<number> {
  const write = (line: string) => console.log(line);
  const live = process.stdout.isTTY && !options.quiet;
  let everOnline = false;
  let progress: Progress | undefined;
  const onChange = (change: StationChange) => {
    if (change.kind === 'connection' && change.connection === 'online') everOnline = true;
    if (change.kind !== 'connection' || change.connection !== 'stopped') progress?.change(change);
  };
  write(`Stations: ${options.chargers.length}, server: ${options.url}, Ctrl-C ends`);
  const fleet = startFleet({
    url: options.url,
    chargers: options.chargers,
    autostartTags: options.autostartTags,
    station: { speed: options.speed, meterIntervalMs: options.meterIntervalMs },
    onChange,
  });
  progress = live ? liveProgress(fleet, process.stdout) : plainProgress(fleet, write);
  await endOfRun(options.durationMs);
  progress.stop();
  const snapshots = fleet.snapshots();
  await fleet.stop();
  write('');
  for (const line of describeSummary(snapshots)) write(line);
  return everOnline ? 0 : 1;
}

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
  else console.log(usage);
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
