import type { JobHandlers } from '../kernel/jobs.ts';
import { reportIfOffline } from './chargers/charger-connections.ts';
import { mailPasswordReset } from './drivers/accounts.ts';
import { expireReservation } from './reservations/end-reservation.ts';
import { fireSchedule } from './reservations/schedules.ts';
import { checkTransactions } from './sessions/check-transactions.ts';
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
  'charger-offline': reportIfOffline,
  'check-transactions': checkTransactions,
};
