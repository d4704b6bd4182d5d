import type { JobHandlers, JobName } from '../kernel/jobs.ts';
import { reportIfOffline } from './chargers/charger-connections.ts';
import { mailPasswordReset } from './drivers/accounts.ts';
import { tellAvailability } from './maintenance/availability.ts';
import { signCertificate } from './maintenance/charger-certificates.ts';
import { mailAlerts } from './notifications/mail-alerts.ts';
import { alertIfOffline } from './notifications/offline-alert.ts';
import { remindOfReservation, remindOfSchedule } from './notifications/reminders.ts';
import { sendNotification } from './notifications/send-notification.ts';
import { renewHold, settlePayment } from './payments/drive-payment.ts';
import { mailDocument } from './payments/mail-document.ts';
import { holdPayment } from './payments/session-payment.ts';
import { syncPayment } from './payments/sync-payment.ts';
import { expireReservation } from './reservations/end-reservation.ts';
import { fireSchedule } from './reservations/schedules.ts';
import { checkTransactions } from './sessions/check-transactions.ts';
import { expireSession } from './sessions/start-session.ts';
import { stopCancelled } from './sessions/stop-session.ts';
import { tellSession } from './sessions/tell-session.ts';
import { balanceLocation, resendLimits } from './smart-charging/balance-location.ts';
import { recoverWebhooks } from './webhooks/redeliver.ts';
import { sendWebhooks } from './webhooks/send-webhooks.ts';

/** What each job does. */
export const jobHandlers: JobHandlers = {
  'tell-session': tellSession,
  'expire-session': expireSession,
  'stop-cancelled': stopCancelled,
  'mail-password-reset': mailPasswordReset,
  'expire-reservation': expireReservation,
  'fire-schedule': fireSchedule,
  'balance-location': balanceLocation,
  'resend-limits': resendLimits,
  'tell-availability': tellAvailability,
  'sign-certificate': signCertificate,
  'settle-payment': settlePayment,
  'hold-payment': holdPayment,
  'renew-hold': renewHold,
  'sync-payment': syncPayment,
  'mail-document': mailDocument,
  'charger-offline': reportIfOffline,
  'send-webhooks': sendWebhooks,
  'recover-webhooks': recoverWebhooks,
  'check-transactions': checkTransactions,
  'push-notification': sendNotification,
  'mail-notification': sendNotification,
  'sms-notification': sendNotification,
  'remind-of-reservation': remindOfReservation,
  'remind-of-schedule': remindOfSchedule,
  'alert-offline': alertIfOffline,
  'mail-alerts': mailAlerts,
};

/**
 * What a job waits for beside us: the machines of others, whose slowness must hold up nothing else. Those that are not
 * named wait for nothing.
 */
export const LANES = ['web', 'stripe', 'mail', 'sms'] as const;
export const laneOf: { readonly [Name in JobName]?: (typeof LANES)[number] } = {
  'settle-payment': 'stripe',
  'hold-payment': 'stripe',
  'renew-hold': 'stripe',
  'sync-payment': 'stripe',
  'mail-document': 'mail',
  'send-webhooks': 'web',
  'push-notification': 'web',
  'mail-notification': 'mail',
  'mail-password-reset': 'mail',
  'mail-alerts': 'mail',
  'sms-notification': 'sms',
};
