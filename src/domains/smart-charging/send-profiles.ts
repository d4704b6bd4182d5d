import type { ProfilePeriod } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, UnavailableError } from '../../kernel/errors.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { Electrics } from './electricity.ts';
import { capped, type LiveProfile, liveProfiles, toStationProfile } from './profile-stack.ts';
import type { LimitCommand } from './site.ts';

interface ProfiledConnector extends Electrics {
  readonly chargerId: string;
  readonly number: number;
}

/**
 * Has the station hold for the connector what operators have set, no period above its limit, and forget what they have
 * taken back. Throws where it is not known afterwards what the station holds: ChargerOfflineError, UnavailableError,
 * ChargerRejectedError.
 */
export async function sendProfiles(
  ctx: Context,
  connector: ProfiledConnector,
  limit: LimitCommand,
): Promise<void> {
  await forget(ctx, connector);
  // whatever is refused may bring back what stood before it
  for (;;) {
    const next = (await liveProfiles(ctx, connector.chargerId, connector.number))
      .map(profile => ({ profile, periods: capped(profile.periods, profile.unit, limit, connector) }))
      .find(({ profile, periods }) => profile.status === 'pending' || !isSame(profile.sentPeriods, periods));
    if (!next) return;
    await send(ctx, connector, next.profile, next.periods);
  }
}

/** The same for what holds for the whole station. Answers whether all of it is settled. */
export async function sendStationProfiles(ctx: Context, chargerId: string): Promise<boolean> {
  try {
    const station = { chargerId, number: 0, powerType: 'AC_3_PHASE', maxVoltageV: 400 } as const;
    await sendProfiles(ctx, station, null);
    return true;
  } catch (error) {
    if (isNoAnswer(error) || error instanceof ChargerRejectedError) return false;
    throw error;
  }
}

const isNoAnswer = (error: unknown): boolean =>
  error instanceof ChargerOfflineError || error instanceof UnavailableError;

async function forget(ctx: Context, { chargerId, number }: ProfiledConnector): Promise<void> {
  const rows = await db(ctx)
    .selectFrom('charging_profiles')
    .select(['id', 'number'])
    .where('chargerId', '=', chargerId)
    .where('connectorNumber', '=', number)
    .where('status', '=', 'removing')
    .execute();
  for (const row of rows) {
    await ctx.chargers.ask(chargerId, 'clearProfile', { profileNumber: row.number });
    await db(ctx)
      .deleteFrom('charging_profiles')
      .where('id', '=', row.id)
      .where('status', '=', 'removing')
      .execute();
  }
}

async function send(
  ctx: Context,
  connector: ProfiledConnector,
  profile: LiveProfile,
  periods: readonly ProfilePeriod[],
): Promise<void> {
  const { chargerId } = connector;
  await db(ctx)
    .updateTable('charging_profiles')
    .set({ sentAt: ctx.now().toString() })
    .where('id', '=', profile.id)
    .execute();
  const status = await answerTo(ctx, connector, profile, periods);
  if (status === 'Accepted') return keepAccepted(ctx, chargerId, profile, periods);
  const isBeside = profile.status === 'pending' && (await isHeld(ctx, chargerId, profile.number));
  if (!isBeside && profile.sentAt) {
    // what it may hold from before would let through more than it may now
    await ctx.chargers.ask(chargerId, 'clearProfile', { profileNumber: profile.number });
  }
  await db(ctx)
    .updateTable('charging_profiles')
    .set({
      status: status === 'NotSupported' ? 'not_supported' : 'rejected',
      sentPeriods: null,
      updatedAt: ctx.now().toString(),
    })
    .where('id', '=', profile.id)
    .where('status', '=', profile.status)
    .execute();
}

/** A station that answers with an error does not take the profile. */
async function answerTo(
  ctx: Context,
  { chargerId, number: connectorNumber }: ProfiledConnector,
  profile: LiveProfile,
  periods: readonly ProfilePeriod[],
) {
  const order = toStationProfile(profile, periods, profile.transactionId);
  try {
    return (await ctx.chargers.ask(chargerId, 'setProfile', { connectorNumber, profile: order })).status;
  } catch (error) {
    if (error instanceof ChargerRejectedError) return 'Rejected';
    throw error;
  }
}

/** Takes the place of the one with the same number. */
async function keepAccepted(
  ctx: Context,
  chargerId: string,
  profile: LiveProfile,
  periods: readonly ProfilePeriod[],
): Promise<void> {
  await inTransaction(ctx, async tx => {
    await db(tx)
      .deleteFrom('charging_profiles')
      .where('chargerId', '=', chargerId)
      .where('number', '=', profile.number)
      .where('status', '=', 'accepted')
      .where('id', '!=', profile.id)
      .execute();
    await db(tx)
      .updateTable('charging_profiles')
      .set({ status: 'accepted', sentPeriods: jsonb([...periods]), updatedAt: tx.now().toString() })
      .where('id', '=', profile.id)
      .where('status', '=', profile.status)
      .execute();
  });
}

const isHeld = async (ctx: Context, chargerId: string, number: number): Promise<boolean> =>
  (await db(ctx)
    .selectFrom('charging_profiles')
    .select('id')
    .where('chargerId', '=', chargerId)
    .where('number', '=', number)
    .where('status', '=', 'accepted')
    .executeTakeFirst()) !== undefined;

const isSame = (a: readonly ProfilePeriod[] | null | undefined, b: readonly ProfilePeriod[]): boolean =>
  a?.length === b.length &&
  a.every(
    ({ startPeriod, limit, numberPhases }, index) =>
      startPeriod === b[index]!.startPeriod &&
      limit === b[index]!.limit &&
      numberPhases === b[index]!.numberPhases,
  );
