import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { epochMs, wholeSeconds } from '../../kernel/instant.ts';
import { toDecimalString } from '../../kernel/money.ts';
import { db } from '../db.ts';
import type { MailingNetwork } from '../notifications/branded-mail.ts';
import { type PrintedDocument, printPdf } from './document-pdf.ts';
import type { CreditNote, Invoice, InvoiceLine } from './invoice.entity.ts';

export type DocumentKind = 'invoices' | 'credit-notes';

export interface DocumentName {
  readonly networkId: string;
  readonly kind: DocumentKind;
  readonly id: string;
}

const LINK_MINUTES = 60;
const PURPOSE = 'document-link';
const COLOR = '#0F172A';

/**
 * Where a document can be fetched without a key, for an hour: whoever may read the invoice may hand the link on to a
 * browser. A path of this server.
 */
export function documentLink(ctx: Context, name: DocumentName): string {
  const expires = Math.floor(ctx.now().add({ minutes: LINK_MINUTES }).epochMilliseconds / 1000);
  const path = `/documents/${name.networkId}/${name.kind}/${name.id}.pdf`;
  return `${path}?expires=${expires}&signature=${signatureOf(ctx, name, expires)}`;
}

const signatureOf = (ctx: Context, { networkId, kind, id }: DocumentName, expires: number): string =>
  ctx.secret.derive(PURPOSE, [networkId, kind, id, expires].join('/'));

/** Whether a link is one of ours and has not expired. */
export function isGoodLink(ctx: Context, name: DocumentName, expires: number, signature: string): boolean {
  if (!(expires * 1000 > ctx.now().epochMilliseconds)) return false;
  const [given, right] = [signature, signatureOf(ctx, name, expires)].map(text => Buffer.from(text));
  return given!.length === right!.length && timingSafeEqual(given!, right!);
}

export interface PrintedFile {
  readonly fileName: string;
  readonly pdf: Buffer;
  readonly email: string | null;
  readonly network: MailingNetwork;
  readonly title: string;
}

/** Prints an invoice or a credit note of the context's network. Throws NotFoundError. */
export async function printDocument(
  ctx: Context,
  { kind, id }: Omit<DocumentName, 'networkId'>,
): Promise<PrintedFile> {
  const note = kind === 'credit-notes' ? await creditNote(ctx, id) : null;
  const invoice = (await db(ctx)
    .selectFrom('invoices')
    .selectAll()
    .where('id', '=', note?.invoiceId ?? id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .executeTakeFirst()) as Invoice | undefined;
  if (!invoice) throw new NotFoundError('invoice');
  const network = await db(ctx)
    .selectFrom('networks')
    .select('branding')
    .where('id', '=', invoice.networkId)
    .executeTakeFirstOrThrow();
  const color = network.branding.primaryColor ?? COLOR;
  const printed = note
    ? ofNote(note, invoice, color)
    : ofInvoice(invoice, await linesOf(ctx, invoice), await waivedOf(ctx, invoice), color);
  return {
    fileName: `${printed.number}.pdf`,
    pdf: await printPdf(printed),
    email: invoice.driverEmail ?? null,
    network: { name: invoice.networkName, branding: network.branding },
    title: `${printed.title} ${printed.number}`,
  };
}

async function creditNote(ctx: Context, id: string): Promise<CreditNote> {
  const note = (await db(ctx)
    .selectFrom('credit_notes')
    .selectAll()
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .executeTakeFirst()) as CreditNote | undefined;
  if (!note) throw new NotFoundError('credit note');
  return note;
}

const linesOf = async (ctx: Context, { id }: Invoice): Promise<InvoiceLine[]> =>
  (await db(ctx)
    .selectFrom('invoice_lines')
    .selectAll()
    .where('invoiceId', '=', id)
    .orderBy('position')
    .execute()) as InvoiceLine[];

/** What of the invoice nobody has to pay, for it is below the least amount that is charged. Minor units. */
async function waivedOf(ctx: Context, { id }: Invoice): Promise<bigint> {
  const { total } = await db(ctx)
    .selectFrom('invoice_lines as l')
    .innerJoin('transactions as t', 't.id', 'l.transactionId')
    .innerJoin('session_payments as p', 'p.sessionId', 't.sessionId')
    .select(({ fn }) => fn.sum<string | null>('l.total').as('total'))
    .where('l.invoiceId', '=', id)
    .where('p.state', '=', 'released')
    .executeTakeFirstOrThrow();
  return BigInt(total ?? 0);
}

const recipientOf = ({ driverName, driverAddress, driverEmail }: Invoice): string[] =>
  [driverName, driverAddress, driverEmail].flatMap(text => text ?? []);

const day = (instant: string): string => wholeSeconds(instant).slice(0, 10);
const time = (instant: string): string => `${wholeSeconds(instant).slice(0, 16).replace('T', ' ')} UTC`;

const sumsOf = ({ subtotal, tax, total, currency }: Invoice | CreditNote) =>
  [
    ['Subtotal', amountOf(subtotal, currency)],
    ['Tax', amountOf(tax, currency)],
    ['Total', amountOf(total, currency)],
  ] as const;

const amountOf = (minor: string, currency: string): string =>
  `${toDecimalString(BigInt(minor), currency)} ${currency}`;

function ofInvoice(
  invoice: Invoice,
  lines: readonly InvoiceLine[],
  waived: bigint,
  color: string,
): PrintedDocument {
  const state = { draft: 'Draft', issued: 'Due', paid: 'Paid', void: 'Void' }[invoice.status];
  const isDue = invoice.status === 'issued' && epochMs(invoice.dueAt) > epochMs(invoice.issuedAt);
  return {
    title: 'Invoice',
    number: invoice.number,
    networkName: invoice.networkName,
    color,
    recipient: recipientOf(invoice),
    facts: [
      ['Issued', day(invoice.issuedAt)],
      ...(isDue ? ([['Due', day(invoice.dueAt)]] as const) : []),
      ['Status', state],
    ],
    lines: lines.map(line => ({
      text: line.locationName ?? line.chargerUid,
      detail: `${time(line.sessionStart)} · ${Number(line.energyWh) / 1000} kWh · ${line.chargerUid}`,
      amount: amountOf(line.total, invoice.currency),
    })),
    sums: sumsOf(invoice),
    note:
      waived > 0n
        ? `${amountOf(String(waived), invoice.currency)} of it is below the least amount that is charged, and is waived.`
        : null,
  };
}

function ofNote(note: CreditNote, invoice: Invoice, color: string): PrintedDocument {
  return {
    title: 'Credit note',
    number: note.number,
    networkName: invoice.networkName,
    color,
    recipient: recipientOf(invoice),
    facts: [
      ['Issued', day(note.issuedAt)],
      ['For invoice', `${invoice.number} of ${day(invoice.issuedAt)}`],
    ],
    lines: [{ text: 'Refund', detail: note.reason ?? '', amount: amountOf(note.total, note.currency) }],
    sums: sumsOf(note),
    note: null,
  };
}
