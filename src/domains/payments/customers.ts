import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { db } from '../db.ts';

/** Stripe forgets idempotency keys after 24 hours. */
const KEY_HOURS = 23;

type Owner = { readonly id: string; readonly networkId: string };

/** Who the driver is to Stripe; null where they are nobody yet. */
export async function customerOf(ctx: Context, driver: Owner): Promise<string | null> {
  const row = await db(ctx)
    .selectFrom('payment_customers')
    .select('customerId')
    .where('driverId', '=', driver.id)
    .where('networkId', '=', driver.networkId)
    .executeTakeFirst();
  return row?.customerId ?? null;
}

/** The same, made where there is none: once, however many ask at a time, for all call under one key. */
export async function ensureCustomer(ctx: Context, stripe: Stripe, driver: Owner): Promise<string> {
  const known = await customerOf(ctx, driver);
  return known ?? makeCustomer(ctx, stripe, driver);
}

/** The account at Stripe does not know the customer: another one has taken its place. */
export async function forgetCustomer(ctx: Context, driver: Owner, customerId: string): Promise<void> {
  await db(ctx)
    .deleteFrom('payment_customers')
    .where('driverId', '=', driver.id)
    .where('customerId', '=', customerId)
    .execute();
}

async function makeCustomer(ctx: Context, stripe: Stripe, driver: Owner): Promise<string> {
  const idempotencyKey = await keyFor(ctx, driver);
  const { firstName, lastName, email } = await db(ctx)
    .selectFrom('drivers')
    .select(['firstName', 'lastName', 'email'])
    .where('id', '=', driver.id)
    .executeTakeFirstOrThrow();
  const customer = await stripe.customers.create(
    {
      email,
      name: `${firstName} ${lastName}`.trim(),
      metadata: { driverId: driver.id, networkId: driver.networkId },
    },
    { idempotencyKey },
  );
  await db(ctx)
    .updateTable('payment_customers')
    .set({ customerId: customer.id })
    .where('driverId', '=', driver.id)
    .where('idempotencyKey', '=', idempotencyKey)
    .where('customerId', 'is', null)
    .execute();
  return customer.id;
}

/** The key of the call that makes the customer, stored before it. An old one that led to nothing is given up. */
async function keyFor(ctx: Context, driver: Owner): Promise<string> {
  const now = ctx.now();
  const row = await db(ctx)
    .insertInto('payment_customers')
    .values({
      driverId: driver.id,
      networkId: driver.networkId,
      idempotencyKey: `customer-${randomUUID()}`,
      customerId: null,
      createdAt: now.toString(),
    })
    .onConflict(conflict =>
      // an update that changes nothing, so that the row is answered
      conflict.column('driverId').doUpdateSet({ networkId: driver.networkId }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  if (epochMs(row.createdAt) > now.subtract({ hours: KEY_HOURS }).epochMilliseconds) {
    return row.idempotencyKey;
  }
  const idempotencyKey = `customer-${randomUUID()}`;
  await db(ctx)
    .updateTable('payment_customers')
    .set({ idempotencyKey, createdAt: now.toString() })
    .where('driverId', '=', driver.id)
    .where('idempotencyKey', '=', row.idempotencyKey)
    .where('customerId', 'is', null)
    .execute();
  return idempotencyKey;
}
