import type { Context } from '../../kernel/context.ts';
import { emit } from '../../kernel/events.ts';
import { db } from '../db.ts';
import type { Alert } from './alert.entity.ts';

/** Tells the operators of a network of something that they should look at, in the running transaction. */
export async function raiseAlert(
  tx: Context,
  alert: Pick<Alert, 'id' | 'networkId' | 'type' | 'message'> & {
    readonly locationId: string | null;
    readonly chargerId: string | null;
  },
): Promise<void> {
  await db(tx)
    .insertInto('alerts')
    .values({ ...alert, createdAt: tx.now().toString(), acknowledgedAt: null, acknowledgedBy: null })
    .execute();
  await emit(tx, {
    type: 'alert.raised',
    networkId: alert.networkId,
    chargerId: alert.chargerId,
    payload: {
      alertId: alert.id,
      type: alert.type,
      message: alert.message,
      locationId: alert.locationId,
      chargerId: alert.chargerId,
    },
  });
}
