import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonb } from '../../kernel/json.ts';
import { db } from '../db.ts';
import type { Station } from './station.ts';

/** Keeps a message that fits nothing for a person to look at. */
export async function setAside(
  ctx: Context,
  station: Station,
  message: { readonly action: string; readonly reason: string; readonly payload: unknown },
): Promise<void> {
  ctx.log.warn(
    { chargerUid: station.uid, action: message.action, reason: message.reason },
    'message set aside',
  );
  await db(ctx)
    .insertInto('set_aside_messages')
    .values({
      id: newId(),
      networkId: station.networkId,
      chargerId: station.id,
      action: message.action,
      reason: message.reason,
      payload: jsonb(message.payload),
      receivedAt: ctx.now().toString(),
    })
    .execute();
}
