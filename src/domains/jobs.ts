import type { JobHandlers, JobName } from '../kernel/jobs.ts';
import { reportIfOffline } from './chargers/charger-connections.ts';
import { mailPasswordReset } from './drivers/accounts.ts';
import { tellAvailability } from './maintenance/availability.ts';
import { signCertificate } from './maintenance/charger-certificates.ts';
import { deliverPush } from './push/send-push.ts';
import { expireReservation } from './reservations/end-reservation.ts';
import { fireSchedule } from './reservations/schedules.ts';
import { checkTransactions } from './sessions/check-transactions.ts';
import { expireSession } from './sessions/start-session.ts';
import { tellSession } from './sessions/tell-session.ts';
import { balanceLocation, resendLimits } from './smart-charging/balance-location.ts';
import { recoverWebhooks } from './webhooks/redeliver.ts';
import { sendWebhooks } from './webhooks/send-webhooks.ts';

/** What each job does. */
export const jobHandlers: JobHandlers = {
  'tell-session': tellSession,
  'expire-session': expireSession,
  'mail-password-reset': mailPasswordReset,
  'expire-reservation': expireReservation,
  'fire-schedule': fireSchedule,
  'balance-location': balanceLocation,
  'resend-limits': resendLimits,
  'tell-availability': tellAvailability,
  'sign-certificate': signCertificate,
  'charger-offline': reportIfOffline,
  'send-webhooks': sendWebhooks,
  'recover-webhooks': recoverWebhooks,
  'send-push': deliverPush,
  'check-transactions': checkTransactions,
};

/** Those that wait for machines of others: they must not take the places of those that wait for nothing but us. */
export const outgoingJobs: ReadonlySet<string> = new Set<JobName>(['send-webhooks', 'send-push']);
