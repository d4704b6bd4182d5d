import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import { raiseAlert, resolveAlert } from '../notifications/raise-alert.ts';
import type { SiteConnector } from './site.ts';

/** A station refuses what its site's ceiling asks of a connector: the operators hear of it, once. */
export async function tellRefusal(tx: Context, connector: SiteConnector): Promise<void> {
  if (connector.refusedAt !== null) return;
  const { id, networkId, chargerId, number, maxPowerW } = connector;
  const { uid, locationId } = await db(tx)
    .selectFrom('chargers')
    .select(['uid', 'locationId'])
    .where('id', '=', chargerId)
    .executeTakeFirstOrThrow();
  await raiseAlert(tx, {
    networkId,
    type: 'limit_refused',
    subject: id,
    message: `Charger ${uid} refuses the limit that its location’s ceiling asks of connector ${number}: it counts with all of its ${maxPowerW} W, whether or not it charges.`,
    locationId,
    chargerId,
  });
}

/** It obeys, or need not any more. */
export const tellObedience = (tx: Context, { id, networkId }: SiteConnector): Promise<void> =>
  resolveAlert(tx, networkId, 'limit_refused', id);
