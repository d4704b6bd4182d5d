import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, UnavailableError } from '../../kernel/errors.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { ChargingLimit } from './charging-limit.entity.ts';
import { limitProfile, profileIdOf } from './profile-stack.ts';
import { tellObedience, tellRefusal } from './refusals.ts';
import { sendProfiles } from './send-profiles.ts';
import { type LimitCommand, mostWhileSending, type SiteConnector } from './site.ts';

/** A command that is noted as on its way. */
export interface Attempt {
  readonly connector: SiteConnector;
  readonly command: LimitCommand;
  /** Names the attempt. */
  readonly sendingAt: string;
  /** The ceiling asks for it, not somebody who is told at once: that the station refuses is kept, and counts. */
  readonly isForCeiling: boolean;
}

export interface Delivery {
  /** `settled`: the station holds what it was told. `unanswered`: what it holds is not known. */
  readonly state: 'settled' | 'refused' | 'offline' | 'unanswered';
  /** Why the station did not accept, for people; null where it did. */
  readonly reason: string | null;
}

export const REASONS = {
  refused: 'The charger rejected the request.',
  offline: 'The charger is offline.',
  unanswered: 'The charger did not answer in time.',
} as const;

/** Notes, before a word is sent, the most that the connector may draw once it has come. Behind `lockSite`. */
export async function beginAttempt(
  tx: Context,
  connector: SiteConnector,
  command: LimitCommand,
  isForCeiling: boolean,
): Promise<Attempt> {
  const sendingAt = tx.now().toString({ smallestUnit: 'millisecond' });
  await writeLimit(tx, connector, { sendingW: mostWhileSending(connector, command), sendingAt });
  return { connector, command, sendingAt, isForCeiling };
}

/** Tells the station, and notes what became of it. Outside of any transaction. */
export async function deliver(ctx: Context, attempt: Attempt): Promise<Delivery> {
  try {
    const delivery = await told(ctx, attempt);
    await note(ctx, attempt, delivery.state);
    return delivery;
  } catch (error) {
    await note(ctx, attempt, 'unanswered');
    throw error;
  }
}

async function note(ctx: Context, attempt: Attempt, state: Delivery['state']): Promise<void> {
  const { connector, command, sendingAt, isForCeiling } = attempt;
  const wasUnsettled = connector.sendingW !== null;
  const now = ctx.now().toString();
  const outcome = {
    settled: { sentW: command?.watts ?? null, sentAt: now, sendingW: null, refusedAt: null },
    refused: { ...(wasUnsettled ? {} : { sendingW: null }), ...(isForCeiling && { refusedAt: now }) },
    offline: wasUnsettled ? {} : { sendingW: null },
    unanswered: {},
  }[state];
  await inTransaction(ctx, async tx => {
    const noted = await db(tx)
      .updateTable('charging_limits')
      .set({ ...outcome, sendingAt: null, updatedAt: now })
      .where('connectorId', '=', connector.id)
      .where('sendingAt', '=', sendingAt)
      .returning('connectorId')
      .executeTakeFirst();
    if (!noted) return;
    if (state === 'settled') await tellObedience(tx, connector);
    if (state === 'refused' && isForCeiling) await tellRefusal(tx, connector);
  });
}

/**
 * The connector's profiles go with its limit, for none of them may let more through. A connector that has none, and of
 * which only profiles are news, is told nothing of a limit.
 */
async function told(ctx: Context, { connector, command }: Attempt): Promise<Delivery> {
  const { chargerId, number: connectorNumber } = connector;
  try {
    await sendProfiles(ctx, connector, command);
    if (command) return verdictOf(await sendLimit(ctx, connector, command));
    if (connector.hasUnsentProfiles && connector.sentW === null && connector.sendingW === null) {
      return { state: 'settled', reason: null };
    }
    const profileNumber = profileIdOf(connectorNumber);
    const { status } = await ctx.chargers.ask(chargerId, 'clearProfile', { profileNumber });
    return { state: 'settled', reason: status === 'Accepted' ? null : 'The charger holds no such limit.' };
  } catch (error) {
    if (error instanceof ChargerRejectedError) return { state: 'refused', reason: REASONS.refused };
    if (error instanceof ChargerOfflineError) return { state: 'offline', reason: REASONS.offline };
    if (error instanceof UnavailableError) return { state: 'unanswered', reason: REASONS.unanswered };
    throw error;
  }
}

const sendLimit = (
  ctx: Context,
  { chargerId, number: connectorNumber }: SiteConnector,
  { unit, limit }: NonNullable<LimitCommand>,
) =>
  ctx.chargers.ask(chargerId, 'setProfile', {
    connectorNumber,
    profile: limitProfile(connectorNumber, unit, limit),
  });

function verdictOf({ status }: { readonly status: 'Accepted' | 'Rejected' | 'NotSupported' }): Delivery {
  if (status === 'Accepted') return { state: 'settled', reason: null };
  const reason =
    status === 'NotSupported' ? 'The charger does not support charging limits.' : REASONS.refused;
  return { state: 'refused', reason };
}

/** Writes of a connector's limits what is given. */
export async function writeLimit(
  tx: Context,
  { id, networkId, chargerId }: SiteConnector,
  changes: Partial<Omit<ChargingLimit, 'connectorId' | 'networkId' | 'chargerId'>>,
): Promise<void> {
  const row = { ...changes, updatedAt: tx.now().toString() };
  await db(tx)
    .insertInto('charging_limits')
    .values({ connectorId: id, networkId, chargerId, ...row } as never)
    .onConflict(conflict => conflict.column('connectorId').doUpdateSet(row as never))
    .execute();
}
