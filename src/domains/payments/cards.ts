import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { requireDriver } from '../../auth/authorize.ts';
import type { SignedInDriver } from '../../auth/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, NotFoundError } from '../../kernel/errors.ts';
import { db } from '../db.ts';
import { askStripe, isMissing } from './ask-stripe.ts';
import { customerOf, ensureCustomer, forgetCustomer } from './customers.ts';
import { type EnabledPayments, requirePayments } from './payment-settings.ts';

/** A card that a driver has saved: at Stripe, and nowhere else. */
export interface Card {
  /** Stripe's id of it. */
  readonly id: string;
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly isDefault: boolean;
}

/** Cards alone can be charged while nobody is there; wallets (Apple Pay, Google Pay) come as cards. */
const TYPES = ['card' as const];
const MOST_CARDS = 100;

/** Begins to save a card in an app of one's own. */
export async function createSetupIntent(
  ctx: Context,
): Promise<{ clientSecret: string; publishableKey: string }> {
  const driver = requireDriver(ctx, 'write');
  const payments = await requirePayments(ctx, driver.networkId);
  const intent = await withCustomer(ctx, payments, driver, customer =>
    payments.stripe.setupIntents.create(
      {
        customer,
        usage: 'off_session',
        allowed_payment_method_types: TYPES,
        metadata: { driverId: driver.id, networkId: driver.networkId },
      },
      { idempotencyKey: `setup-${randomUUID()}` },
    ),
  );
  return { clientSecret: intent.client_secret!, publishableKey: payments.settings.publishableKey! };
}

/** Begins to save a card on Stripe's own page, which leads back to the network's URL. */
export async function createSetupCheckout(ctx: Context): Promise<{ url: string }> {
  const driver = requireDriver(ctx, 'write');
  const payments = await requirePayments(ctx, driver.networkId);
  const returnUrl = payments.settings.successUrl ?? (await appUrlOf(ctx, driver.networkId));
  if (!returnUrl) throw new ConflictError('The network has set no URL to return to.');
  const session = await withCustomer(ctx, payments, driver, customer =>
    payments.stripe.checkout.sessions.create(
      {
        mode: 'setup',
        customer,
        allowed_payment_method_types: TYPES,
        success_url: returnUrl,
        cancel_url: payments.settings.cancelUrl ?? returnUrl,
        metadata: { driverId: driver.id, networkId: driver.networkId },
      },
      { idempotencyKey: `checkout-${randomUUID()}` },
    ),
  );
  return { url: session.url! };
}

async function appUrlOf(ctx: Context, networkId: string): Promise<string | null> {
  const network = await db(ctx)
    .selectFrom('networks')
    .select('appUrl')
    .where('id', '=', networkId)
    .executeTakeFirst();
  return network?.appUrl ?? null;
}

/** The driver's saved cards, the newest first. */
export async function listCards(ctx: Context): Promise<Card[]> {
  const driver = requireDriver(ctx, 'read');
  const { stripe } = await requirePayments(ctx, driver.networkId);
  const customer = await customerOf(ctx, driver);
  return customer ? askStripe(ctx, () => cardsOf(ctx, stripe, driver, customer)) : [];
}

/** Charges go to this card from now on. Throws NotFoundError for one that is not the driver's. */
export async function setDefaultCard(ctx: Context, cardId: string): Promise<Card[]> {
  const driver = requireDriver(ctx, 'write');
  const { stripe } = await requirePayments(ctx, driver.networkId);
  return askStripe(ctx, async () => {
    const customer = await ownerOf(ctx, stripe, driver, cardId);
    await stripe.customers.update(
      customer,
      { invoice_settings: { default_payment_method: cardId } },
      { idempotencyKey: `default-${randomUUID()}` },
    );
    return cardsOf(ctx, stripe, driver, customer);
  });
}

/** Removes a card at Stripe. Throws NotFoundError for one that is not the driver's. */
export async function removeCard(ctx: Context, cardId: string): Promise<Card[]> {
  const driver = requireDriver(ctx, 'write');
  const { stripe } = await requirePayments(ctx, driver.networkId);
  return askStripe(ctx, async () => {
    const customer = await ownerOf(ctx, stripe, driver, cardId);
    await stripe.paymentMethods.detach(cardId, {}, { idempotencyKey: `detach-${randomUUID()}` });
    return cardsOf(ctx, stripe, driver, customer);
  });
}

/** The card that a charge goes to while the driver is not there; null for none. */
export async function cardToCharge(
  ctx: Context,
  stripe: Stripe,
  driver: SignedInDriver,
): Promise<{ customerId: string; paymentMethodId: string } | null> {
  const customerId = await customerOf(ctx, driver);
  const cards = customerId ? await cardsOf(ctx, stripe, driver, customerId) : [];
  const card = cards.find(({ isDefault }) => isDefault);
  return customerId && card ? { customerId, paymentMethodId: card.id } : null;
}

/** The driver's customer, if the card is theirs. */
async function ownerOf(
  ctx: Context,
  stripe: Stripe,
  driver: SignedInDriver,
  cardId: string,
): Promise<string> {
  const customer = await customerOf(ctx, driver);
  const isOne = /^(pm|card|src)_[A-Za-z0-9_]{1,250}$/.test(cardId);
  const card =
    customer && isOne
      ? await stripe.paymentMethods.retrieve(cardId).catch(error => {
          if (isMissing(error)) return null;
          throw error;
        })
      : null;
  if (!customer || card?.customer !== customer) throw new NotFoundError('card');
  return customer;
}

/** The default is the one that the driver chose, or else the newest. */
async function cardsOf(
  ctx: Context,
  stripe: Stripe,
  driver: SignedInDriver,
  customerId: string,
): Promise<Card[]> {
  try {
    const [customer, { data }] = await Promise.all([
      stripe.customers.retrieve(customerId),
      stripe.customers.listPaymentMethods(customerId, { type: 'card', limit: MOST_CARDS }),
    ]);
    const chosen = customer.deleted ? null : customer.invoice_settings.default_payment_method;
    const defaultId = data.find(({ id }) => id === chosen)?.id ?? data[0]?.id;
    return data.map(({ id, card }) => ({
      id,
      brand: card!.brand,
      last4: card!.last4,
      expMonth: card!.exp_month,
      expYear: card!.exp_year,
      isDefault: id === defaultId,
    }));
  } catch (error) {
    if (!isMissing(error)) throw error;
    await forgetCustomer(ctx, driver, customerId);
    return [];
  }
}

/** Does it for the driver's customer; for a new one, where Stripe does not know the old one any more. */
async function withCustomer<T>(
  ctx: Context,
  { stripe }: EnabledPayments,
  driver: SignedInDriver,
  work: (customer: string) => Promise<T>,
): Promise<T> {
  return askStripe(ctx, async () => {
    const customer = await ensureCustomer(ctx, stripe, driver);
    try {
      return await work(customer);
    } catch (error) {
      if (!isMissing(error, 'customer')) throw error;
      await forgetCustomer(ctx, driver, customer);
      return work(await ensureCustomer(ctx, stripe, driver));
    }
  });
}
