import { creditNotesOfInvoices } from '../src/domains/payments/credit-notes.ts';
import { documentLink } from '../src/domains/payments/documents.ts';
import type {
  CreditNote,
  INVOICE_STATUSES,
  Invoice,
  InvoiceLine,
} from '../src/domains/payments/invoice.entity.ts';
import { createInvoice, markInvoicePaid, voidInvoice } from '../src/domains/payments/invoices.ts';
import { linesOfInvoices, listInvoices } from '../src/domains/payments/read-invoices.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { batched } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { MoneyRef } from './money.ts';
import { DriverRef, InvoiceRef, NetworkRef, TransactionRef } from './refs.ts';

const InvoiceStatus = builder.enumType('InvoiceStatus', {
  values: {
    DRAFT: { value: 'draft', description: 'Not issued yet. For the future: invoices are issued at once.' },
    ISSUED: { value: 'issued' },
    PAID: { value: 'paid' },
    VOID: { value: 'void', description: 'It keeps its number; its transactions may go on another one.' },
  } as const satisfies Record<Uppercase<(typeof INVOICE_STATUSES)[number]>, object>,
});

const linesOf = batched<InvoiceLine[], InvoiceLine[]>(linesOfInvoices, []);

interface Line {
  readonly line: InvoiceLine;
  readonly currency: string;
}

const InvoiceLineRef = builder.objectRef<Line>('InvoiceLine').implement({
  subGraphs: ['billing'],
  fields: t => {
    const money = (part: 'subtotal' | 'tax' | 'total') =>
      t.field({
        type: MoneyRef,
        resolve: ({ line, currency }) => ({ minor: BigInt(line[part]), currency }),
      });
    return {
      transaction: t.field({ type: TransactionRef, resolve: ({ line }) => line.transactionId }),
      sessionStart: t.field({ type: 'DateTime', resolve: ({ line }) => line.sessionStart }),
      locationName: t.string({ nullable: true, resolve: ({ line }) => line.locationName }),
      chargerUid: t.string({ resolve: ({ line }) => line.chargerUid }),
      energyWh: t.field({ type: 'Decimal', resolve: ({ line }) => line.energyWh }),
      subtotal: money('subtotal'),
      tax: money('tax'),
      total: money('total'),
    };
  },
});

const notesOf = batched<CreditNote[], CreditNote[]>(creditNotesOfInvoices, []);

const CreditNoteRef = builder.objectRef<CreditNote>('CreditNote').implement({
  description: 'Takes back a part of an invoice: for each refund of a transaction that stands on one.',
  subGraphs: ['billing'],
  fields: t => {
    const money = (part: 'subtotal' | 'tax' | 'total') =>
      t.field({
        type: MoneyRef,
        resolve: note => ({ minor: BigInt(note[part]), currency: note.currency }),
      });
    return {
      number: t.exposeString('number', { description: 'Without gaps within a network and year.' }),
      transaction: t.field({ type: TransactionRef, resolve: note => note.transactionId }),
      reason: t.exposeString('reason', { nullable: true }),
      subtotal: money('subtotal'),
      tax: money('tax'),
      total: money('total'),
      issuedAt: t.expose('issuedAt', { type: 'DateTime' }),
      pdfUrl: t.string({
        description: 'A path of this server that needs no key, good for an hour.',
        resolve: ({ networkId, id }, _, ctx) => documentLink(ctx, { networkId, kind: 'credit-notes', id }),
      }),
    };
  },
});

InvoiceRef.implement({
  description: 'A bill to a driver over one or several transactions.',
  fields: t => {
    const money = (part: 'subtotal' | 'tax' | 'total') =>
      t.field({
        type: MoneyRef,
        resolve: (invoice: Invoice) => ({ minor: BigInt(invoice[part]), currency: invoice.currency }),
      });
    return {
      number: t.exposeString('number', { description: 'Without gaps within a network and year.' }),
      status: t.expose('status', { type: InvoiceStatus }),
      network: t.field({ type: NetworkRef, resolve: invoice => invoice.networkId }),
      networkName: t.exposeString('networkName'),
      driver: t.field({ type: DriverRef, nullable: true, resolve: invoice => invoice.driverId }),
      driverName: t.exposeString('driverName', { nullable: true }),
      driverEmail: t.exposeString('driverEmail', { nullable: true }),
      lines: t.field({
        type: [InvoiceLineRef],
        resolve: async (invoice, _, ctx) =>
          (await linesOf(ctx, invoice.id)).map(line => ({ line, currency: invoice.currency })),
      }),
      subtotal: money('subtotal'),
      tax: money('tax'),
      total: money('total'),
      creditNotes: t.field({
        type: [CreditNoteRef],
        resolve: (invoice, _, ctx) => notesOf(ctx, invoice.id),
      }),
      pdfUrl: t.string({
        description: 'A path of this server that needs no key, good for an hour.',
        resolve: ({ networkId, id }, _, ctx) => documentLink(ctx, { networkId, kind: 'invoices', id }),
      }),
      issuedAt: t.expose('issuedAt', { type: 'DateTime' }),
      dueAt: t.expose('dueAt', { type: 'DateTime' }),
      paidAt: t.expose('paidAt', { type: 'DateTime', nullable: true }),
      voidedAt: t.expose('voidedAt', { type: 'DateTime', nullable: true }),
    };
  },
});

const InvoiceFilter = builder.inputType('InvoiceFilter', {
  fields: t => ({
    driverId: t.globalID({ for: DriverRef }),
    status: t.field({ type: InvoiceStatus }),
    from: t.field({ type: 'DateTime', description: 'Of the issue, inclusive.' }),
    to: t.field({ type: 'DateTime', description: 'Of the issue, inclusive.' }),
  }),
});

const CreateInvoiceInput = builder.inputType('CreateInvoiceInput', {
  fields: t => ({
    transactionIds: t.globalIDList({
      required: true,
      for: TransactionRef,
      description: 'Of one driver and one currency, each on no invoice yet. At most 500.',
    }),
  }),
});

const billing = inSubGraph('billing');

billing.queryFields(t => ({
  invoices: t.connection({
    type: InvoiceRef,
    description: 'The newest first.',
    args: { filter: t.arg({ type: InvoiceFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(await listInvoices(ctx, { ...filter, driverId: filter?.driverId?.id ?? null }, page)),
  }),
  invoice: t.field({
    type: InvoiceRef,
    nullable: true,
    args: { id: t.arg.globalID({ required: true, for: InvoiceRef }) },
    resolve: (_, { id }) => id.id,
  }),
}));

billing.mutationFields(t => ({
  createInvoice: t.field({
    type: InvoiceRef,
    description: 'Issues an invoice. Scope: billing; a driver, for their own transactions: write.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: CreateInvoiceInput, required: true }) },
    resolve: (_, { input }, ctx) =>
      createInvoice(
        ctx,
        input.transactionIds.flatMap(id => id?.id ?? []),
      ),
  }),
  markInvoicePaid: t.field({
    type: InvoiceRef,
    description: 'Says that an invoice was paid, by whatever way. Scope: billing.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { id: t.arg.globalID({ required: true, for: InvoiceRef }) },
    resolve: (_, { id }, ctx) => markInvoicePaid(ctx, id.id),
  }),
  voidInvoice: t.field({
    type: InvoiceRef,
    description: 'Makes an invoice void that nobody has paid. Scope: billing.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { id: t.arg.globalID({ required: true, for: InvoiceRef }) },
    resolve: (_, { id }, ctx) => voidInvoice(ctx, id.id),
  }),
}));
