import { z } from 'zod';
import { PAYMENT_STATUSES } from '../../src/domains/payments/transaction.entity.ts';
import { transaction, transactionSummary } from '../answers/billing.ts';
import { page } from '../answers/fields.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { instant, oneOf, paging, sliceOf, uuid, windowEnd } from '../parameters.ts';
import { row } from '../row.ts';
import { idOf, kilo, minutesBetween, time } from '../values.ts';
import { BILL_PARTS, type BillParts, billParts } from './bill-parts.ts';

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
  bill: Pick<BillParts, 'total'>;
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
  response: page(transactionSummary),
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
  bill: BillParts;
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
          bill { ...BillParts }
        }
      }
    } ${SUMMARY} ${BILL_PARTS}`,
  variables: ({ path }) => ({ id: toGlobalId('Transaction', path.id) }),
  response: transaction,
  answer: ({ transaction }: { transaction: TransactionDetail | null }) => transaction && detail(transaction),
});

const detail = ({ bill, ...transaction }: TransactionDetail) => ({
  ...common({ bill, ...transaction }),
  totalTimeMinutes: minutesBetween(transaction.startTime, transaction.endTime),
  locationId: idOf(transaction.location),
  locationAddress: transaction.locationAddress,
  chargerUid: transaction.chargerUid,
  connectorNumber: transaction.connectorNumber,
  costBreakdown: billParts(bill),
});
