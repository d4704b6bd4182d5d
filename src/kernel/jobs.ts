import { sql } from 'kysely';
import type { Context } from './context.ts';
import { inTransaction } from './transaction.ts';

/** Background work by name, and what each needs to know. Payloads name the networks that the work acts for. */
export interface JobMap {
  'tell-session': { networkId: string; sessionId: string };
  'expire-session': { networkId: string; sessionId: string };
  'stop-cancelled': { networkId: string; sessionId: string };
  'mail-password-reset': { networkId: string; email: string };
  'expire-reservation': { networkId: string; reservationId: string };
  'fire-schedule': { networkId: string; scheduleId: string };
  /** `deaf`: connectors that have not obeyed in a run of which this is the rest. */
  'balance-location': { networkId: string; locationId: string; deaf?: string[] };
  'resend-limits': { networkId: string; chargerId: string; deaf?: string[] };
  'tell-availability': { networkId: string; chargerId: string };
  'sign-certificate': { networkId: string; certificateId: string };
  /** Asks Stripe for what is to be done about a session's money. */
  'settle-payment': { networkId: string; sessionId: string };
  'hold-payment': { networkId: string; sessionId: string };
  'renew-hold': { networkId: string; sessionId: string; holdIntentId: string };
  'sync-payment': { networkId: string; paymentIntentId: string };
  'mail-document': { networkId: string; invoiceId?: string; creditNoteId?: string };
  'charger-offline': { networkId: string; chargerId: string };
  'check-transactions': { networkId: string; chargerId: string };
  'send-webhooks': { networkId: string; subscriptionId: string };
  /** `from` and `to`: inclusive; `behind`: how far it has come in the log. */
  'recover-webhooks': { networkId: string; subscriptionId: string; from: string; to: string; behind: string };
  'push-notification': { networkId: string; notificationId: string };
  'mail-notification': { networkId: string; notificationId: string };
  'sms-notification': { networkId: string; notificationId: string };
  'remind-of-reservation': { networkId: string; reservationId: string };
  'remind-of-schedule': { networkId: string; scheduleId: string };
  'alert-offline': { networkId: string; chargerId: string; afterMinutes: number };
  'mail-alerts': { networkId: string };
}

export type JobName = keyof JobMap;

export type JobHandlers = {
  readonly [Name in JobName]: (ctx: Context, payload: JobMap[Name]) => Promise<void>;
};

export interface JobOptions {
  readonly runAt?: Temporal.Instant;
  /** A job with the same key that has not begun is replaced. */
  readonly key?: string;
}

/** Adds the job in the running transaction: it will run if, and only if, the change happens. */
export async function addJob<Name extends JobName>(
  ctx: Context,
  name: Name,
  payload: JobMap[Name],
  options: JobOptions = {},
): Promise<void> {
  await inTransaction(ctx, async tx => {
    await sql`select app.add_job(${name}, ${JSON.stringify(payload)}::json,
                             ${options.runAt?.toString() ?? null}::timestamptz, ${options.key ?? null})`.execute(
      tx.em.getKysely(),
    );
  });
}

/** Adds many of one kind, as `addJob` does. */
export async function addJobs<Name extends JobName>(
  ctx: Context,
  name: Name,
  payloads: readonly JobMap[Name][],
): Promise<void> {
  if (payloads.length === 0) return;
  await inTransaction(ctx, async tx => {
    await sql`select app.add_job(${name}, payload::json, null, null)
                from jsonb_array_elements(${JSON.stringify(payloads)}::jsonb) payload`.execute(
      tx.em.getKysely(),
    );
  });
}
