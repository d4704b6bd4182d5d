import webPush from 'web-push';
import type { Context } from '../../kernel/context.ts';
import type { SealedColumn } from '../../kernel/installation-secret.ts';
import { db } from '../db.ts';

const ID = 'web-push';
const SEALED_AS = 'vapid-key';

export const SEALED_VAPID_KEYS: readonly SealedColumn[] = [
  { table: 'vapid_keys', column: 'sealed_private_key', purpose: SEALED_AS },
];

export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The installation's pair of keys (RFC 8292), made when it is first asked for; the same for every process. */
export async function vapidKeys(ctx: Context): Promise<VapidKeys> {
  const stored = (await find(ctx)) ?? (await make(ctx));
  return {
    publicKey: stored.publicKey,
    privateKey: ctx.secret.unseal(SEALED_AS, stored.sealedPrivateKey),
  };
}

const find = (ctx: Context) =>
  db(ctx)
    .selectFrom('vapid_keys')
    .select(['publicKey', 'sealedPrivateKey'])
    .where('id', '=', ID)
    .executeTakeFirst();

async function make(ctx: Context) {
  const { publicKey, privateKey } = webPush.generateVAPIDKeys();
  await db(ctx)
    .insertInto('vapid_keys')
    .values({
      id: ID,
      publicKey,
      sealedPrivateKey: ctx.secret.seal(SEALED_AS, privateKey),
      createdAt: ctx.now().toString(),
    })
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute();
  return (await find(ctx))!;
}
