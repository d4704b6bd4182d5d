import { PAYMENT_STATUSES } from '../../src/domains/payments/transaction.entity.ts';
import { TARIFF_TYPES } from '../../src/domains/tariffs/tariff.entity.ts';
import { flag, integer, number, object, text, time, uuid, word } from './fields.ts';

const currency = text('ISO 4217.', 'USD');

export const tariff = object('Tariff', 'What charging costs.', {
  id: uuid('Names the tariff.'),
  name: text('What drivers see.', 'Standard AC'),
  description: text('What drivers may read of it.', 'For all AC chargers.').nullable(),
  type: word(TARIFF_TYPES, "Whom it is for, in OCPI's words."),
  currency,
  isFree: flag('Whether nothing is charged, whatever the rates say.', false),
  energyRate: number('For each kWh.', 0.35),
  timeRate: number('For each minute of charging.', 0),
  idleRate: number('For each idle minute after the grace.', 0.4),
  sessionFee: number('For each session.', 0.5),
  minimumSessionFee: number('No session costs less, tax included.', 1).nullable(),
  maximumSessionFee: number('No session costs more, tax included.', 50).nullable(),
  taxRate: number('In percent, on top.', 11.5),
  effectiveFrom: time('From when it holds.', '2026-01-01T00:00:00Z'),
  effectiveTo: time('Until when it holds; null for ever.', '2026-12-31T23:59:59Z').nullable(),
});

const parts = {
  energyCost: number('For the energy.', 4.34),
  timeCost: number('For the minutes of charging.', 0),
  sessionFee: number('For the session as such.', 0.5),
  idleFee: number('For idling beyond the grace.', 0),
  subtotal: number('Before tax.', 4.84),
  tax: number('On top of the subtotal.', 0.56),
  total: number('What is to be paid.', 5.4),
};

export const quote = object('Quote', 'What so much charging costs.', {
  ...parts,
  currency,
  tariffName: text('The tariff that was applied.', 'Standard AC'),
});

const common = {
  id: uuid('Names the transaction.'),
  ocpiId: text('Its number on the roaming networks: unique, and never changed.', 'US-DEM-2026-0000042'),
  sessionId: uuid('The session that it bills.'),
  userId: uuid('The driver; null for one who is not known.').nullable(),
  startTime: time('When the session began.'),
  endTime: time('When the session ended.', '2026-06-19T19:12:09Z'),
  totalEnergyKwh: number('The energy it bills, in kWh.', 12.4),
  currency,
  paymentStatus: word(PAYMENT_STATUSES, 'How its payment stands; null while none was asked for.').nullable(),
  locationName: text('The name of the location then.', 'Plaza del Mar').nullable(),
};

export const transactionSummary = object('TransactionSummary', 'A billed session, as lists show it.', {
  ...common,
  amount: number('What it cost, tax included.', 5.4),
});

export const transaction = object('Transaction', 'A billed session: what was charged, and what it cost.', {
  ...common,
  totalTimeMinutes: number("From the session's begin to its end.", 30),
  locationId: uuid('Where it took place.').nullable(),
  locationAddress: text('The address of the location then.', '100 Ashford Avenue').nullable(),
  chargerUid: text('The identity of the charger then.', 'DEMO-AC-01'),
  connectorNumber: integer('The number of its connector.', 1),
  costBreakdown: object('CostBreakdown', 'The parts of the bill.', parts),
});
