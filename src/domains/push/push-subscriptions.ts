import { ECDH } from 'node:crypto';
import { requireDriver } from '../../auth/authorize.ts';
import type { SignedInDriver } from '../../auth/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { PushSubscription } from './push-subscription.entity.ts';
import { type PushMessage, pushTo } from './send-push.ts';
import { vapidKeys } from './vapid-keys.ts';

/** Devices of one driver; the oldest gives way. */
const MAX_DEVICES = 20;
const AUTH_BYTES = 16;
const TEST: PushMessage = { title: 'It works', body: 'This device gets messages of your charges.' };

/** As a browser's `PushSubscription.toJSON()` has it. */
export interface NewPushSubscription {
  readonly endpoint?: string | null;
  readonly keys?: { readonly p256dh?: string | null; readonly auth?: string | null } | null;
}

/** What a browser needs to subscribe: the installation's public key, base64url. */
export async function pushPublicKey(ctx: Context): Promise<string> {
  requireDriver(ctx, 'read');
  return (await vapidKeys(ctx)).publicKey;
}

/** Registers a device of the signed-in driver's. The same one again, or another driver's, becomes theirs. */
export async function subscribeToPush(ctx: Context, input: NewPushSubscription): Promise<void> {
  const driver = requireDriver(ctx, 'write');
  const endpoint = checkedEndpoint(ctx, input.endpoint);
  const keys = checkedKeys(input.keys);
  const { networkId } = driver;
  const createdAt = ctx.now().toString();
  await inTransaction(ctx, async tx => {
    await db(tx)
      .insertInto('push_subscriptions')
      .values({ id: newId(), networkId, driverId: driver.id, endpoint, ...keys, createdAt })
      .onConflict(conflict =>
        conflict
          .constraint('push_subscriptions_endpoint_unique')
          .doUpdateSet({ driverId: driver.id, ...keys, createdAt }),
      )
      .execute();
    await db(tx)
      .deleteFrom('push_subscriptions')
      .where('id', 'in', eb =>
        eb
          .selectFrom('push_subscriptions')
          .select('id')
          .where('driverId', '=', driver.id)
          .where('networkId', '=', networkId)
          .orderBy('createdAt', 'desc')
          .orderBy('id', 'desc')
          .offset(MAX_DEVICES),
      )
      .execute();
  });
}

/** Forgets a device of the signed-in driver's; one that is not known is forgotten already. */
export async function unsubscribeFromPush(ctx: Context, endpoint: string | null | undefined): Promise<void> {
  const driver = requireDriver(ctx, 'write');
  await db(ctx)
    .deleteFrom('push_subscriptions')
    .where('endpoint', '=', checkedEndpoint(ctx, endpoint))
    .where('driverId', '=', driver.id)
    .where('networkId', '=', driver.networkId)
    .execute();
}

/** Sends each of the signed-in driver's devices a message; how many took it, of how many there were. */
export async function testPush(ctx: Context): Promise<{ sent: number; subscriptions: number }> {
  const driver = requireDriver(ctx, 'write');
  const devices = await devicesOf(ctx, driver);
  const outcomes = await Promise.all(devices.map(device => pushTo(ctx, device, TEST)));
  return { sent: outcomes.filter(outcome => outcome === 'sent').length, subscriptions: devices.length };
}

const devicesOf = async (ctx: Context, { id, networkId }: SignedInDriver): Promise<PushSubscription[]> =>
  (await db(ctx)
    .selectFrom('push_subscriptions')
    .selectAll()
    .where('driverId', '=', id)
    .where('networkId', '=', networkId)
    .execute()) as PushSubscription[];

function checkedEndpoint(ctx: Context, endpoint: string | null | undefined): string {
  if (endpoint == null) invalid('endpoint', 'is missing');
  const problem = ctx.outgoing.problemWith(endpoint);
  if (problem) invalid('endpoint', problem);
  return endpoint;
}

/** Both as a browser makes them: a point of P-256 that is on the curve, and 16 bytes. */
function checkedKeys(keys: NewPushSubscription['keys']): { p256dh: string; auth: string } {
  if (!keys) invalid('keys', 'is missing');
  const p256dh = base64url(keys.p256dh);
  const auth = base64url(keys.auth);
  if (!p256dh || !isPoint(p256dh))
    invalid('keys', 'p256dh must be a public key of P-256, uncompressed, base64url');
  if (auth?.length !== AUTH_BYTES) invalid('keys', `auth must be ${AUTH_BYTES} bytes, base64url`);
  return { p256dh: p256dh.toString('base64url'), auth: auth.toString('base64url') };
}

const base64url = (text: string | null | undefined): Buffer | null =>
  typeof text === 'string' && /^[A-Za-z0-9_+/-]+=*$/.test(text) ? Buffer.from(text, 'base64url') : null;

function isPoint(key: Buffer): boolean {
  if (key.length !== 65 || key[0] !== 4) return false;
  try {
    ECDH.convertKey(key, 'prime256v1');
    return true;
  } catch {
    return false;
  }
}
