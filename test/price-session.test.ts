import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bill,
  chargeableIdleSeconds,
  priceSession,
  type TariffRates,
  type Usage,
} from '../src/domains/tariffs/price-session.ts';

// The reference: school arithmetic on fractions, apart from all that the product uses.
type Fraction = { n: bigint; d: bigint };
const DIGITS: Record<string, number> = { JPY: 0, USD: 2, KWD: 3 };

function fraction(decimal: string): Fraction {
  const [whole = '', part = ''] = decimal.split('.');
  return { n: BigInt(whole + part), d: 10n ** BigInt(part.length) };
}
const times = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.n, d: a.d * b.d });
const over = (a: Fraction, d: bigint): Fraction => ({ n: a.n, d: a.d * d });
const integer = (n: bigint | number): Fraction => ({ n: BigInt(n), d: 1n });
function rounded({ n, d }: Fraction): bigint {
  const floor = n / d;
  return (n % d) * 2n >= d ? floor + 1n : floor;
}
const minorOf = (amount: Fraction, currency: string) =>
  rounded(times(amount, integer(10n ** BigInt(DIGITS[currency]!))));

function referenceBill(tariff: TariffRates, usage: Usage): Bill {
  const { currency } = tariff;
  const none = { currency, energyCost: 0n, timeCost: 0n, sessionFee: 0n, idleFee: 0n };
  if (tariff.isFree) return { ...none, subtotal: 0n, tax: 0n, total: 0n };
  const minutes = (rate: string, seconds: number) =>
    minorOf(over(times(fraction(rate), integer(seconds)), 60n), currency);
  const parts = {
    currency,
    energyCost: minorOf(over(times(fraction(tariff.energyRate), fraction(usage.energyWh)), 1000n), currency),
    timeCost: minutes(tariff.timeRate, usage.chargingSeconds),
    sessionFee: minorOf(fraction(tariff.sessionFee), currency),
    idleFee: minutes(tariff.idleRate, usage.chargeableIdleSeconds),
  };
  const subtotal = parts.energyCost + parts.timeCost + parts.sessionFee + parts.idleFee;
  const rate = over(fraction(tariff.taxRate), 100n);
  const tax = rounded(times(integer(subtotal), rate));
  let total = subtotal + tax;
  const { minimumSessionFee: min, maximumSessionFee: max } = tariff;
  if (min !== null && total < minorOf(fraction(min), currency)) total = minorOf(fraction(min), currency);
  if (max !== null && total > minorOf(fraction(max), currency)) total = minorOf(fraction(max), currency);
  if (total === subtotal + tax) return { ...parts, subtotal, tax, total };
  const net = rounded({ n: total * rate.d, d: rate.d + rate.n });
  return { ...parts, subtotal: net, tax: total - net, total };
}

const decimal = (max: number, places: number) =>
  fc.tuple(fc.nat({ max }), fc.stringMatching(new RegExp(`^[0-9]{0,${places}}$`)), fc.boolean()).map(
    // A last 5 makes halves common.
    ([whole, part, half]) => (part || half ? `${whole}.${part}${half ? '5' : ''}` : `${whole}`),
  );
const tariffs = fc.record<TariffRates>({
  currency: fc.constantFrom('JPY', 'USD', 'KWD'),
  isFree: fc.constant(false),
  energyRate: decimal(3, 6),
  timeRate: decimal(2, 6),
  idleRate: decimal(2, 6),
  sessionFee: decimal(5, 6),
  minimumSessionFee: fc.option(decimal(20, 4)),
  maximumSessionFee: fc.option(decimal(200, 4)),
  taxRate: fc.oneof(fc.constantFrom('0', '19', '7.7', '25'), decimal(30, 4)),
});
const seconds = fc.nat({ max: 200_000 });
const usages = fc.record<Usage>({
  energyWh: decimal(120_000, 4),
  chargingSeconds: seconds,
  chargeableIdleSeconds: seconds,
});

const plain: TariffRates = {
  currency: 'USD',
  isFree: false,
  energyRate: '0',
  timeRate: '0',
  idleRate: '0',
  sessionFee: '0',
  minimumSessionFee: null,
  maximumSessionFee: null,
  taxRate: '0',
};
const nothing: Usage = { energyWh: '0', chargingSeconds: 0, chargeableIdleSeconds: 0 };

describe('every bill', () => {
  test('is exact, to the last minor unit', () => {
    fc.assert(
      fc.property(tariffs, usages, (tariff, usage) => {
        expect(priceSession(tariff, usage)).toEqual(referenceBill(tariff, usage));
      }),
      { numRuns: 2000 },
    );
  });

  test('has total = subtotal + tax, neither below zero', () => {
    fc.assert(
      fc.property(tariffs, usages, (tariff, usage) => {
        const bill = priceSession(tariff, usage);
        expect(bill.total).toBe(bill.subtotal + bill.tax);
        expect(bill.subtotal >= 0n && bill.tax >= 0n).toBe(true);
      }),
    );
  });

  test('keeps its total within the bounds, the maximum before the minimum', () => {
    fc.assert(
      fc.property(tariffs, usages, (tariff, usage) => {
        const { total } = priceSession(tariff, usage);
        const { minimumSessionFee: min, maximumSessionFee: max, currency } = tariff;
        const most = max === null ? null : minorOf(fraction(max), currency);
        const least = min === null ? 0n : minorOf(fraction(min), currency);
        if (most !== null) expect(total <= most).toBe(true);
        if (most === null || least <= most) expect(total >= least).toBe(true);
      }),
    );
  });

  test('never costs less for more energy, time or idle', () => {
    fc.assert(
      fc.property(
        tariffs,
        usages,
        fc.nat({ max: 5000 }),
        seconds,
        seconds,
        (tariff, usage, wh, time, idle) => {
          const [whole, part = ''] = usage.energyWh.split('.');
          const more = {
            energyWh: `${Number(whole) + wh}${part && '.'}${part}`,
            chargingSeconds: usage.chargingSeconds + time,
            chargeableIdleSeconds: usage.chargeableIdleSeconds + idle,
          };
          const less = priceSession(tariff, usage);
          for (const grown of [
            { ...usage, energyWh: more.energyWh },
            { ...usage, chargingSeconds: more.chargingSeconds },
            { ...usage, chargeableIdleSeconds: more.chargeableIdleSeconds },
            more,
          ]) {
            expect(priceSession(tariff, grown).total >= less.total).toBe(true);
          }
        },
      ),
    );
  });

  test('of a free tariff is all zero, whatever its rates and minimum', () => {
    fc.assert(
      fc.property(tariffs, usages, (tariff, usage) => {
        const { currency, ...amounts } = priceSession({ ...tariff, isFree: true }, usage);
        expect(currency).toBe(tariff.currency);
        expect(Object.values(amounts)).toEqual([0n, 0n, 0n, 0n, 0n, 0n, 0n]);
      }),
    );
  });
});

describe('by example', () => {
  test('22.5 kWh at 0.39, 90 minutes at 0.02, 1.00 to start, 10 idle minutes at 0.10, 19 % tax', () => {
    const tariff = {
      ...plain,
      energyRate: '0.39',
      timeRate: '0.02',
      sessionFee: '1',
      idleRate: '0.1',
      taxRate: '19',
    };
    expect(
      priceSession(tariff, { energyWh: '22500', chargingSeconds: 5400, chargeableIdleSeconds: 600 }),
    ).toEqual({
      currency: 'USD',
      energyCost: 878n,
      timeCost: 180n,
      sessionFee: 100n,
      idleFee: 100n,
      subtotal: 1258n,
      tax: 239n,
      total: 1497n,
    });
  });

  test.each([
    ['USD', '0.005', '1000', 1n],
    ['USD', '0.00499999', '1000', 0n],
    ['USD', '2.675', '1000', 268n], // 2.675 * 100 = 267.49999999999994 in floats
    ['USD', '1.005', '1000', 101n],
    ['USD', '0.35', '4100', 144n], // 1.435
    ['USD', '0.1', '50', 1n],
    ['JPY', '0.5', '1000', 1n],
    ['JPY', '31', '12345.678', 383n],
    ['KWD', '0.0005', '1000', 1n],
    ['KWD', '0.045', '10033.3', 451n],
  ])('%s %s per kWh and %s Wh cost %s', (currency, energyRate, energyWh, cost) => {
    expect(priceSession({ ...plain, currency, energyRate }, { ...nothing, energyWh }).energyCost).toBe(cost);
  });

  test('time is billed by the second, not by begun minutes', () => {
    const cost = (chargingSeconds: number) =>
      priceSession({ ...plain, timeRate: '0.30' }, { ...nothing, chargingSeconds }).timeCost;
    expect([cost(0), cost(1), cost(2), cost(59), cost(60), cost(61)]).toEqual([0n, 1n, 1n, 30n, 30n, 31n]);
  });

  test('each part is rounded by itself', () => {
    const tariff = {
      ...plain,
      energyRate: '0.005',
      timeRate: '0.005',
      idleRate: '0.005',
      sessionFee: '0.005',
    };
    const bill = priceSession(tariff, { energyWh: '1000', chargingSeconds: 60, chargeableIdleSeconds: 60 });
    expect(bill.subtotal).toBe(4n);
  });

  test('a minimum is the whole price, with the tax within it', () => {
    const bill = priceSession(
      { ...plain, sessionFee: '0.10', minimumSessionFee: '2', taxRate: '19' },
      nothing,
    );
    expect(bill).toMatchObject({ sessionFee: 10n, subtotal: 168n, tax: 32n, total: 200n });
  });

  test('a maximum is the whole price, with the tax within it', () => {
    const bill = priceSession(
      { ...plain, sessionFee: '99', maximumSessionFee: '50', taxRate: '7.7' },
      nothing,
    );
    expect(bill).toMatchObject({ sessionFee: 9900n, subtotal: 4643n, tax: 357n, total: 5000n });
  });

  test('a bound is held against the total, not the subtotal', () => {
    const tariff = {
      ...plain,
      sessionFee: '9',
      minimumSessionFee: '10',
      maximumSessionFee: '10.71',
      taxRate: '19',
    };
    expect(priceSession(tariff, nothing)).toMatchObject({ subtotal: 900n, tax: 171n, total: 1071n });
  });

  test('a maximum below the minimum wins', () => {
    const tariff = { ...plain, minimumSessionFee: '10', maximumSessionFee: '5' };
    expect(priceSession(tariff, nothing).total).toBe(500n);
  });

  test.each([
    [{ ...plain, energyRate: '-1' }, nothing],
    [{ ...plain, taxRate: 'NaN' }, nothing],
    [{ ...plain, currency: 'ZZZ' }, nothing],
    [plain, { ...nothing, energyWh: '-1' }],
    [plain, { ...nothing, chargingSeconds: 1.5 }],
    [plain, { ...nothing, chargeableIdleSeconds: -1 }],
  ])('what makes no sense is refused: %#', (tariff, usage) => {
    expect(() => priceSession(tariff, usage)).toThrow(RangeError);
  });
});

describe('the grace', () => {
  test.each([
    [599, 600, 0],
    [600, 600, 0],
    [601, 600, 1],
    [0, 0, 0],
    [1, 0, 1],
  ])('%i s of idle with %i s of grace leave %i s to charge', (idle, grace, chargeable) => {
    expect(chargeableIdleSeconds(idle, grace)).toBe(chargeable);
  });
});
