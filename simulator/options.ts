import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { FleetCharger } from './fleet.ts';
import { listScenarios, readScenario, type Scenario } from './scenario.ts';
import type { OcppVersion } from './state.ts';

export const usage = () => `npm run simulate -- [options]     virtual OCPP 1.6J and 2.0.1 charging stations

  --stations N         so many stations: first the simulated chargers of the demo (default: all of them), then
                       SIM-0001, SIM-0002, …, which are made over the API where they are not there yet
  --scenario NAME|PATH who comes and what goes wrong; at the end, the stations' count is held against the server's
  --ocpp VERSION       1.6, 2.0.1 or mixed: every other station (default: the scenario's, else 1.6)
  --duration S         stop after S seconds (default 0: until Ctrl-C)
  --drain S            at the end of a scenario: how long the stations may take to tell what they have queued, as
                       long as they get on with it (default 900)
  --speed X            energy flows X times faster; the clock stays real (default: the scenario's, else 1)
  --meter-interval S   seconds between meter values (default: the scenario's, else 2)
  --connects S         stations that connect in a second (default 50)
  --autostart          drivers come and go by themselves, with the demo's idTag
  --id-tag TAG         another tag for --autostart or --scenario; repeat for several
  --uid ID --password SECRET
                       a station given by hand instead; repeat in pairs for several
  --url URL            base address of the server (default ws://127.0.0.1:4000, or PORT)
  --demo PATH          what the server wrote at its start (default $DATA_DIR/demo.json)
  --quiet              lines instead of the live table
  --help               this text

Scenarios (docs/simulator.md):
${listScenarios()
  .map(({ name, description }) => `  ${name.padEnd(20)} ${description}`)
  .join('\n')}`;

export interface SimulatorOptions {
  readonly url: string;
  readonly chargers: readonly FleetCharger[];
  /** More stations, to be made over the API where they are not there yet. */
  readonly moreChargers: number;
  readonly ocpp: OcppVersion | 'mixed';
  readonly scenario: Scenario | undefined;
  /** Whether the end of the run is held against the server's books. */
  readonly reconciles: boolean;
  /** How the server's API is reached; undefined for stations given by hand. */
  readonly operator: Operator | undefined;
  readonly speed: number;
  readonly meterIntervalMs: number;
  readonly durationMs: number;
  readonly drainMs: number;
  readonly connectsPerSecond: number;
  /** Empty: one is made for each connector. */
  readonly tags: readonly string[];
  readonly quiet: boolean;
}

export interface Operator {
  readonly apiKey: string;
  readonly networkId: string;
  /** Where the simulator keeps its own. */
  readonly file: string;
}

/** What the user has to change; the message names the option. */
export class OptionError extends Error {}

const demoFile = z.object({
  apiKey: z.string().optional(),
  networkId: z.string().optional(),
  idTag: z.string(),
  chargers: z.array(
    z.object({
      uid: z.string(),
      password: z.string(),
      simulated: z.boolean().optional(),
      connectors: z.number().int().min(1).optional(),
    }),
  ),
});
type Demo = z.infer<typeof demoFile>;

/** Undefined when help is asked for. Throws an OptionError for anything wrong. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): SimulatorOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const byHand = handChargers(values.uid ?? [], values.password ?? [], values.stations);
  const reconciles = values.scenario !== undefined && byHand === undefined;
  const scenario = chosenScenario(values.scenario ?? (values.autostart ? 'calm' : undefined));
  const needsDemo = byHand === undefined || (scenario !== undefined && !values['id-tag']);
  const demoPath = values.demo ?? join(env.DATA_DIR || '.data', 'demo.json');
  const demo = needsDemo ? readDemo(demoPath) : undefined;
  const wanted = demo && !byHand ? demoChargers(demo, values.stations) : undefined;
  const operator = byHand ? undefined : operatorOf(demo, demoPath);
  if (!operator && (reconciles || wanted?.moreChargers)) {
    throw new OptionError(`--demo: ${demoPath} has no apiKey, which this needs`);
  }
  return {
    url: serverUrl(values.url ?? `ws://127.0.0.1:${env.PORT || 4000}`),
    chargers: byHand ?? wanted?.chargers ?? [],
    moreChargers: wanted?.moreChargers ?? 0,
    ocpp: versionOf(values.ocpp) ?? (values.scenario === undefined ? '1.6' : scenario?.ocpp) ?? '1.6',
    scenario,
    reconciles,
    operator,
    speed: positive('--speed', values.speed ?? String(scenario?.speed ?? 1)),
    meterIntervalMs:
      positive('--meter-interval', values['meter-interval'] ?? String(scenario?.meterIntervalSeconds ?? 2)) *
      1000,
    durationMs: atLeast('--duration', values.duration ?? '0', 0) * 1000,
    drainMs: atLeast('--drain', values.drain ?? '900', 0) * 1000,
    connectsPerSecond: positive('--connects', values.connects ?? '50'),
    tags: values['id-tag'] ?? (scenario && demo && !reconciles ? [demo.idTag] : []),
    quiet: values.quiet ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        stations: { type: 'string' },
        scenario: { type: 'string' },
        ocpp: { type: 'string' },
        uid: { type: 'string', multiple: true },
        password: { type: 'string', multiple: true },
        url: { type: 'string' },
        demo: { type: 'string' },
        speed: { type: 'string' },
        'meter-interval': { type: 'string' },
        duration: { type: 'string' },
        drain: { type: 'string' },
        connects: { type: 'string' },
        autostart: { type: 'boolean' },
        'id-tag': { type: 'string', multiple: true },
        quiet: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function handChargers(uids: readonly string[], passwords: readonly string[], stations: string | undefined) {
  if (uids.length === 0 && passwords.length === 0) return undefined;
  if (uids.length !== passwords.length) {
    throw new OptionError(
      `--uid and --password go in pairs: there are ${uids.length} of the one and ${passwords.length} of the other`,
    );
  }
  if (stations !== undefined)
    throw new OptionError('--stations counts the demo chargers; it does not go with --uid');
  return uids.map((uid, i) => ({ uid, password: passwords[i] ?? '' }));
}

function chosenScenario(nameOrPath: string | undefined): Scenario | undefined {
  if (nameOrPath === undefined) return undefined;
  try {
    return readScenario(nameOrPath);
  } catch (error) {
    throw new OptionError(`--scenario: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function versionOf(text: string | undefined): OcppVersion | 'mixed' | undefined {
  if (text === undefined || text === '1.6' || text === '2.0.1' || text === 'mixed') return text;
  throw new OptionError(`--ocpp must be 1.6, 2.0.1 or mixed, not ${text}`);
}

function readDemo(path: string): Demo {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new OptionError(
      `${path} is not there. The server writes it: start it first (npm start), or name another with --demo`,
    );
  }
  try {
    return demoFile.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new OptionError(`--demo: ${path} is not a demo file: ${why}`);
  }
}

function demoChargers(demo: Demo, stations: string | undefined) {
  const simulated = demo.chargers.filter(each => each.simulated);
  const count = stations === undefined ? simulated.length : atLeast('--stations', stations, 1);
  if (!Number.isInteger(count)) throw new OptionError(`--stations must be a whole number, not ${stations}`);
  if (count === 0) throw new OptionError('There is no simulated charger; give one with --uid and --password');
  return { chargers: simulated.slice(0, count), moreChargers: Math.max(0, count - simulated.length) };
}

function operatorOf(demo: Demo | undefined, demoPath: string): Operator | undefined {
  const { apiKey, networkId } = demo ?? {};
  return apiKey !== undefined && networkId !== undefined
    ? { apiKey, networkId, file: join(dirname(demoPath), 'simulator.json') }
    : undefined;
}

function serverUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:') {
    throw new OptionError(`--url must be a ws:// or wss:// address, not ${text}`);
  }
  return text.replace(/\/+$/, '');
}

function positive(option: string, text: string): number {
  const value = atLeast(option, text, 0);
  if (value === 0) throw new OptionError(`${option} must be above 0`);
  return value;
}

function atLeast(option: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < least) {
    throw new OptionError(`${option} must be a number from ${least} up, not ${JSON.stringify(text)}`);
  }
  return value;
}
