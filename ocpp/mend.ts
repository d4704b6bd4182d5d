import { createRequire } from 'node:module';
import { createValidator } from 'ocpp-rpc';
import { stationTime } from './time.ts';

/** Faults of real stations that harm nobody once they are mended (OCPP line 8). */
export const FAULTS = [
  'no_payload',
  'unknown_member',
  'null_member',
  'empty_text',
  'number_for_text',
  'text_for_number',
  'fraction_for_integer',
  'text_for_boolean',
  'spelling',
  'unknown_word',
  'unknown_unit',
  'time_format',
  'text_too_long',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Where in a message of an action what was mended. The schema's places only, so that there are so many and no more. */
export interface MendedFault {
  readonly fault: Fault;
  /** The member with its parents, without positions in lists: `meterValue.sampledValue.value`. */
  readonly member: string;
}

export interface Mended {
  readonly payload: unknown;
  readonly faults: readonly MendedFault[];
}

interface SchemaError {
  readonly keyword: string;
  /** JSON pointer. */
  readonly instancePath: string;
  readonly params: {
    readonly type?: string;
    readonly additionalProperty?: string;
    readonly allowedValues?: readonly string[];
    readonly format?: string;
    readonly limit?: number;
  };
}

interface Validate {
  (payload: unknown): boolean;
  readonly errors: readonly SchemaError[] | null;
}

/** The library's own schemas and formats, told to name every fault instead of the first. */
interface ValidatorInternals {
  readonly _ajv: { opts: { allErrors: boolean }; getSchema(id: string): Validate | undefined };
}

const SCHEMAS: Record<string, string> = {
  'ocpp1.6': 'ocpp-rpc/lib/schemas/ocpp1_6.json',
  'ocpp2.0.1': 'ocpp-rpc/lib/schemas/ocpp2_0_1.json',
};
const require = createRequire(import.meta.url);
const validators = new Map<string, ValidatorInternals['_ajv']>();

const SCHEMA_ID = /^urn:[A-Za-z0-9]+\.(?:req|conf)$/;
/** A message with more faults than this is not one that went a little wrong. */
const MOST_ERRORS = 2_000;
/** One mend may uncover another: a number that becomes a text may be a word that is spelt wrongly. */
const ROUNDS = 4;

/**
 * The payload with its harmless faults mended, and what they were; the payload as it came where it is valid, or where
 * a fault remains. `schemaId` as the library names it: `urn:Heartbeat.req`.
 */
export function mend(protocol: string, schemaId: string, payload: unknown): Mended {
  const validate = SCHEMA_ID.test(schemaId) ? validatorFor(protocol)?.getSchema(schemaId) : undefined;
  if (!validate || validate(payload)) return { payload, faults: [] };
  const whole = copyOf(payload);
  if (!whole) return { payload, faults: [] };
  const faults: MendedFault[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const errors = validate.errors ?? [];
    if (errors.length > MOST_ERRORS) break;
    const mended = errors.flatMap(error => mendOne(whole, error) ?? []);
    faults.push(...mended);
    if (validate(whole.payload)) return { payload: whole.payload, faults };
    if (mended.length === 0) break;
  }
  return { payload, faults: [] };
}

/** Undefined where the payload is nested too deeply to be anything that a station says. */
function copyOf(payload: unknown): { payload: unknown } | undefined {
  try {
    return { payload: structuredClone(payload) };
  } catch {
    return undefined;
  }
}

function validatorFor(protocol: string): ValidatorInternals['_ajv'] | undefined {
  const file = SCHEMAS[protocol];
  if (!file) return undefined;
  const known = validators.get(protocol);
  if (known) return known;
  const { _ajv } = createValidator(protocol, require(file)) as unknown as ValidatorInternals;
  _ajv.opts.allErrors = true;
  validators.set(protocol, _ajv);
  return _ajv;
}

/** A member in the object or list that holds it. */
interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function mendOne(whole: { payload: unknown }, error: SchemaError): MendedFault | null {
  const keys = ['payload', ...error.instancePath.split('/').slice(1)];
  let holder: unknown = whole;
  for (const key of keys.slice(0, -1)) holder = (holder as Record<string, unknown> | undefined)?.[key];
  if (typeof holder !== 'object' || holder === null) return null;
  const place = { holder: holder as Record<string, unknown>, key: keys.at(-1)! };
  const fault = REMEDIES[error.keyword]?.(place, error.params) ?? null;
  const member = keys.slice(1).filter(key => !/^\d+$/.test(key));
  return fault && { fault, member: member.join('.') };
}

type Remedy = (place: Place, params: SchemaError['params']) => Fault | null;

const REMEDIES: Record<string, Remedy> = {
  additionalProperties({ holder, key }, { additionalProperty }) {
    delete (holder[key] as Record<string, unknown>)[additionalProperty!];
    return 'unknown_member';
  },
  type: (place, { type }) => ofType(place, type!),
  enum(place, { allowedValues }) {
    const value = place.holder[place.key];
    if (typeof value !== 'string') return null;
    if (value.trim() === '') return remove(place, 'empty_text');
    const word = value.trim().toLowerCase();
    const spelt = allowedValues!.find(allowed => allowed.toLowerCase() === word);
    if (spelt !== undefined) return replace(place, spelt, 'spelling');
    if (place.key === 'unit' && isUnpriced(place.holder.measurand)) return remove(place, 'unknown_unit');
    const other = allowedValues!.find(allowed => allowed === 'Other' || allowed === 'OtherError');
    return other === undefined ? null : replace(place, other, 'unknown_word');
  },
  format(place, { format }) {
    const value = place.holder[place.key];
    if (format !== 'date-time' || typeof value !== 'string') return null;
    if (value.trim() === '') return remove(place, 'empty_text');
    const time = stationTime(value);
    return time === null ? null : replace(place, time, 'time_format');
  },
  maxLength(place, { limit }) {
    const value = place.holder[place.key];
    if (!DESCRIPTIONS.has(place.key) || typeof value !== 'string') return null;
    return replace(place, value.slice(0, limit), 'text_too_long');
  },
};

/** Texts for people; the end of any other text may be what tells two apart. */
const DESCRIPTIONS = new Set([
  'chargePointModel',
  'chargePointVendor',
  'firmwareVersion',
  'info',
  'meterType',
  'model',
  'techInfo',
  'vendorErrorCode',
  'vendorName',
]);

/** No bill rests on what it measures; without a measurand a sample is of energy. */
const isUnpriced = (measurand: unknown): boolean =>
  typeof measurand === 'string' && !measurand.startsWith('Energy.') && !measurand.startsWith('Power.');

const NUMBER = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/;

function ofType(place: Place, type: string): Fault | null {
  const value = place.holder[place.key];
  if (type === 'object' && isNothing(value)) return replace(place, {}, 'no_payload');
  if (value === null && place.key !== 'payload') return remove(place, 'null_member');
  // beyond what JavaScript counts exactly it would become another text
  if (type === 'string' && typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
    return replace(place, String(value), 'number_for_text');
  }
  if (type === 'boolean' && typeof value === 'string' && /^(true|false)$/i.test(value)) {
    return replace(place, value.toLowerCase() === 'true', 'text_for_boolean');
  }
  if (type !== 'integer' && type !== 'number') return null;
  if (typeof value === 'number') return replace(place, Math.round(value), 'fraction_for_integer');
  if (typeof value !== 'string') return null;
  if (value.trim() === '') return remove(place, 'empty_text');
  return NUMBER.test(value.trim()) ? replace(place, Number(value), 'text_for_number') : null;
}

const isNothing = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

function replace({ holder, key }: Place, value: unknown, fault: Fault): Fault {
  holder[key] = value;
  return fault;
}

/** What may be left out is; what may not is missed by the next look at the schema. */
function remove({ holder, key }: Place, fault: Fault): Fault | null {
  if (Array.isArray(holder)) return null;
  delete holder[key];
  return fault;
}
