import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chargeable, fromStripeAmount, toStripeAmount } from '../src/domains/payments/stripe-amount.ts';
import {
  divideHalfUp,
  minorDigits,
  roundHalfUp,
  toDecimalString,
  toMajorNumber,
  toMinor,
} from '../src/kernel/money.ts';

const currency = fc.constantFrom('JPY', 'USD', 'EUR', 'KWD');
const minor = fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n });

describe('minor units', () => {
  test.each([
    ['JPY', 0],
    ['USD', 2],
    ['EUR', 2],
    ['KWD', 3],
    ['HUF', 2],
    ['IDR', 2],
    ['ISK', 0],
    ['MGA', 2],
    ['IQD', 3],
  ])('%s has %i digits', (code, digits) => {
    expect(minorDigits(code)).toBe(digits);
  });

  test.each(['', 'US', 'usd', 'ZZZ', 'DOLLAR', 'U$D', ' USD'])('%j is no currency', code => {
    expect(() => minorDigits(code)).toThrow(RangeError);
    expect(() => toDecimalString(1n, code)).toThrow(RangeError);
  });

  test.each([
    [1234n, 'USD', '12.34'],
    [5n, 'USD', '0.05'],
    [0n, 'USD', '0.00'],
    [-5n, 'USD', '-0.05'],
    [-1234n, 'USD', '-12.34'],
    [1200n, 'JPY', '1200'],
    [-1n, 'JPY', '-1'],
    [5n, 'KWD', '0.005'],
    [12345n, 'KWD', '12.345'],
  ])('%s %s is written %s', (amount, code, written) => {
    expect(toDecimalString(amount, code)).toBe(written);
  });

  test('an amount survives being written and read', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        expect(toMinor(new Big(toDecimalString(amount, code)), code)).toBe(amount);
      }),
    );
  });

  test('an amount survives JSON', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        const printed = JSON.stringify(toMajorNumber(amount, code));
        expect(toMinor(new Big(printed), code)).toBe(amount);
      }),
    );
  });

  test('nothing is plain zero in JSON', () => {
    expect(Object.is(toMajorNumber(0n, 'USD'), 0)).toBe(true);
  });

  test('an amount that no JSON number holds is refused, not bent', () => {
    expect(() => toMajorNumber(9007199254740993n, 'JPY')).toThrow(RangeError);
  });
});

describe('rounding', () => {
  test.each([
    ['0.005', 'USD', 1n],
    ['0.0049999999999999999999999999', 'USD', 0n],
    ['2.675', 'USD', 268n],
    ['1.005', 'USD', 101n],
    ['8.345', 'USD', 835n],
    ['0.5', 'JPY', 1n],
    ['0.0005', 'KWD', 1n],
    ['-0.005', 'USD', -1n],
    ['-2.675', 'USD', -268n],
    ['-0.0049', 'USD', 0n],
  ])('%s %s is %s minor units', (major, code, expected) => {
    expect(toMinor(new Big(major), code)).toBe(expected);
  });

  test('a quotient of many digits is rounded once', () => {
    // Big's own div gives 0.5 here, at its 20 places, and rounding that again gives 1.
    expect(divideHalfUp(new Big(1), `2.${'0'.repeat(30)}1`)).toBe(0n);
    expect(divideHalfUp(new Big(1), 2)).toBe(1n);
    expect(() => divideHalfUp(new Big(1), 0)).toThrow(RangeError);
  });

  test('the result is the nearest integer, and half a unit off only away from zero', () => {
    const decimal = fc
      .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat({ max: 12 }))
      .map(([unscaled, places]) => new Big(unscaled).div(new Big(10).pow(places)));
    const divisor = fc.integer({ min: -1000, max: 1000 }).filter(d => d !== 0);
    fc.assert(
      fc.property(decimal, divisor, (numerator, d) => {
        const result = divideHalfUp(numerator, d);
        // 2 |n - q d| <= |d|, and where equal the result lies on the far side.
        const off = numerator.minus(new Big(result).times(d)).abs().times(2);
        expect(off.lte(Math.abs(d))).toBe(true);
        if (off.eq(Math.abs(d))) expect(new Big(result).times(d).abs().gt(numerator.abs())).toBe(true);
      }),
    );
  });

  test('a refund rounds as its charge', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), thousandths => {
        const decimal = new Big(thousandths).div(1000);
        expect(roundHalfUp(decimal.neg())).toBe(-roundHalfUp(decimal));
      }),
    );
  });
});

describe('what Stripe takes', () => {
  test.each([
    ['USD', 1234n, 1234],
    ['JPY', 1200n, 1200],
    ['HUF', 1234n, 1234],
    ['TWD', 1234n, 1234],
    ['ISK', 12n, 1200],
    ['UGX', 12n, 1200],
    ['KWD', 12340n, 12340],
    ['MGA', 1200n, 12],
  ])('%s %s goes as %i, and comes back the same', (code, minor, amount) => {
    expect(toStripeAmount(minor, code)).toBe(amount);
    expect(fromStripeAmount(amount, code)).toBe(minor);
  });

  test.each([
    ['USD', 1235n, 1235n],
    ['KWD', 12345n, 12350n],
    ['KWD', 12344n, 12340n],
    ['MGA', 1250n, 1300n],
    ['MGA', 1249n, 1200n],
    ['ISK', 7n, 7n],
  ])('%s %s is charged as %s', (code, minor, charged) => {
    expect(chargeable(minor, code)).toBe(charged);
    expect(() => toStripeAmount(charged, code)).not.toThrow();
  });

  test('an amount that Stripe cannot take is never sent', () => {
    expect(() => toStripeAmount(12345n, 'KWD')).toThrow(RangeError);
    expect(() => toStripeAmount(1250n, 'MGA')).toThrow(RangeError);
  });
});
