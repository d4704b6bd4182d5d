import { minorDigits } from '../../kernel/money.ts';

// Stripe counts most currencies in ISO 4217's minor units, and some in its own:
// https://docs.stripe.com/currencies#zero-decimal and #special-cases

/** No minor unit at Stripe. ISK and UGX have none in ISO 4217 either, but are sent with two zeros. */
const ZERO_DECIMAL = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));

const stripeDigits = (currency: string): number =>
  ZERO_DECIMAL.has(currency) ? 0 : Math.max(2, minorDigits(currency));

/** The smallest step, in our minor units, that Stripe takes: 10 for the three-decimal ones, 100 for MGA. */
function granularity(currency: string): bigint {
  const digits = minorDigits(currency);
  if (digits === 3) return 10n;
  return 10n ** BigInt(Math.max(0, digits - stripeDigits(currency)));
}

/** The nearest amount that Stripe can take, halves up. Minor units in and out. */
export function chargeable(minor: bigint, currency: string): bigint {
  const step = granularity(currency);
  return ((2n * minor + step) / (2n * step)) * step;
}

/** Minor units as Stripe's integer. Throws a RangeError where it would take a part of its smallest unit. */
export function toStripeAmount(minor: bigint, currency: string): number {
  if (minor % granularity(currency) !== 0n) throw new RangeError(`Stripe takes no ${minor} of ${currency}`);
  const shift = stripeDigits(currency) - minorDigits(currency);
  return Number(shift >= 0 ? minor * 10n ** BigInt(shift) : minor / 10n ** BigInt(-shift));
}

/** Stripe's integer as minor units. */
export function fromStripeAmount(amount: number, currency: string): bigint {
  const shift = stripeDigits(currency) - minorDigits(currency);
  return shift >= 0 ? BigInt(amount) / 10n ** BigInt(shift) : BigInt(amount) * 10n ** BigInt(-shift);
}
