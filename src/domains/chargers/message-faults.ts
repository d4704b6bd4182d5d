import { sql } from 'kysely';
import { authorize, seesPublicOnly } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import type { MessageFault } from './message-fault.entity.ts';
import type { Station } from './station.ts';

export interface CountedFault {
  readonly action: string;
  readonly member: string;
  readonly fault: string;
  readonly count: number;
}

/** Adds to what was mended in a station's messages. */
export async function countMessageFaults(
  ctx: Context,
  station: Station,
  faults: readonly CountedFault[],
): Promise<void> {
  if (faults.length === 0) return;
  const now = ctx.now().toString();
  await db(ctx)
    .insertInto('message_faults')
    .values(
      faults.map(({ count, ...fault }) => ({
        ...fault,
        chargerId: station.id,
        networkId: station.networkId,
        count: String(count),
        firstSeenAt: now,
        lastSeenAt: now,
      })),
    )
    .onConflict(conflict =>
      conflict.columns(['chargerId', 'action', 'member', 'fault']).doUpdateSet({
        count: sql<string>`message_faults.count + excluded.count`,
        lastSeenAt: now,
      }),
    )
    .execute();
}

/** What was mended in the messages of several chargers, the most frequent first; nothing for those whom it is not for. */
export async function faultsOfChargers(
  ctx: Context,
  chargerIds: readonly string[],
): Promise<Map<string, MessageFault[]>> {
  authorize(ctx.viewer, 'read', 'public');
  if (seesPublicOnly(ctx.viewer)) return new Map();
  const rows = (await db(ctx)
    .selectFrom('message_faults')
    .selectAll()
    .where('chargerId', 'in', [...chargerIds])
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .orderBy('count', 'desc')
    .orderBy('action')
    .orderBy('member')
    .orderBy('fault')
    .execute()) as MessageFault[];
  return Map.groupBy(rows, row => row.chargerId);
}
