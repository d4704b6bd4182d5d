import type { JobHandlers } from '../kernel/jobs.ts';
import { reportIfOffline } from './chargers/charger-connections.ts';
import { mailPasswordReset } from './drivers/accounts.ts';
import { tellAvailability } from './maintenance/availability.ts';
import { signCertificate } from './maintenance/charger-certificates.ts';
import { expireReservation } from './reservations/end-reservation.ts';
import { fireSchedule } from './reservations/schedules.ts';
import { expireSession } from './sessions/start-session.ts';
import { tellSession } from './sessions/tell-session.ts';
import { balanceLocation, resendLimits } from './smart-charging/balance-location.ts';

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
};
