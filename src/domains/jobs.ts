import type { JobHandlers } from '../kernel/jobs.ts';
import { reportIfOffline } from './chargers/charger-connections.ts';
import { mailPasswordReset } from './drivers/accounts.ts';
import { expireSession } from './sessions/start-session.ts';

/** What each job does. */
export const jobHandlers: JobHandlers = {
  'expire-session': expireSession,
  'mail-password-reset': mailPasswordReset,
  'charger-offline': reportIfOffline,
};
