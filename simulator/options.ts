import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { FleetCharger } from './fleet.ts';

export const usage = `npm run simulate -- [options]     virtual OCPP 1.6J charging stations

  --stations N         the first N simulated chargers of the demo (default: all of them)
  --uid ID --password SECRET
                       a station given by hand instead; repeat in pairs for several
  --url URL            base address of the server (default ws://127.0.0.1:4000, or PORT)
  --demo PATH          what the server wrote at its start (default $DATA_DIR/demo.json)
  --speed X            energy flows X times faster; the clock stays real (default 1)
  --meter-interval S   seconds between meter values (default 2)
  --duration S         stop after S seconds (default 0: until Ctrl-C)
  --autostart          drivers come and go by themselves, with the demo's idTag
  --id-tag TAG         another tag for --autostart; repeat for several
  --quiet              a line for each change instead of the live table
  --help               this text`;

export interface SimulatorOptions {
  readonly url: string;
  readonly chargers: readonly FleetCharger[];
  readonly speed: number;
  readonly meterIntervalMs: number;
  readonly durationMs: number;
  readonly autostartTags: readonly string[];
  readonly quiet: boolean;
}

/** What the user has to change; the message names the option. */
export class OptionError extends Error {}

const demoFile = z.object({
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
  const needsDemo = byHand === undefined || (values.autostart && !values['id-tag']);
  const demo = needsDemo ? readDemo(values.demo ?? join(env.DATA_DIR || '.data', 'demo.json')) : undefined;
  return {
    url: serverUrl(values.url ?? `ws://127.0.0.1:${env.PORT || 4000}`),
    chargers: byHand ?? demoChargers(demo, values.stations),
    speed: positive('--speed', values.speed ?? '1'),
    meterIntervalMs: positive('--meter-interval', values['meter-interval'] ?? '2') * 1000,
    durationMs: atLeast('--duration', values.duration ?? '0', 0) * 1000,
    autostartTags: values.autostart ? (values['id-tag'] ?? (demo ? [demo.idTag] : [])) : [],
    quiet: values.quiet ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        stations: { type: 'string' },
        uid: { type: 'string', multiple: true },
        password: { type: 'string', multiple: true },
        url: { type: 'string' },
        demo: { type: 'string' },
        speed: { type: 'string' },
        'meter-interval': { type: 'string' },
        duration: { type: 'string' },
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

function demoChargers(demo: Demo | undefined, stations: string | undefined): FleetCharger[] {
  const simulated = demo?.chargers.filter(each => each.simulated) ?? [];
  const count = stations === undefined ? simulated.length : atLeast('--stations', stations, 1);
  if (!Number.isInteger(count)) throw new OptionError(`--stations must be a whole number, not ${stations}`);
  if (count > simulated.length) {
    throw new OptionError(`--stations ${count}: there are only ${simulated.length} simulated chargers`);
  }
  if (count === 0) throw new OptionError('There is no simulated charger; give one with --uid and --password');
  return simulated.slice(0, count);
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
