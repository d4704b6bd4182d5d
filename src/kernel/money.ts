import Big from 'big.js';

/** An amount in the currency's smallest unit: `{ minor: 1234n, currency: 'USD' }` is 12.34 US dollars. */
export interface Money {
  readonly minor: bigint;
  /** ISO 4217, three capitals. */
  readonly currency: string;
}

// Intl takes any three letters for a currency with two digits, so what is known is asked for apart.
const KNOWN = new Set(Intl.supportedValuesOf('currency'));
const digitsByCurrency = new Map<string, number>();

/**
 * How many decimal digits the currency's minor unit has: 0 for JPY, 2 for USD, 3 for KWD.
 * Source: Intl (CLDR), which gives fewer than ISO 4217 for a few currencies of little value (HUF and IDR: 0).
 * Throws a RangeError for anything but a known code in capitals.
 */
export function minorDigits(currency: string): number {
  const known = digitsByCurrency.get(currency);
  if (known !== undefined) return known;
  if (!KNOWN.has(currency)) throw new RangeError(`Unknown currency: ${JSON.stringify(currency)}`);
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  digitsByCurrency.set(currency, digits);
  return digits;
}

/** Minor units as major ones with all of the currency's digits: 1234n USD is '12.34', 1200n JPY is '1200'. */
export function toDecimalString(minor: bigint, currency: string): string {
  const digits = minorDigits(currency);
  const sign = minor < 0n ? '-' : '';
  const figures = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  if (digits === 0) return sign + figures;
  return `${sign}${figures.slice(0, -digits)}.${figures.slice(-digits)}`;
}

/**
 * Minor units as a JavaScript number of major ones, for JSON: it prints as exactly the same decimal.
 * Throws a RangeError where no number does (amounts of sixteen figures and more).
 */
export function toMajorNumber(minor: bigint, currency: string): number {
  const decimal = toDecimalString(minor, currency);
  const major = Number(decimal);
  if (!new Big(major).eq(decimal)) throw new RangeError(`${decimal} ${currency} is no exact JSON number`);
  return major;
}

/** A decimal in major units, divided by `divisor`, as minor units; rounded once, half up. */
export function toMinor(major: Big, currency: string, divisor: Big.BigSource = 1): bigint {
  return divideHalfUp(major.times(new Big(10).pow(minorDigits(currency))), divisor);
}

/** The nearest integer; halves go up, below zero away from it, so that a refund mirrors its charge. */
export function roundHalfUp(decimal: Big): bigint {
  return divideHalfUp(decimal, 1);
}

/**
 * `numerator / denominator` to the nearest integer, halves away from zero. Exact: Big's own `div` cuts the
 * quotient at `Big.DP` places and a second rounding can then be wrong, so both are made integers first.
 * Throws a RangeError when the denominator is 0.
 */
export function divideHalfUp(numerator: Big, denominator: Big.BigSource): bigint {
  const by = new Big(denominator);
  const places = Math.max(decimalPlaces(numerator), decimalPlaces(by));
  const n = scaled(numerator.abs(), places);
  const d = scaled(by.abs(), places);
  const magnitude = (2n * n + d) / (2n * d);
  return numerator.s === by.s ? magnitude : -magnitude;
}

function decimalPlaces(decimal: Big): number {
  return decimal.toFixed().split('.')[1]?.length ?? 0;
}

function scaled(decimal: Big, places: number): bigint {
  return BigInt(decimal.times(new Big(10).pow(places)).toFixed());
}
