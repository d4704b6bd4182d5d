import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, UnavailableError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { connectorOf } from '../chargers/charger-access.ts';
import { db } from '../db.ts';
import type { AvailabilityStatus, AvailabilityWish } from './availability.entity.ts';
import { askedBy, type OperatedCharger, requireOperated } from './operated-charger.ts';
import { tellAvailabilityLater } from './tell-availability-later.ts';

/** When a connected station that did not answer is told again. */
const AGAIN_AFTER_SECONDS = 300;

export interface AvailabilityInput {
  readonly chargerId: string;
  /** The whole station where left out. */
  readonly connectorNumber?: number | null;
  readonly isOperative: boolean;
}

/**
 * Takes a connector or the whole station in or out of service. The wish is kept: a station that is offline, or does
 * not answer, is told once it is back (`pending`); one that is out of service is told again after each start.
 */
export async function changeAvailability(ctx: Context, input: AvailabilityInput): Promise<AvailabilityWish> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  const connectorNumber = input.connectorNumber ?? 0;
  if (connectorNumber !== 0) await connectorOf(ctx, charger.id, connectorNumber);
  const wish = await keepWish(ctx, charger, connectorNumber, input.isOperative);
  const status = await tell(ctx, wish);
  if (!status && (await isConnected(ctx, charger.id))) {
    await tellAvailabilityLater(ctx, charger, AGAIN_AFTER_SECONDS);
  }
  return { ...wish, status: status ?? 'pending', answeredAt: status ? ctx.now().toString() : null };
}

/** What is wished for a station's connectors, by number; none where nobody ever wished. */
export async function availabilityWishes(ctx: Context, chargerId: string): Promise<AvailabilityWish[]> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  return wishesOf(ctx, charger.id);
}

/** Job: tells a station again what it has not taken, and what it may have forgotten. */
export async function tellAvailability(
  ctx: Context,
  { networkId, chargerId }: { readonly networkId: string; readonly chargerId: string },
): Promise<void> {
  // the whole station first: its connectors' own wishes hold against it
  for (const wish of await wishesOf(ctx, chargerId)) {
    const isSettled = wish.status === 'rejected' || (wish.status === 'accepted' && wish.isOperative);
    if (isSettled || (await tell(ctx, wish))) continue;
    if (await isConnected(ctx, chargerId)) {
      await tellAvailabilityLater(ctx, { id: chargerId, networkId }, AGAIN_AFTER_SECONDS);
    }
    return;
  }
}

/** Asks the station, and keeps its answer unless another was wished meanwhile. Null where there was none. */
async function tell(ctx: Context, wish: AvailabilityWish): Promise<AvailabilityStatus | null> {
  const { connectorNumber, isOperative } = wish;
  let status: AvailabilityStatus;
  try {
    const args = { connectorNumber, isOperative };
    const answer = await ctx.chargers.ask(wish.chargerId as unknown as string, 'changeAvailability', args);
    status = answer.status.toLowerCase() as Lowercase<typeof answer.status>;
  } catch (error) {
    if (error instanceof ChargerOfflineError || error instanceof UnavailableError) return null;
    if (!(error instanceof ChargerRejectedError)) throw error;
    status = 'rejected';
  }
  await db(ctx)
    .updateTable('availability_wishes')
    .set({ status, answeredAt: ctx.now().toString() })
    .where('id', '=', wish.id)
    .execute();
  return status;
}

async function keepWish(
  ctx: Context,
  charger: OperatedCharger,
  connectorNumber: number,
  isOperative: boolean,
): Promise<AvailabilityWish> {
  return inTransaction(ctx, async tx => {
    // what is wished for the whole station ends what was wished for its parts
    await db(tx)
      .deleteFrom('availability_wishes')
      .where('chargerId', '=', charger.id)
      .$if(connectorNumber !== 0, query => query.where('connectorNumber', '=', connectorNumber))
      .execute();
    const wish = await db(tx)
      .insertInto('availability_wishes')
      .values({
        id: newId(),
        networkId: charger.networkId,
        chargerId: charger.id,
        connectorNumber,
        isOperative,
        status: 'pending',
        requestedBy: askedBy(tx),
        requestedAt: tx.now().toString(),
        answeredAt: null,
      })
      .onConflict(conflict =>
        conflict.constraint('availability_wishes_connector_unique').doUpdateSet({
          id: newId(),
          isOperative,
          status: 'pending',
          requestedBy: askedBy(tx),
          requestedAt: tx.now().toString(),
          answeredAt: null,
        }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
    return wish as AvailabilityWish;
  });
}

const wishesOf = async (ctx: Context, chargerId: string): Promise<AvailabilityWish[]> =>
  (await db(ctx)
    .selectFrom('availability_wishes')
    .selectAll()
    .where('chargerId', '=', chargerId)
    .orderBy('connectorNumber')
    .execute()) as AvailabilityWish[];

async function isConnected(ctx: Context, chargerId: string): Promise<boolean> {
  const connection = await db(ctx)
    .selectFrom('charger_connections')
    .select('nodeId')
    .where('chargerId', '=', chargerId)
    .executeTakeFirst();
  return connection?.nodeId != null;
}
