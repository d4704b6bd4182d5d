import { createHmac, randomBytes } from 'node:crypto';
import type { InstallationSecret, SealedColumn } from '../../kernel/installation-secret.ts';
import type { WebhookSubscription } from './webhook.entity.ts';

// Standard Webhooks 1.0.0, "Signature scheme": HMAC-SHA256 under a secret that is written whsec_ and base64.

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;
const SEALED_AS = 'webhook-secret';

export const SEALED_WEBHOOK_SECRETS: readonly SealedColumn[] = [
  { table: 'webhook_subscriptions', column: 'sealed_secret', purpose: SEALED_AS },
  { table: 'webhook_subscriptions', column: 'sealed_previous_secret', purpose: SEALED_AS },
];

export const newWebhookSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

export const sealWebhookSecret = (secret: InstallationSecret, webhookSecret: string): string =>
  secret.seal(SEALED_AS, webhookSecret);

/** The secrets that sign at this moment, the newest first. */
export function signingSecrets(
  secret: InstallationSecret,
  { sealedSecret, sealedPreviousSecret, previousSecretUntil }: WebhookSubscription,
  now: Temporal.Instant,
): string[] {
  const overlaps = previousSecretUntil != null && Temporal.Instant.compare(now, previousSecretUntil) < 0;
  return [sealedSecret, ...(overlaps && sealedPreviousSecret ? [sealedPreviousSecret] : [])].map(sealed =>
    secret.unseal(SEALED_AS, sealed),
  );
}

/** The three headers of a message; `id` is the same at each attempt. */
export function signatureHeaders(
  secrets: readonly string[],
  message: { readonly id: string; readonly at: Temporal.Instant; readonly body: string },
): Record<string, string> {
  const timestamp = String(Math.floor(message.at.epochMilliseconds / 1000));
  const signatures = secrets.map(secret => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    const signed = `${message.id}.${timestamp}.${message.body}`;
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
