import type { JobHandlers } from '../kernel/jobs.ts';
import { reportIfOffline } from './chargers/charger-connections.ts';
import { mailPasswordReset } from './drivers/accounts.ts';
import { renewHold, settlePayment } from './payments/drive-payment.ts';
import { mailDocument } from './payments/mail-document.ts';
import { holdPayment } from './payments/session-payment.ts';
import { syncPayment } from './payments/sync-payment.ts';
import { expireReservation } from './reservations/end-reservation.ts';
import { fireSchedule } from './reservations/schedules.ts';
import { expireSession } from './sessions/start-session.ts';
import { balanceLocation, resendLimits } from './smart-charging/balance-location.ts';

/** What each job does. */
export const jobHandlers: JobHandlers = {
  'expire-session': expireSession,
  'mail-password-reset': mailPasswordReset,
  'expire-reservation': expireReservation,
  'fire-schedule': fireSchedule,
  'balance-location': balanceLocation,
  'resend-limits': resendLimits,
  'settle-payment': settlePayment,
  'hold-payment': holdPayment,
  'renew-hold': renewHold,
  'sync-payment': syncPayment,
  'mail-document': mailDocument,
  'charger-offline': reportIfOffline,
};
