import { type Money, toDecimalString } from '../src/kernel/money.ts';
import { builder } from './builder.ts';

export const MoneyRef = builder.objectRef<Money>('Money').implement({
  description: 'An amount of money.',
  shareable: true,
  fields: t => ({
    amount: t.field({
      type: 'Decimal',
      description: "In major units, with the currency's digits, such as 12.34.",
      resolve: money => toDecimalString(money.minor, money.currency),
    }),
    minorUnits: t.field({
      type: 'Decimal',
      description: "In the currency's smallest unit, such as 1234.",
      resolve: money => String(money.minor),
    }),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
  }),
});
