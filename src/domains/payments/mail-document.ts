import type { Context } from '../../kernel/context.ts';
import { printDocument } from './documents.ts';

/** Job: mails an invoice or a credit note to the driver, where there is an address. */
export async function mailDocument(
  ctx: Context,
  { invoiceId, creditNoteId }: { readonly invoiceId?: string; readonly creditNoteId?: string },
): Promise<void> {
  const file = creditNoteId
    ? await printDocument(ctx, { kind: 'credit-notes', id: creditNoteId })
    : await printDocument(ctx, { kind: 'invoices', id: invoiceId! });
  if (!file.email) return;
  await ctx.mail.send({
    to: file.email,
    subject: `${file.networkName}: ${file.title}`,
    text: `Thank you for charging with ${file.networkName}.\n\n${file.title} is attached to this mail.\n`,
    attachments: [{ filename: file.fileName, content: file.pdf, contentType: 'application/pdf' }],
  });
}
