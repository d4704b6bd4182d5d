import { listTransactions, transactionsOfSessions } from '../src/domains/payments/read-transactions.ts';
import type { Transaction } from '../src/domains/payments/transaction.entity.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { MoneyRef } from './money.ts';
import { BillRef } from './price.ts';
import { DriverRef, LocationRef, NetworkRef, SessionRef, TransactionRef } from './refs.ts';

export const PaymentStatus = builder.enumType('PaymentStatus', {
  values: {
    AUTHORIZED: { value: 'authorized' },
    CAPTURED: { value: 'captured' },
    FAILED: { value: 'failed' },
    REFUNDED: { value: 'refunded', description: 'In full; after a part refund it is still captured.' },
  } as const,
});

const PaymentStatusFilter = builder.enumType('PaymentStatusFilter', {
  values: {
    NONE: { value: 'none', description: 'Nothing was authorized.' },
    AUTHORIZED: { value: 'authorized' },
    CAPTURED: { value: 'captured' },
    FAILED: { value: 'failed' },
    REFUNDED: { value: 'refunded' },
  } as const,
});

TransactionRef.implement({
  description: "A session's bill (OCPI: CDR), as it was when the session ended.",
  fields: t => ({
    ocpiId: t.exposeString('ocpiId', { description: 'Unique and stable, at most 36 characters.' }),
    session: t.field({ type: SessionRef, resolve: transaction => transaction.sessionId }),
    driver: t.field({ type: DriverRef, nullable: true, resolve: transaction => transaction.driverId }),
    network: t.field({ type: NetworkRef, resolve: transaction => transaction.networkId }),
    location: t.field({ type: LocationRef, nullable: true, resolve: transaction => transaction.locationId }),
    locationName: t.exposeString('locationName', { nullable: true }),
    locationAddress: t.exposeString('locationAddress', { nullable: true }),
    chargerUid: t.exposeString('chargerUid'),
    connectorNumber: t.exposeInt('connectorNumber'),
    startTime: t.expose('startTime', { type: 'DateTime' }),
    endTime: t.expose('endTime', { type: 'DateTime' }),
    energyWh: t.expose('energyWh', { type: 'Decimal' }),
    chargingSeconds: t.exposeInt('chargingSeconds', { description: 'Idle left out.' }),
    idleSeconds: t.exposeInt('idleSeconds', { description: 'Before the grace.' }),
    chargeableIdleSeconds: t.exposeInt('chargeableIdleSeconds', { description: 'After the grace.' }),
    bill: t.field({ type: BillRef, resolve: billOf }),
    refunded: t.field({
      type: MoneyRef,
      description: 'Given back so far.',
      resolve: transaction => ({ minor: BigInt(transaction.refunded), currency: transaction.currency }),
    }),
    tariffName: t.string({ resolve: transaction => transaction.tariff.name }),
    paymentStatus: t.expose('paymentStatus', { type: PaymentStatus, nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

function billOf(transaction: Transaction) {
  const { currency } = transaction;
  return {
    currency,
    energyCost: BigInt(transaction.energyCost),
    timeCost: BigInt(transaction.timeCost),
    sessionFee: BigInt(transaction.sessionFee),
    idleFee: BigInt(transaction.idleFee),
    subtotal: BigInt(transaction.subtotal),
    tax: BigInt(transaction.tax),
    total: BigInt(transaction.total),
  };
}

const TransactionFilter = builder.inputType('TransactionFilter', {
  fields: t => ({
    driverId: t.globalID({ for: DriverRef }),
    paymentStatus: t.field({ type: PaymentStatusFilter }),
    from: t.field({ type: 'DateTime', description: 'Of the end time, inclusive.' }),
    to: t.field({ type: 'DateTime', description: 'Of the end time, inclusive.' }),
  }),
});

const billing = inSubGraph('billing');

billing.queryField('transactions', t =>
  t.connection({
    type: TransactionRef,
    description: 'The one that ended last first.',
    args: { filter: t.arg({ type: TransactionFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(await listTransactions(ctx, { ...filter, driverId: filter?.driverId?.id ?? null }, page)),
  }),
);

billing.objectField(SessionRef, 'transaction', t =>
  t.loadable({
    type: TransactionRef,
    nullable: true,
    description: 'The bill, once the session has ended with energy.',
    load: async (sessionIds: string[], ctx) => {
      const bills = new Map(
        (await transactionsOfSessions(ctx, sessionIds)).map(transaction => [
          transaction.sessionId,
          transaction,
        ]),
      );
      return sessionIds.map(id => bills.get(id) ?? null);
    },
    resolve: session => session.id,
  }),
);
