import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** A random choice that a seed repeats. */
export interface Dice {
  /** At least 0, below 1. */
  roll(): number;
  below(limit: number): number;
  pick<T>(of: readonly T[]): T;
}

/** Mulberry32. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(roll() * limit);
  return { roll, below, pick: of => of[below(of.length)]! };
}

interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly definitions?: Record<string, Schema>;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly maxLength?: number;
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

const ACTIONS: { readonly action: string; readonly schema: Schema }[] = ['ocpp1_6', 'ocpp2_0_1']
  .flatMap(file => require(`ocpp-rpc/lib/schemas/${file}.json`) as Schema[])
  .filter(schema => schema.$id!.endsWith('.req'))
  .map(schema => ({ action: schema.$id!.slice('urn:'.length, -'.req'.length), schema }));

/** What our own routes answer comes oftener than its share. */
const SERVED = new Set([
  'Authorize',
  'BootNotification',
  'DataTransfer',
  'Heartbeat',
  'MeterValues',
  'StartTransaction',
  'StatusNotification',
  'StopTransaction',
  'TransactionEvent',
]);
const OFTEN = ACTIONS.filter(({ action }) => SERVED.has(action));

const WORDS = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\u0000',
  '\ud800',
  '😀'.repeat(9),
  'urn:Heartbeat.req',
  '#/definitions/x',
  'x#/y',
  "'; drop table sessions; --",
  '%s%n%zz',
  '1e400',
  '-1',
  'NaN',
  'null',
  '1970-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-06-18T10:00:00Z',
  '+275760-09-13T00:00:00.001Z',
];
const NUMBERS = [0, -0, -1, 1, 1.5, 2 ** 31, -(2 ** 31), 2 ** 40, 2 ** 53, -(2 ** 63), 1e300, -1e-300, 4711];

/** Any JSON value, small. */
function anyValue(on: Dice, depth = 0): unknown {
  switch (on.below(depth > 3 ? 5 : 8)) {
    case 0:
      return null;
    case 1:
      return on.roll() < 0.5;
    case 2:
      return on.pick(NUMBERS);
    case 3:
      return on.pick(WORDS);
    case 4:
      return on.pick(WORDS).repeat(on.below(300));
    case 5:
      return Array.from({ length: on.below(5) }, () => anyValue(on, depth + 1));
    default: {
      const value: Record<string, unknown> = Object.create(null);
      for (let each = on.below(5); each > 0; each--) value[on.pick(WORDS)] = anyValue(on, depth + 1);
      return value;
    }
  }
}

/** A value that the schema allows. */
function allowed(on: Dice, root: Schema, schema: Schema): unknown {
  if (schema.$ref) return allowed(on, root, root.definitions![schema.$ref.split('/').at(-1)!]!);
  if (schema.enum) return on.pick(schema.enum);
  if (schema.type === 'integer') return on.pick([0, 1, 2, 3, 100, 4711, on.below(1e6)]);
  if (schema.type === 'number') return on.roll() * 1000;
  if (schema.type === 'boolean') return on.roll() < 0.5;
  if (schema.type === 'array') {
    return Array.from({ length: 1 + on.below(3) }, () => allowed(on, root, schema.items ?? {}));
  }
  if (schema.type === 'object') {
    const members = Object.entries(schema.properties ?? {}).filter(
      ([name]) => schema.required?.includes(name) || on.roll() < 0.3,
    );
    return Object.fromEntries(members.map(([name, member]) => [name, allowed(on, root, member)]));
  }
  if (schema.format === 'date-time') return new Date(Date.now() - on.below(1e8)).toISOString();
  return on.pick(['1', '42.5', 'TAG-1', 'text']).slice(0, schema.maxLength);
}

/** The same with one thing in it changed for something else, left out, or added. */
function mutated(on: Dice, whole: unknown): unknown {
  let holder = { whole } as Record<string, unknown>;
  const root = holder;
  let key = 'whole';
  while (typeof holder[key] === 'object' && holder[key] !== null && on.roll() < 0.7) {
    const inner = holder[key] as Record<string, unknown>;
    const keys = Object.keys(inner);
    if (keys.length === 0) break;
    holder = inner;
    key = on.pick(keys);
  }
  const chance = on.roll();
  if (chance < 0.2 && !Array.isArray(holder) && holder !== root) delete holder[key];
  else if (chance < 0.35 && !Array.isArray(holder)) holder[on.pick(WORDS)] = anyValue(on);
  else holder[key] = anyValue(on);
  return root.whole;
}

const call = (on: Dice, isMutated: boolean): unknown[] => {
  const { action, schema } = on.roll() < 0.7 ? on.pick(OFTEN) : on.pick(ACTIONS);
  const payload = allowed(on, schema, schema);
  return [2, `f-${on.below(1000)}`, action, isMutated ? mutated(on, payload) : payload];
};

const nested = (on: Dice): string => {
  const depth = 1 + on.below(60_000);
  const [open, close] = on.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  const body = open.repeat(depth) + (on.roll() < 0.5 ? `1${close.repeat(depth)}` : '');
  return on.roll() < 0.5 ? body : `[2,"deep","${on.pick(OFTEN).action}",${body}]`;
};

const bytes = (on: Dice, length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, () => on.below(256)));

/** What a hostile station does next on its socket. */
export type Deed =
  | { readonly send: string | Buffer; readonly binary?: boolean; readonly pieces?: number }
  | { readonly ping: number }
  | { readonly leave: 'close' | 'cut' | 'unfinished' };

/** How often which deed, out of a thousand. */
export function deed(on: Dice): Deed {
  const at = on.below(1000);
  if (at < 330) return { send: JSON.stringify(call(on, true)) };
  if (at < 480) return { send: JSON.stringify(call(on, false)) };
  if (at < 600) return { send: JSON.stringify(mutated(on, call(on, true))) };
  if (at < 700) return { send: broken(on, JSON.stringify(call(on, false))) };
  if (at < 760) return { send: JSON.stringify([3, `f-${on.below(1000)}`, anyValue(on)]) };
  if (at < 810)
    return { send: JSON.stringify([4, `f-${on.below(1000)}`, anyValue(on), anyValue(on), anyValue(on)]) };
  if (at < 850) return { send: JSON.stringify(anyValue(on)) ?? 'null' };
  if (at < 880) return { send: JSON.stringify([2, 'x', on.pick(WORDS), anyValue(on)]) };
  if (at < 910) return { send: JSON.stringify(call(on, true)), pieces: 2 + on.below(8) };
  if (at < 935) return { send: bytes(on, on.below(200)), binary: true };
  if (at < 955) return { send: JSON.stringify(call(on, true)), binary: true };
  if (at < 965) return { ping: 1 + on.below(50) };
  if (at < 973) return { send: nested(on) };
  if (at < 981)
    return {
      send: JSON.stringify([
        2,
        'big',
        'DataTransfer',
        { vendorId: 'x', data: 'x'.repeat(on.below(300_000)) },
      ]),
    };
  // each of these costs its socket
  if (at < 986) return { send: bytes(on, 1 + on.below(200)) };
  return { leave: on.pick(['close', 'cut', 'unfinished'] as const) };
}

function broken(on: Dice, text: string): string {
  const at = on.below(text.length);
  return on.roll() < 0.5 ? text.slice(0, at) : text.slice(0, at) + on.pick(WORDS) + text.slice(at + 1);
}
