import { invalidRequest } from './errors.ts';

/** The least that can be charged, in minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const MINIMUMS: Readonly<Record<string, number>> = {
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
  usd: 50,
};
const MAXIMUM = 99_999_999;

/** https://docs.stripe.com/currencies#zero-decimal */
const ZERO_DECIMAL = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
/** https://docs.stripe.com/currencies#three-decimal: the last digit has to be 0. */
const THREE_DECIMAL = new Set('bhd jod kwd omr tnd'.split(' '));
/** https://docs.stripe.com/currencies#special-cases: sent with two decimals that have to be 00. */
const WHOLE_UNITS_ONLY = new Set('isk ugx'.split(' '));
const KNOWN = new Set(Intl.supportedValuesOf('currency').map(code => code.toLowerCase()));

export function checkCurrency(currency: string): void {
  if (KNOWN.has(currency)) return;
  throw invalidRequest(`Invalid currency: ${currency}.`, { param: 'currency' });
}

/** Throws `amount_too_small` or `amount_too_large` for what no card is charged with. */
export function checkChargeable(amount: number, currency: string, param: string): void {
  const minimum = MINIMUMS[currency] ?? 1;
  if (amount < minimum) {
    throw invalidRequest(`Amount must be at least ${shown(minimum, currency)}`, {
      code: 'amount_too_small',
      param,
    });
  }
  if (amount > MAXIMUM) {
    throw invalidRequest(`Amount must be no more than ${shown(MAXIMUM, currency)}`, {
      code: 'amount_too_large',
      param,
    });
  }
  const step = WHOLE_UNITS_ONLY.has(currency) ? 100 : THREE_DECIMAL.has(currency) ? 10 : 1;
  if (amount % step !== 0) {
    throw invalidRequest(`Invalid amount: amounts in ${currency} must be divisible by ${step}`, { param });
  }
}

/** The amount as Stripe's messages show it: `$0.50 usd`, `¥900 jpy`. */
export function shown(amount: number, currency: string): string {
  const decimals = ZERO_DECIMAL.has(currency) ? 0 : THREE_DECIMAL.has(currency) ? 3 : 2;
  const symbol = { usd: '$', eur: '€', gbp: '£', jpy: '¥' }[currency] ?? '';
  return `${symbol}${(amount / 10 ** decimals).toFixed(decimals)} ${currency}`;
}
