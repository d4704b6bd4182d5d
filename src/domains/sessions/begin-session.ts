import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import type { TokenAuthorization } from '../drivers/authorize-token.ts';
import { tariffAt } from '../tariffs/tariff-at.ts';
import { noTariff, type TariffTerms, termsOf } from '../tariffs/tariff-terms.ts';
import { RUNNING_STATUSES } from './session-states.ts';

/** The terms of a charge that begins at an instant, which its bill will be written by. */
export async function termsAt(
  tx: Context,
  station: Station,
  connectorId: string | null,
  at: string,
): Promise<TariffTerms> {
  const place = {
    networkId: station.networkId,
    locationId: station.locationId,
    chargerId: station.id,
    connectorId,
  };
  const tariff = await tariffAt(tx, place, at);
  return tariff ? termsOf(tariff) : noTariff(await networkCurrency(tx, station.networkId));
}

/** Whether the token charges in another session than this one. */
export async function chargesElsewhere(
  tx: Context,
  { token }: TokenAuthorization,
  sessionId: string | null = null,
): Promise<boolean> {
  if (!token) return false;
  const other = await db(tx)
    .selectFrom('sessions')
    .select('id')
    .where('tokenId', '=', token.id)
    .where('status', 'in', [...RUNNING_STATUSES])
    .$if(sessionId !== null, query => query.where('id', '!=', sessionId!))
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

export async function tokenWasUsed(tx: Context, { token }: TokenAuthorization): Promise<void> {
  if (!token) return;
  await db(tx)
    .updateTable('tokens')
    .set({ lastUsedAt: tx.now().toString() })
    .where('id', '=', token.id)
    .execute();
}

/** A number to tell stations a transaction or a remote start by: positive, 32 bits, unique in the installation. */
export async function nextStationNumber(tx: Context): Promise<number> {
  const { rows } = await sql<{
    number: number;
  }>`select nextval('app.transaction_number')::int number`.execute(tx.em.getKysely());
  return rows[0]!.number;
}

async function networkCurrency(tx: Context, networkId: string): Promise<string> {
  const network = await db(tx)
    .selectFrom('networks')
    .select('currency')
    .where('id', '=', networkId)
    .executeTakeFirstOrThrow();
  return network.currency;
}
