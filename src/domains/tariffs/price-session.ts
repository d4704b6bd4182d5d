import Big from 'big.js';
import { divideHalfUp, toMinor } from '../../kernel/money.ts';

/** What a tariff charges. Amounts are exact decimals in major units, none below zero. */
export interface TariffRates {
  /** ISO 4217. */
  readonly currency: string;
  /** Ignores every rate, fee and bound. */
  readonly isFree: boolean;
  /** Per kWh. */
  readonly energyRate: string;
  /** Per minute of charging, idle left out. */
  readonly timeRate: string;
  /** Per minute of chargeable idle. */
  readonly idleRate: string;
  readonly sessionFee: string;
  /** Bounds of the total, tax included. */
  readonly minimumSessionFee: string | null;
  readonly maximumSessionFee: string | null;
  /** Percent, on top. */
  readonly taxRate: string;
}

/** What is billed for. Seconds are whole ones. */
export interface Usage {
  /** Exact decimal, Wh. */
  readonly energyWh: string;
  /** Idle left out. */
  readonly chargingSeconds: number;
  /** The grace is already taken off: see `chargeableIdleSeconds`. */
  readonly chargeableIdleSeconds: number;
}

/** Minor units of `currency`. Always `total = subtotal + tax`. */
export interface Bill {
  readonly currency: string;
  readonly energyCost: bigint;
  readonly timeCost: bigint;
  readonly sessionFee: bigint;
  readonly idleFee: bigint;
  /** The sum of the four above, unless the tariff's minimum or maximum binds. */
  readonly subtotal: bigint;
  readonly tax: bigint;
  readonly total: bigint;
}

/**
 * The one way a bill comes about (api/semantics.md, "pricing and bills"). Each part is rounded half up once,
 * from the exact product. Where a bound binds, the parts stay as computed and no longer add up to `subtotal`.
 * A maximum below the minimum is refused when a tariff is made; here the maximum wins.
 * Throws a RangeError for a negative or malformed rate, energy or time, and for an unknown currency.
 */
export function priceSession(tariff: TariffRates, usage: Usage): Bill {
  const { currency } = tariff;
  if (tariff.isFree) {
    return {
      currency,
      energyCost: 0n,
      timeCost: 0n,
      sessionFee: 0n,
      idleFee: 0n,
      subtotal: 0n,
      tax: 0n,
      total: 0n,
    };
  }
  const seconds = wholeSeconds(usage.chargingSeconds);
  const idleSeconds = wholeSeconds(usage.chargeableIdleSeconds);
  const parts = {
    energyCost: toMinor(nonNegative(tariff.energyRate).times(nonNegative(usage.energyWh)), currency, 1000),
    timeCost: toMinor(nonNegative(tariff.timeRate).times(seconds), currency, 60),
    sessionFee: toMinor(nonNegative(tariff.sessionFee), currency),
    idleFee: toMinor(nonNegative(tariff.idleRate).times(idleSeconds), currency, 60),
  };
  const sum = parts.energyCost + parts.timeCost + parts.sessionFee + parts.idleFee;
  return { currency, ...parts, ...withTax(sum, tariff) };
}

/** Idle seconds beyond the grace, which is given once for a session and not once for each interval. */
export function chargeableIdleSeconds(idleSeconds: number, graceSeconds: number): number {
  return Math.max(0, idleSeconds - graceSeconds);
}

function withTax(sum: bigint, tariff: TariffRates): Pick<Bill, 'subtotal' | 'tax' | 'total'> {
  const taxRate = nonNegative(tariff.taxRate);
  const added = divideHalfUp(taxRate.times(sum), 100);
  const unbounded = sum + added;
  const total = bounded(unbounded, tariff);
  if (total === unbounded) return { subtotal: sum, tax: added, total };
  const subtotal = divideHalfUp(new Big(total).times(100), taxRate.plus(100));
  return { subtotal, tax: total - subtotal, total };
}

function bounded(total: bigint, tariff: TariffRates): bigint {
  const { currency, minimumSessionFee, maximumSessionFee } = tariff;
  const minimum = minimumSessionFee === null ? null : toMinor(nonNegative(minimumSessionFee), currency);
  const maximum = maximumSessionFee === null ? null : toMinor(nonNegative(maximumSessionFee), currency);
  const raised = minimum !== null && total < minimum ? minimum : total;
  return maximum !== null && raised > maximum ? maximum : raised;
}

function nonNegative(decimal: string): Big {
  // The form is checked here because Big throws a plain Error.
  if (!/^\d+(\.\d+)?$/.test(decimal)) throw new RangeError(`Not a decimal of zero or more: ${decimal}`);
  return new Big(decimal);
}

function wholeSeconds(seconds: number): number {
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw new RangeError(`Not whole seconds: ${seconds}`);
  return seconds;
}
