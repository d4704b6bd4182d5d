import Big from 'big.js';
import Stripe from 'stripe';
import { authorize, primaryNetwork, reachedNetwork, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, PaymentsNotEnabledError } from '../../kernel/errors.ts';
import type { SealedColumn } from '../../kernel/installation-secret.ts';
import { minorDigits, toMinor } from '../../kernel/money.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { checkWebUrl } from '../../kernel/web-url.ts';
import { db } from '../db.ts';
import { checkCurrency } from '../network/networks.ts';
import type { PaymentSettings } from './payment-settings.entity.ts';

const SECRET_KEY = 'stripe-secret-key';
const WEBHOOK_SECRET = 'stripe-webhook-secret';

export const SEALED_SETTINGS: readonly SealedColumn[] = [
  { table: 'payment_settings', column: 'sealed_secret_key', purpose: SECRET_KEY },
  { table: 'payment_settings', column: 'sealed_webhook_secret', purpose: WEBHOOK_SECRET },
];

export const PAYMENT_METHODS = ['card', 'apple_pay', 'google_pay', 'link'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export interface PaymentSettingsChanges {
  /** The primary one where left out. */
  readonly networkId?: string | null;
  readonly isEnabled?: boolean | null;
  readonly publishableKey?: string | null;
  readonly secretKey?: string | null;
  readonly webhookSecret?: string | null;
  /** ISO 4217. Another one than before clears the amounts that are not given with it. */
  readonly currency?: string | null;
  readonly methods?: readonly PaymentMethod[] | null;
  /** Major units, exact decimals; null for none. */
  readonly holdAmount?: string | null;
  readonly minimumAmount?: string | null;
  readonly maximumAmount?: string | null;
  readonly successUrl?: string | null;
  readonly cancelUrl?: string | null;
}

const AMOUNTS = ['holdAmount', 'minimumAmount', 'maximumAmount'] as const;

/** How a network takes payments, without its secrets. For those who set it. */
export async function paymentSettings(ctx: Context, networkId?: string | null): Promise<PaymentSettings> {
  authorize(ctx.viewer, 'billing');
  return settingsOf(ctx, reachedNetwork(ctx, networkId));
}

/**
 * Changes what is given. A secret key is tried at Stripe before it is taken. Throws ValidationError, NotFoundError for
 * a network that the caller does not reach.
 */
export async function updatePaymentSettings(
  ctx: Context,
  changes: PaymentSettingsChanges,
): Promise<PaymentSettings> {
  authorize(ctx.viewer, 'billing');
  const networkId = reachedNetwork(ctx, changes.networkId);
  check(changes);
  if (changes.secretKey) await tryKey(ctx, changes.secretKey);
  return inTransaction(ctx, async tx => {
    // two who change it at once change it one after the other
    await db(tx).selectFrom('networks').select('id').where('id', '=', networkId).forNoKeyUpdate().execute();
    const before = await settingsOf(tx, networkId);
    const after = merged(tx, before, changes);
    checkWhole(after, changes);
    const { networkId: _, ...columns } = { ...after, updatedAt: tx.now().toString() };
    await db(tx)
      .insertInto('payment_settings')
      .values({ networkId, ...columns, methods: [...columns.methods] })
      .onConflict(conflict => conflict.column('networkId').doUpdateSet(columns))
      .execute();
    return after;
  });
}

function check(changes: PaymentSettingsChanges): void {
  const { secretKey, publishableKey, webhookSecret, currency, methods, successUrl, cancelUrl } = changes;
  if (secretKey != null && !/^[sr]k_(test|live)_[A-Za-z0-9_]{8,250}$/.test(secretKey)) {
    invalid('secretKey', 'must be a secret key of Stripe’s, such as sk_live_…');
  }
  if (publishableKey != null && !/^pk_(test|live)_[A-Za-z0-9_]{8,250}$/.test(publishableKey)) {
    invalid('publishableKey', 'must be a publishable key of Stripe’s, such as pk_live_…');
  }
  if (webhookSecret != null && !/^whsec_[A-Za-z0-9_+/=]{8,250}$/.test(webhookSecret)) {
    invalid('webhookSecret', 'must be a signing secret of Stripe’s, such as whsec_…');
  }
  if (currency != null) checkCurrency('currency', currency);
  if (methods?.length === 0) invalid('methods', 'name at least one');
  if (successUrl != null) checkWebUrl('successUrl', successUrl);
  if (cancelUrl != null) checkWebUrl('cancelUrl', cancelUrl);
}

/** Whether Stripe knows the key. Where Stripe cannot be asked now, the key is taken as it is. */
async function tryKey(ctx: Context, secretKey: string): Promise<void> {
  try {
    await ctx.stripe(secretKey).customers.list({ limit: 1 }, { maxNetworkRetries: 0 });
  } catch (error) {
    if (error instanceof Stripe.errors.StripeAuthenticationError) {
      invalid('secretKey', 'is not known to Stripe');
    }
  }
}

function merged(tx: Context, before: PaymentSettings, changes: PaymentSettingsChanges): PaymentSettings {
  const given = <Name extends keyof PaymentSettingsChanges & keyof PaymentSettings>(name: Name) =>
    changes[name] === undefined ? before[name] : (changes[name] as PaymentSettings[Name]);
  const currency = changes.currency ?? before.currency;
  const amount = (name: (typeof AMOUNTS)[number]) => {
    const value = changes[name];
    if (value === undefined) return currency === before.currency ? before[name] : null;
    return value === null ? null : minorOf(name, value, currency);
  };
  const { secretKey, webhookSecret } = changes;
  return {
    ...before,
    isEnabled: changes.isEnabled ?? before.isEnabled,
    publishableKey: given('publishableKey'),
    ...(secretKey !== undefined && {
      sealedSecretKey: secretKey && tx.secret.seal(SECRET_KEY, secretKey),
      secretKeyLastFour: secretKey?.slice(-4) ?? null,
    }),
    ...(webhookSecret !== undefined && {
      sealedWebhookSecret: webhookSecret && tx.secret.seal(WEBHOOK_SECRET, webhookSecret),
    }),
    currency,
    methods: [...(changes.methods ?? before.methods)],
    holdAmount: amount('holdAmount'),
    minimumAmount: amount('minimumAmount'),
    maximumAmount: amount('maximumAmount'),
    successUrl: given('successUrl'),
    cancelUrl: given('cancelUrl'),
  } as PaymentSettings;
}

function minorOf(field: string, decimal: string, currency: string): string {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(decimal)) invalid(field, 'must be an amount of zero or more');
  const [, places = ''] = decimal.replace(/0+$/, '').split('.');
  if (places.length > minorDigits(currency)) {
    invalid(field, `has more decimals than ${currency}`);
  }
  return String(toMinor(new Big(decimal), currency));
}

function checkWhole(after: PaymentSettings, changes: PaymentSettingsChanges): void {
  if (after.holdAmount === '0') invalid('holdAmount', 'must be above zero; null holds nothing');
  if (after.minimumAmount != null && after.maximumAmount != null) {
    if (BigInt(after.minimumAmount) > BigInt(after.maximumAmount)) {
      invalid('minimumAmount', 'must not be above maximumAmount');
    }
  }
  const modes = new Set([changes.secretKey, after.publishableKey].flatMap(key => key?.split('_')[1] ?? []));
  if (modes.size > 1) invalid('publishableKey', 'must be of the same mode (test or live) as the secret key');
  if (!after.isEnabled) return;
  if (!after.sealedSecretKey) invalid('secretKey', 'is needed for taking payments');
  if (!after.publishableKey) invalid('publishableKey', 'is needed for taking payments');
}

/** As they are, or as they are where nobody has set anything. */
async function settingsOf(ctx: Context, networkId: string): Promise<PaymentSettings> {
  const settings = await db(ctx)
    .selectFrom('payment_settings')
    .selectAll()
    .where('networkId', '=', networkId)
    .executeTakeFirst();
  if (settings) return settings as PaymentSettings;
  const network = await db(ctx)
    .selectFrom('networks')
    .select('currency')
    .where('id', '=', networkId)
    .executeTakeFirstOrThrow();
  return {
    networkId,
    isEnabled: false,
    publishableKey: null,
    sealedSecretKey: null,
    secretKeyLastFour: null,
    sealedWebhookSecret: null,
    currency: network.currency,
    methods: ['card'],
    holdAmount: null,
    minimumAmount: null,
    maximumAmount: null,
    successUrl: null,
    cancelUrl: null,
    updatedAt: ctx.now().toString(),
  } as PaymentSettings;
}

/** How the caller's network takes payments: nothing but what an app may know. Without settings, honestly off. */
export async function paymentConfig(ctx: Context): Promise<PaymentSettings> {
  authorize(ctx.viewer, 'read', 'public');
  const settings = await settingsOf(ctx, signedInDriver(ctx.viewer)?.networkId ?? primaryNetwork(ctx));
  if (settings.isEnabled) return settings;
  return {
    ...settings,
    publishableKey: null,
    methods: [],
    holdAmount: null,
    minimumAmount: null,
    maximumAmount: null,
  };
}

export interface EnabledPayments {
  readonly settings: PaymentSettings;
  readonly stripe: Stripe;
}

/** Null where the network takes no payments. */
export async function paymentsOf(ctx: Context, networkId: string): Promise<EnabledPayments | null> {
  const settings = await settingsOf(ctx, networkId);
  return settings.isEnabled ? withStripe(ctx, settings) : null;
}

/** For money that is under way: also where payments were turned off since. Null where there is no key any more. */
export async function stripeOf(ctx: Context, networkId: string): Promise<Stripe | null> {
  const settings = await settingsOf(ctx, networkId);
  return settings.sealedSecretKey ? withStripe(ctx, settings).stripe : null;
}

const withStripe = (ctx: Context, settings: PaymentSettings): EnabledPayments => ({
  settings,
  stripe: ctx.stripe(ctx.secret.unseal(SECRET_KEY, settings.sealedSecretKey!)),
});

/** Throws PaymentsNotEnabledError. */
export async function requirePayments(ctx: Context, networkId: string): Promise<EnabledPayments> {
  const payments = await paymentsOf(ctx, networkId);
  if (!payments) throw new PaymentsNotEnabledError();
  return payments;
}

/** What Stripe signs the network's webhook events with; null where nobody has set it. */
export async function webhookSecretOf(ctx: Context, networkId: string): Promise<string | null> {
  const settings = await db(ctx)
    .selectFrom('payment_settings')
    .select('sealedWebhookSecret')
    .where('networkId', '=', networkId)
    .executeTakeFirst();
  return settings?.sealedWebhookSecret
    ? ctx.secret.unseal(WEBHOOK_SECRET, settings.sealedWebhookSecret)
    : null;
}
