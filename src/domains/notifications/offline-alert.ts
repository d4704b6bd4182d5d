import type { Context } from '../../kernel/context.ts';
import type { LoggedEvent } from '../../kernel/events.ts';
import { instantOf } from '../../kernel/instant.ts';
import { addJob, type JobMap } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { placesOf } from './places.ts';
import { raiseAlert } from './raise-alert.ts';
import { alertText } from './texts.ts';

/** A charger has gone offline: somebody should look if it stays so. */
export async function alertWhenQuiet(
  tx: Context,
  { networkId, chargerId }: Pick<LoggedEvent, 'networkId' | 'chargerId'>,
  afterMinutes: number,
): Promise<void> {
  if (!chargerId) return;
  const connection = await db(tx)
    .selectFrom('charger_connections')
    .select('lastMessageAt')
    .where('chargerId', '=', chargerId)
    .executeTakeFirst();
  if (!connection) return;
  await addJob(
    tx,
    'alert-offline',
    { networkId, chargerId, afterMinutes },
    {
      key: `alert-offline:${chargerId}`,
      runAt: instantOf(connection.lastMessageAt).add({ minutes: afterMinutes }),
    },
  );
}

/** Job: raises the alert, unless the charger was heard of meanwhile. */
export async function alertIfOffline(
  ctx: Context,
  { networkId, chargerId, afterMinutes }: JobMap['alert-offline'],
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const connection = await db(tx)
      .selectFrom('charger_connections')
      .select(['isOnline', 'lastMessageAt'])
      .where('chargerId', '=', chargerId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!connection || connection.isOnline) return;
    const quietMinutes = instantOf(connection.lastMessageAt).until(tx.now()).total('minutes');
    // it was back, and is gone again
    if (quietMinutes < afterMinutes) return alertWhenQuiet(tx, { networkId, chargerId }, afterMinutes);
    const place = (await placesOf(tx, [chargerId])).get(chargerId);
    if (!place) return;
    await raiseAlert(tx, {
      networkId,
      type: 'charger_offline',
      subject: chargerId,
      message: alertText.offline(place, place.chargerUid, afterMinutes),
      locationId: place.locationId,
      chargerId,
    });
  });
}
