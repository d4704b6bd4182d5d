import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';
import { Transaction } from './transaction.entity.ts';

/** Invoices are issued at once; `draft` is for those of the future that are not. */
export const INVOICE_STATUSES = ['draft', 'issued', 'paid', 'void'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** A bill to a driver over one or several transactions, all that it says copied in. Minor units of `currency`. */
export const Invoice = defineEntity({
  name: 'Invoice',
  tableName: 'invoices',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').nullable(),
    /** Without gaps within a network and year. */
    number: p.text(),
    status: p.text().$type<InvoiceStatus>(),
    networkName: p.text(),
    driverName: p.text().nullable(),
    driverEmail: p.text().nullable(),
    driverAddress: p.text().nullable(),
    currency: p.string().length(3),
    subtotal: column.bigint(),
    tax: column.bigint(),
    total: column.bigint(),
    issuedAt: column.instant(),
    dueAt: column.instant(),
    paidAt: column.instant().nullable(),
    voidedAt: column.instant().nullable(),
  },
  uniques: [{ name: 'invoices_number_unique', properties: ['networkId', 'number'] }],
  indexes: [
    { name: 'invoices_network_issued_index', properties: ['networkId', 'issuedAt', 'id'] },
    { name: 'invoices_driver_index', properties: ['driverId', 'issuedAt'] },
  ],
});
export type Invoice = InferEntity<typeof Invoice>;

/** A transaction on an invoice: on one at a time, and free for another once that one is void. */
export const InvoiceLine = defineEntity({
  name: 'InvoiceLine',
  tableName: 'invoice_lines',
  ...tenantTable,
  properties: {
    invoiceId: () => p.manyToOne(Invoice).mapToPk().fieldName('invoice_id').primary(),
    position: p.integer().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    transactionId: () => p.manyToOne(Transaction).mapToPk().fieldName('transaction_id'),
    isVoid: p.boolean().default(false),
    sessionStart: column.instant(),
    locationName: p.text().nullable(),
    chargerUid: p.text(),
    energyWh: column.decimal(16, 3),
    subtotal: column.bigint(),
    tax: column.bigint(),
    total: column.bigint(),
  },
  indexes: [
    {
      name: 'invoice_lines_transaction_unique',
      expression:
        'create unique index "invoice_lines_transaction_unique" on "invoice_lines" ("transaction_id") where ("is_void" = false)',
    },
  ],
});
export type InvoiceLine = InferEntity<typeof InvoiceLine>;

/** Takes back a part of an invoice: one for each refund of a transaction that stands on one. */
export const CreditNote = defineEntity({
  name: 'CreditNote',
  tableName: 'credit_notes',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    invoiceId: () => p.manyToOne(Invoice).mapToPk().fieldName('invoice_id'),
    transactionId: () => p.manyToOne(Transaction).mapToPk().fieldName('transaction_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').nullable(),
    /** The refund, or one that was made at Stripe: its operation. */
    operationId: p.uuid().unique('credit_notes_operation_unique'),
    /** Without gaps within a network and year, in a series of their own. */
    number: p.text(),
    currency: p.string().length(3),
    subtotal: column.bigint(),
    tax: column.bigint(),
    total: column.bigint(),
    reason: p.text().nullable(),
    issuedAt: column.instant(),
  },
  uniques: [{ name: 'credit_notes_number_unique', properties: ['networkId', 'number'] }],
  indexes: [{ name: 'credit_notes_invoice_index', properties: ['invoiceId'] }],
});
export type CreditNote = InferEntity<typeof CreditNote>;
