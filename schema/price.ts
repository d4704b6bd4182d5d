import { calculatePrice } from '../src/domains/tariffs/calculate-price.ts';
import type { Bill } from '../src/domains/tariffs/price-session.ts';
import { builder, inSubGraph } from './builder.ts';
import { MoneyRef } from './money.ts';
import { ChargerRef, ConnectorRef, TariffRef } from './refs.ts';

export const BillRef = builder.objectRef<Bill>('Bill').implement({
  description:
    'The parts of a price. Where a tariff’s minimum or maximum binds, they sum up to something else.',
  shareable: true,
  fields: t => {
    const money = (part: Exclude<keyof Bill, 'currency'>, description?: string) =>
      t.field({
        type: MoneyRef,
        description,
        resolve: bill => ({ minor: bill[part], currency: bill.currency }),
      });
    return {
      energyCost: money('energyCost'),
      timeCost: money('timeCost', 'For the minutes of charging, idle left out.'),
      sessionFee: money('sessionFee'),
      idleFee: money('idleFee', 'For idle time after the grace.'),
      subtotal: money('subtotal', 'Before tax.'),
      tax: money('tax'),
      total: money('total'),
    };
  },
});

const PriceQuote = builder.objectRef<{ bill: Bill; tariffName: string }>('PriceQuote').implement({
  subGraphs: ['billing'],
  fields: t => ({
    bill: t.expose('bill', { type: BillRef }),
    tariffName: t.exposeString('tariffName'),
  }),
});

const PriceInput = builder.inputType('PriceInput', {
  description:
    'The tariff is the one given, or the one that applies now at the connector, or at the charger.',
  fields: t => ({
    tariffId: t.globalID({ for: TariffRef }),
    connectorId: t.globalID({ for: ConnectorRef }),
    chargerId: t.globalID({ for: ChargerRef }),
    energyKwh: t.float({ required: true }),
    durationMinutes: t.float({ description: 'Of charging, idle left out.' }),
    idleMinutes: t.float({ description: 'To be charged: the grace is over.' }),
  }),
});

inSubGraph('billing').queryField('price', t =>
  t.field({
    type: PriceQuote,
    description: 'What a charge would cost.',
    args: { input: t.arg({ type: PriceInput, required: true }) },
    resolve: (_, { input }, ctx) =>
      calculatePrice(ctx, {
        ...input,
        tariffId: input.tariffId?.id ?? null,
        connectorId: input.connectorId?.id ?? null,
        chargerId: input.chargerId?.id ?? null,
      }),
  }),
);
