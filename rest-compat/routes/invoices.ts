import { z } from 'zod';
import { invoice } from '../answers/payments.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { optional, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { idOf, kilo, time } from '../values.ts';

interface Invoice {
  id: string;
  number: string;
  status: string;
  driver: { id: string } | null;
  driverName: string | null;
  driverEmail: string | null;
  issuedAt: string;
  dueAt: string;
  lines: {
    transaction: { id: string };
    sessionStart: string;
    locationName: string | null;
    energyWh: string;
    total: { amount: string };
  }[];
  subtotal: { amount: string };
  tax: { amount: string };
  total: { amount: string; currency: string };
}

export const createInvoice = row({
  method: 'POST',
  path: '/invoices',
  title: 'Generate invoice',
  access: { scope: 'billing', driverScope: 'write', audience: 'either' },
  body: z.object({
    transactionId: optional(uuid),
    transactionIds: optional(z.array(uuid, { message: 'must be a list of UUIDs' })),
  }),
  operation: `
    mutation CreateInvoice($input: CreateInvoiceInput!) {
      result: createInvoice(input: $input) {
        ... on Invoice {
          id number status driver { id } driverName driverEmail issuedAt dueAt
          lines { transaction { id } sessionStart locationName energyWh total { amount } }
          subtotal { amount } tax { amount } total { amount currency }
        }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    }`,
  variables: ({ body: { transactionId, transactionIds } }) => ({
    input: {
      transactionIds: [...(transactionId ? [transactionId] : []), ...(transactionIds ?? [])].map(id =>
        toGlobalId('Transaction', id),
      ),
    },
  }),
  response: invoice,
  answer: ({ result }: { result: Invoice }) => ({
    id: toUuid(result.id),
    invoiceNumber: result.number,
    issueDate: time(result.issuedAt),
    dueDate: time(result.dueAt),
    userId: idOf(result.driver),
    userName: result.driverName,
    userEmail: result.driverEmail,
    lineItems: result.lines.map(line => ({
      transactionId: toUuid(line.transaction.id),
      sessionDate: time(line.sessionStart),
      locationName: line.locationName,
      energyKwh: kilo(line.energyWh),
      amount: Number(line.total.amount),
    })),
    subtotal: Number(result.subtotal.amount),
    tax: Number(result.tax.amount),
    total: Number(result.total.amount),
    currency: result.total.currency,
    status: result.status.toLowerCase(),
  }),
  status: 201,
});
