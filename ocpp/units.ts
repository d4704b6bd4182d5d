import Big from 'big.js';
import { isPlausibleMeter } from '../src/domains/sessions/plausible-meter.ts';

/** Units that are a power of ten of the one we keep. */
const UNITS: Record<string, { readonly base: string; readonly factor: number }> = {
  kWh: { base: 'Wh', factor: 1000 },
  kW: { base: 'W', factor: 1000 },
  kVA: { base: 'VA', factor: 1000 },
  kvar: { base: 'var', factor: 1000 },
  kvarh: { base: 'varh', factor: 1000 },
};

/** Energy is in Wh where a station does not say otherwise. */
export const defaultUnit = (measurand: string): string => (measurand.startsWith('Energy.') ? 'Wh' : '');

export const baseUnit = (unit: string): string => UNITS[unit]?.base ?? unit;

/** Long enough for every meter; an exponent without bound would be a number without end. */
const NUMBER = /^[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[+-]?\d{1,2})?$/i;
const MAX_MULTIPLIER = 30;

/** A measured value times a power of ten as exact decimal text, in the unit's base; null for what no meter shows. */
export function inBaseUnit(text: string, unit: string, multiplier = 0): string | null {
  const digits = text.trim();
  if (!NUMBER.test(digits) || Math.abs(multiplier) > MAX_MULTIPLIER) return null;
  const value = new Big(digits.replace(/^\+/, '').replace(/\.(?=e|$)/i, ''))
    .times(UNITS[unit]?.factor ?? 1)
    .times(`1e${multiplier}`)
    .toFixed();
  return isPlausibleMeter(value) ? value : null;
}
