import { z } from 'zod';
import { PAYMENT_STATUSES } from '../../src/domains/payments/transaction.entity.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { instant, oneOf, paging, sliceOf, uuid, windowEnd } from '../parameters.ts';
import { row } from '../row.ts';
import { idOf, kilo, minutesBetween, time } from '../values.ts';

interface Amount {
  amount: string;
  currency: string;
}

interface TransactionSummary {
  id: string;
  ocpiId: string;
  session: { id: string };
  driver: { id: string } | null;
  startTime: string;
  endTime: string;
  energyWh: string;
  paymentStatus: string | null;
  locationName: string | null;
  bill: { total: Amount };
}

const SUMMARY = `
  fragment Summary on Transaction {
    id ocpiId startTime endTime energyWh paymentStatus locationName
    session { id } driver { id } bill { total { amount currency } }
  }`;

const common = (transaction: TransactionSummary) => ({
  id: toUuid(transaction.id),
  ocpiId: transaction.ocpiId,
  sessionId: toUuid(transaction.session.id),
  userId: idOf(transaction.driver),
  startTime: time(transaction.startTime),
  endTime: time(transaction.endTime),
  totalEnergyKwh: kilo(transaction.energyWh),
  currency: transaction.bill.total.currency,
  paymentStatus: transaction.paymentStatus?.toLowerCase() ?? null,
  locationName: transaction.locationName,
});

export const listTransactions = row({
  method: 'GET',
  path: '/transactions',
  title: 'List transactions',
  access: { scope: 'read', audience: 'either' },
  query: z.object({
    ...paging,
    from: instant.optional(),
    to: windowEnd.optional(),
    userId: uuid.optional(),
    status: oneOf(['none', ...PAYMENT_STATUSES]).optional(),
  }),
  operation: `
    query Transactions($first: Int!, $offset: Int!, $filter: TransactionFilter) {
      transactions(first: $first, offset: $offset, filter: $filter) { totalCount nodes { ...Summary } }
    } ${SUMMARY}`,
  variables: ({ query: { page, pageSize, userId, status, ...filter } }) => ({
    ...sliceOf({ page, pageSize }),
    filter: { ...filter, paymentStatus: status, driverId: toGlobalId('Driver', userId) },
  }),
  answer: ({ transactions }: { transactions: { totalCount: number; nodes: TransactionSummary[] } }) => ({
    list: transactions.nodes.map(transaction => ({
      ...common(transaction),
      amount: Number(transaction.bill.total.amount),
    })),
    totalCount: transactions.totalCount,
  }),
});

interface TransactionDetail extends TransactionSummary {
  location: { id: string } | null;
  locationAddress: string | null;
  chargerUid: string;
  connectorNumber: number;
  bill: {
    [Part in 'energyCost' | 'timeCost' | 'sessionFee' | 'idleFee' | 'subtotal' | 'tax' | 'total']: Amount;
  };
}

export const getTransaction = row({
  method: 'GET',
  path: '/transactions/{id}',
  title: 'Get transaction details',
  access: { scope: 'read', audience: 'either' },
  operation: `
    query Transaction($id: ID!) {
      transaction: node(id: $id) {
        ... on Transaction {
          ...Summary
          locationAddress chargerUid connectorNumber location { id }
          bill {
            energyCost { amount } timeCost { amount } sessionFee { amount } idleFee { amount }
            subtotal { amount } tax { amount }
          }
        }
      }
    } ${SUMMARY}`,
  variables: ({ path }) => ({ id: toGlobalId('Transaction', path.id) }),
  answer: ({ transaction }: { transaction: TransactionDetail | null }) => {
    if (!transaction) return null;
    const { bill } = transaction;
    return {
      ...common(transaction),
      totalTimeMinutes: minutesBetween(transaction.startTime, transaction.endTime),
      locationId: idOf(transaction.location),
      locationAddress: transaction.locationAddress,
      chargerUid: transaction.chargerUid,
      connectorNumber: transaction.connectorNumber,
      costBreakdown: {
        energyCost: Number(bill.energyCost.amount),
        timeCost: Number(bill.timeCost.amount),
        sessionFee: Number(bill.sessionFee.amount),
        idleFee: Number(bill.idleFee.amount),
        subtotal: Number(bill.subtotal.amount),
        tax: Number(bill.tax.amount),
        total: Number(bill.total.amount),
      },
    };
  },
});
