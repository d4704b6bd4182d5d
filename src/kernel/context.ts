import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type Stripe from 'stripe';
import type { Viewer } from '../auth/viewer.ts';
import type { ChargerCommands } from './charger-commands.ts';
import type { EventHub } from './event-hub.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import type { InstallationSecret } from './installation-secret.ts';
import type { Mailer } from './mailer.ts';
import { runInScope, type Scope } from './scope.ts';
import type { SmsSender } from './sms.ts';

/** What one piece of work may use: made for each request, OCPP call or job, and handed down as it is. */
export interface Context {
  readonly em: SqlEntityManager;
  readonly viewer: Viewer;
  readonly scope: Scope;
  readonly now: () => Temporal.Instant;
  /** Events of committed work, as they happen. */
  readonly hub: EventHub;
  /** The way to a charging station, wherever its socket is held. */
  readonly chargers: ChargerCommands;
  /** Where the request came from; null for the product's own work. */
  readonly clientAddress: string | null;
  /** Mail on its way out; for jobs, which are tried again. */
  readonly mail: Mailer;
  /** SMS on its way out; null where this installation sends none. */
  readonly sms: SmsSender | null;
  /** HTTP to places that others have named; for jobs, never within a transaction. */
  readonly outgoing: GuardedFetch;
  /** What only this installation knows. */
  readonly secret: InstallationSecret;
  /** Stripe, under the secret key of a network's account. */
  readonly stripe: (secretKey: string) => Stripe;
  readonly requestId: string;
  readonly log: Logger;
  /** Set within a transaction: what must be told once it is committed. */
  readonly afterCommit?: Set<() => void>;
}

/** Runs the work with the context's tenants set for every connection it takes. */
export const inScopeOf = <T>(ctx: Context, work: () => T): T => runInScope(ctx.scope, work);
