import Big from 'big.js';

/** An amount in the currency's smallest unit: `{ minor: 1234n, currency: 'USD' }` is 12.34 US dollars. */
export interface Money {
  readonly minor: bigint;
  /** ISO 4217, three capitals. */
  readonly currency: string;
}

const words = (text: string) => text.trim().split(/\s+/);

/** ISO 4217, list one: how many digits the minor unit has. Pinned, for bills are written by it. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...words('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF').map(code => [code, 0] as const),
  ...words('BHD IQD JOD KWD LYD OMR TND').map(code => [code, 3] as const),
  ...words(`
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
    CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
  `).map(code => [code, 2] as const),
]);

/**
 * How many decimal digits the currency's minor unit has: 0 for JPY, 2 for USD and HUF, 3 for KWD. Source: ISO 4217;
 * Intl (CLDR) has fewer for currencies of little value. Throws a RangeError for anything but a known code in capitals.
 */
export function minorDigits(currency: string): number {
  const digits = DIGITS.get(currency);
  if (digits === undefined) throw new RangeError(`Unknown currency: ${JSON.stringify(currency)}`);
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
