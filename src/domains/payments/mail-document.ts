import type { Context } from '../../kernel/context.ts';
import { brandedMail } from '../notifications/branded-mail.ts';
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
  const mail = brandedMail(file.network, {
    to: file.email,
    subject: `${file.network.name}: ${file.title}`,
    paragraphs: [
      `Thank you for charging with ${file.network.name}.`,
      `${file.title} is attached to this mail.`,
    ],
    footer: 'This mail was sent because a charge was billed to you.',
  });
  await ctx.mail.send({
    ...mail,
    attachments: [{ filename: file.fileName, content: file.pdf, contentType: 'application/pdf' }],
  });
}
