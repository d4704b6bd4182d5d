import type { Context } from '../../kernel/context.ts';
import { instantOf } from '../../kernel/instant.ts';
import { NotSentError } from '../../kernel/not-sent-error.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { brandedMail } from './branded-mail.ts';

/** What is older was raised before there was an address. */
const MAX_AGE_HOURS = 24;
const MAX_LISTED = 50;

/**
 * Job: mails a network's operators the alerts that they were not mailed yet, each at most once: that they are mailed is
 * committed first, and taken back where the mail was certainly not taken.
 */
export async function mailAlerts(ctx: Context, { networkId }: { readonly networkId: string }): Promise<void> {
  const network = await db(ctx)
    .selectFrom('networks')
    .select(['name', 'branding', 'appUrl', 'alertEmail'])
    .where('id', '=', networkId)
    .executeTakeFirst();
  if (!network?.alertEmail) return;
  const alerts = await inTransaction(ctx, tx => claim(tx, networkId));
  const [first] = alerts;
  if (!first) return;
  const listed = alerts.slice(0, MAX_LISTED);
  const mail = brandedMail(network, {
    to: network.alertEmail,
    subject: alerts.length === 1 ? `Alert: ${first.message}` : `${alerts.length} alerts`,
    paragraphs: [
      alerts.length === 1 ? 'This needs somebody’s eye:' : 'These need somebody’s eye:',
      ...(alerts.length > listed.length ? [`(the first ${listed.length} of ${alerts.length})`] : []),
    ],
    details: listed.map(({ createdAt, message }) => [
      instantOf(createdAt).round('second').toString(),
      message,
    ]),
    footer: 'Sent to the address for alerts of the network. Acknowledge them in the dashboard.',
  });
  try {
    await ctx.mail.send(mail);
  } catch (error) {
    if (!(error instanceof NotSentError)) {
      ctx.log.warn({ err: error, networkId }, 'nobody knows whether alerts were mailed');
      return;
    }
    if (error.isFinal) {
      ctx.log.warn({ err: error, networkId }, 'alerts not mailed');
      return;
    }
    await db(ctx)
      .updateTable('alerts')
      .set({ mailedAt: null })
      .where(
        'id',
        'in',
        alerts.map(({ id }) => id),
      )
      .execute();
    throw error;
  }
}

const claim = (tx: Context, networkId: string) =>
  db(tx)
    .updateTable('alerts')
    .set({ mailedAt: tx.now().toString() })
    .where('networkId', '=', networkId)
    .where('mailedAt', 'is', null)
    .where('acknowledgedAt', 'is', null)
    .where('createdAt', '>', tx.now().subtract({ hours: MAX_AGE_HOURS }).toString())
    .returning(['id', 'message', 'createdAt'])
    .execute();
