import type { JobHandlers, JobName } from '../kernel/jobs.ts';
import { reportIfOffline } from './chargers/charger-connections.ts';
import { mailPasswordReset } from './drivers/accounts.ts';
import { tellAvailability } from './maintenance/availability.ts';
import { signCertificate } from './maintenance/charger-certificates.ts';
import { mailAlerts } from './notifications/mail-alerts.ts';
import { alertIfOffline } from './notifications/offline-alert.ts';
import { remindOfReservation, remindOfSchedule } from './notifications/reminders.ts';
import { sendNotification } from './notifications/send-notification.ts';
import { expireReservation } from './reservations/end-reservation.ts';
import { fireSchedule } from './reservations/schedules.ts';
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
export const laneOf: { readonly [Name in JobName]?: 'web' | 'mail' | 'sms' } = {
  'send-webhooks': 'web',
  'push-notification': 'web',
  'mail-notification': 'mail',
  'mail-password-reset': 'mail',
  'mail-alerts': 'mail',
  'sms-notification': 'sms',
};
