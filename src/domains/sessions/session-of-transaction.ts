import { randomUUID } from 'node:crypto';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import { hasPayment } from '../payments/session-payment.ts';
import { lockByStationTransaction } from './lock-session.ts';
import type { Session } from './session.entity.ts';
import { advance } from './session-states.ts';
import type { TransactionFacts } from './transaction-facts.ts';

/** The connector that was to charge, by a remote start; null where the transaction is known to answer none. */
export async function connectorAskedFor(
  tx: Context,
  station: Station,
  transactionId: string,
  remoteStartNumber: number | null,
): Promise<number | null> {
  const asked = await db(tx)
    .selectFrom('sessions')
    .select('connectorNumber')
    .where('chargerId', '=', station.id)
    .where('connectorId', 'is not', null)
    .where(({ or, and, eb }) =>
      or([
        eb('stationTransactionId', '=', transactionId),
        and([eb('remoteStartNumber', '=', remoteStartNumber), eb('status', 'in', ['pending', 'expired'])]),
      ]),
    )
    .executeTakeFirst();
  return asked?.connectorNumber ?? null;
}

/** The transaction's session; the remote start's where the station says that it answers one; else a new one. */
export async function sessionOfTransaction(
  tx: Context,
  station: Station,
  transactionId: string,
  facts: TransactionFacts,
): Promise<{ session: Session; begins: boolean }> {
  const pending =
    facts.remoteStartNumber === null
      ? undefined
      : ((await db(tx)
          .selectFrom('sessions')
          .selectAll()
          .where('chargerId', '=', station.id)
          .where('remoteStartNumber', '=', facts.remoteStartNumber)
          .where('status', 'in', ['pending', 'expired'])
          .forNoKeyUpdate()
          .executeTakeFirst()) as Session | undefined);
  const known = await lockByStationTransaction(tx, station.id, transactionId);
  // what was paid for under another name keeps it: the remote start is given up by itself
  if (known && (!pending || (await hasPayment(tx, known.id)))) return { session: known, begins: false };
  if (!pending) return { session: await open(tx, station, transactionId), begins: true };
  if (known) await makeWayFor(tx, pending, known);
  advance(pending, 'active');
  // with the stub's bill, which is amended then, comes that it has one
  if (known?.status === 'completed') advance(pending, 'completed');
  const begun = {
    status: pending.status,
    flags: known?.flags ?? [],
    stationTransactionId: transactionId,
    expiresAt: null,
    endTime: null,
    failureReason: null,
  };
  await db(tx).updateTable('sessions').set(begun).where('id', '=', pending.id).execute();
  return { session: Object.assign(pending, begun), begins: true };
}

/** A stub that was made before the station said which remote start it answers: the session asked for is the one. */
async function makeWayFor(tx: Context, session: Session, stub: Session): Promise<void> {
  const moved = { sessionId: session.id };
  const { connectorNumber } = session;
  await db(tx)
    .updateTable('meter_values')
    .set({ ...moved, connectorNumber })
    .where('sessionId', '=', stub.id)
    .execute();
  await db(tx).updateTable('transactions').set(moved).where('sessionId', '=', stub.id).execute();
  await db(tx).deleteFrom('sessions').where('id', '=', stub.id).execute();
}

async function open(tx: Context, station: Station, transactionId: string): Promise<Session> {
  return (await db(tx)
    .insertInto('sessions')
    .values({
      id: newId(),
      networkId: station.networkId,
      chargerId: station.id,
      connectorNumber: 0,
      locationId: station.locationId,
      idTag: '',
      status: 'active',
      authMethod: 'RFID',
      correlationId: randomUUID(),
      stationTransactionId: transactionId,
      startTime: tx.now().toString(),
    } as never)
    .returningAll()
    .executeTakeFirstOrThrow()) as Session;
}
