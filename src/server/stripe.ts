import Stripe from 'stripe';
import type { Config } from './config.ts';

/** So many accounts' clients are kept at hand. */
const KEPT = 500;

/**
 * Makes Stripe's own client for an account, one for each secret key. It calls nobody but the API, and sends no
 * telemetry. It tries once more by itself where a call fails on the way, under the same idempotency key: that heals
 * what is short; for what is not, the ledger of operations remembers and the reconciliation looks.
 */
export function stripeAt(
  config: Pick<Config, 'STRIPE_API_URL' | 'STRIPE_TIMEOUT_SECONDS'>,
): (secretKey: string) => Stripe {
  const { protocol, hostname, port } = new URL(config.STRIPE_API_URL);
  const clients = new Map<string, Stripe>();
  return secretKey => {
    const known = clients.get(secretKey);
    if (known) return known;
    const client = new Stripe(secretKey, {
      protocol: protocol === 'http:' ? 'http' : 'https',
      host: hostname,
      port: port || (protocol === 'http:' ? 80 : 443),
      telemetry: false,
      maxNetworkRetries: 1,
      timeout: config.STRIPE_TIMEOUT_SECONDS * 1000,
    });
    const [oldest] = clients.keys();
    if (clients.size >= KEPT && oldest !== undefined) clients.delete(oldest);
    clients.set(secretKey, client);
    return client;
  };
}
