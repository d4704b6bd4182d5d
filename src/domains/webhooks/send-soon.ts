import type { Context } from '../../kernel/context.ts';
import { addJob } from '../../kernel/jobs.ts';

interface Target {
  readonly id: string;
  readonly networkId: string;
}

/** Has what is due sent, soon or at the time given. Each reason to look has a job of its own: none puts another off. */
const sendAt = (tx: Context, { id, networkId }: Target, reason: string, runAt?: Temporal.Instant) =>
  addJob(
    tx,
    'send-webhooks',
    { networkId, subscriptionId: id },
    { key: `send-webhooks:${id}:${reason}`, ...(runAt && { runAt }) },
  );

/** There are new deliveries, in the running transaction. */
export const sendSoon = (tx: Context, target: Target): Promise<void> => sendAt(tx, target, 'new');

/** The earliest of what is left is due then. */
export const sendWhenDue = (tx: Context, target: Target, at: Temporal.Instant): Promise<void> =>
  sendAt(tx, target, 'due', at);

/** Another process is sending, and has done so by then, or died. */
export const sendAfterLease = (tx: Context, target: Target, at: Temporal.Instant): Promise<void> =>
  sendAt(tx, target, 'lease', at);
