import Big from 'big.js';
import { divideHalfUp } from '../../kernel/money.ts';

const DIGITS = 2;
const SCALE = 10 ** DIGITS;

/** `numerator / denominator` as a decimal, rounded once, half up, to 2 digits; 0 where there is nothing to divide by. */
export function ratio(numerator: Big.BigSource, denominator: Big.BigSource): string {
  const by = new Big(denominator);
  if (by.eq(0)) return '0';
  const hundredths = divideHalfUp(new Big(numerator).times(SCALE), by);
  return new Big(String(hundredths)).div(SCALE).toFixed();
}

/** The part of the whole in percent, to 2 digits; 0 of nothing. */
export const percentage = (part: Big.BigSource, whole: Big.BigSource): number =>
  Number(ratio(new Big(part).times(100), whole));

/** How much more the figure is than the one before, in percent: from 0 to anything is 100, from 0 to 0 is 0. */
export function growth(figure: Big.BigSource, before: Big.BigSource): number {
  const was = new Big(before);
  const is = new Big(figure);
  if (was.eq(0)) return is.eq(0) ? 0 : 100;
  return percentage(is.minus(was), was);
}
