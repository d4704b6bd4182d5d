import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { emit } from '../../kernel/events.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { tellAvailabilityLater } from '../maintenance/tell-availability-later.ts';
import { checkTransactionsLater } from '../sessions/check-transactions.ts';
import { balanceLater, limitsAtConnect } from '../smart-charging/balance-later.ts';

/** A charger without a socket counts as online until this long after its last message. */
export const ONLINE_GRACE_SECONDS = 300;

/** A station that has just connected is left to boot first. */
const AFTER_CONNECT_SECONDS = 5;

/** A socket by its own name and that of the process that holds it. */
export interface StationSocket {
  readonly nodeId: string;
  readonly connectionId: string;
}

/**
 * A station has a socket, on this node; whatever socket it had before is no longer its. Answers that one, if it is open
 * for all that is known.
 */
export async function chargerConnected(
  ctx: Context,
  charger: { readonly id: string; readonly networkId: string; readonly uid: string },
  socket: StationSocket,
): Promise<StationSocket | null> {
  const now = ctx.now().toString();
  return inTransaction(ctx, async tx => {
    const before = await db(tx)
      .selectFrom('charger_connections')
      .select(['isOnline', 'nodeId', 'connectionId'])
      .where('chargerId', '=', charger.id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const row = { ...socket, connectedAt: now, lastMessageAt: now, isOnline: true };
    await db(tx)
      .insertInto('charger_connections')
      .values({ chargerId: charger.id, networkId: charger.networkId, lastHeartbeatAt: null, ...row })
      .onConflict(conflict => conflict.column('chargerId').doUpdateSet(row))
      .execute();
    await limitsAtConnect(tx, charger.id);
    await tellAvailabilityLater(tx, charger, AFTER_CONNECT_SECONDS);
    await checkTransactionsLater(tx, charger);
    if (!before?.isOnline) {
      await emit(tx, {
        type: 'charger.online',
        networkId: charger.networkId,
        chargerId: charger.id,
        payload: { chargerId: charger.id, chargerUid: charger.uid, isOnline: true },
      });
    }
    return before?.nodeId ? { nodeId: before.nodeId, connectionId: before.connectionId } : null;
  });
}

/** The socket is gone. A late word of an older socket changes nothing. */
export async function chargerDisconnected(
  ctx: Context,
  socket: { readonly chargerId: string; readonly connectionId: string; readonly lastMessageAt: string },
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const closed = await db(tx)
      .updateTable('charger_connections')
      .set({ nodeId: null, lastMessageAt: socket.lastMessageAt })
      .where('chargerId', '=', socket.chargerId)
      .where('connectionId', '=', socket.connectionId)
      .returning(['networkId'])
      .executeTakeFirst();
    if (closed) await lookAgainWhenQuiet(tx, { ...socket, networkId: closed.networkId });
  });
}

/** A sign of life; `heartbeat` also for a StatusNotification. */
export async function chargerWasHeard(
  ctx: Context,
  chargerId: string,
  connectionId: string,
  heartbeat: boolean,
): Promise<void> {
  const now = ctx.now().toString();
  await db(ctx)
    .updateTable('charger_connections')
    .set({ lastMessageAt: now, ...(heartbeat && { lastHeartbeatAt: now }) })
    .where('chargerId', '=', chargerId)
    .where('connectionId', '=', connectionId)
    .execute();
}

/** Job: a charger that was heard of neither by a socket nor by a message for the grace is offline. */
export async function reportIfOffline(
  ctx: Context,
  { networkId, chargerId }: { readonly networkId: string; readonly chargerId: string },
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const connection = await db(tx)
      .selectFrom('charger_connections')
      .select(['nodeId', 'lastMessageAt', 'isOnline'])
      .where('chargerId', '=', chargerId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!connection?.isOnline || connection.nodeId) return;
    const quietMs = tx.now().epochMilliseconds - epochMs(connection.lastMessageAt);
    if (quietMs < ONLINE_GRACE_SECONDS * 1000) {
      await lookAgainWhenQuiet(tx, { networkId, chargerId, lastMessageAt: connection.lastMessageAt });
      return;
    }
    await db(tx)
      .updateTable('charger_connections')
      .set({ isOnline: false })
      .where('chargerId', '=', chargerId)
      .execute();
    await balanceLater(tx, chargerId);
    const charger = await db(tx)
      .selectFrom('chargers')
      .select('uid')
      .where('id', '=', chargerId)
      .executeTakeFirstOrThrow();
    await emit(tx, {
      type: 'charger.offline',
      networkId,
      chargerId,
      payload: { chargerId, chargerUid: charger.uid, isOnline: false },
    });
  });
}

/** A process that has not been seen for this long holds no sockets any more. */
const NODE_TIMEOUT_SECONDS = 30;

/** Takes the sockets of processes that died away from them, in the networks of the scope. */
export async function releaseDeadNodes(ctx: Context): Promise<void> {
  await inTransaction(ctx, async tx => {
    const lost = await db(tx)
      .updateTable('charger_connections')
      .set({ nodeId: null })
      .where('nodeId', 'is not', null)
      .where('networkId', 'in', [...tx.scope.networkIds])
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('nodes')
              .select(sql`1`.as('alive'))
              .whereRef('nodes.id', '=', 'charger_connections.nodeId')
              .where(
                'nodes.lastSeenAt',
                '>',
                sql<string>`now() - make_interval(secs => ${NODE_TIMEOUT_SECONDS})`,
              ),
          ),
        ),
      )
      .returning(['chargerId', 'networkId', 'lastMessageAt'])
      .execute();
    for (const socket of lost) await lookAgainWhenQuiet(tx, socket);
  });
}

async function lookAgainWhenQuiet(
  tx: Context,
  socket: { readonly networkId: string; readonly chargerId: string; readonly lastMessageAt: string },
): Promise<void> {
  await addJob(
    tx,
    'charger-offline',
    { networkId: socket.networkId, chargerId: socket.chargerId },
    {
      key: `charger-offline:${socket.chargerId}`,
      runAt: Temporal.Instant.from(socket.lastMessageAt).add({ seconds: ONLINE_GRACE_SECONDS }),
    },
  );
}
