import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { addJob } from '../../kernel/jobs.ts';
import { db } from '../db.ts';
import { isUnsent } from './profile-stack.ts';
import type { SiteKey } from './read-site.ts';

/** When a station that did not answer is asked again, if it says nothing before. */
export const AGAIN_AFTER_SECONDS = 300;
/** A station that has just connected is left to boot first. */
const AFTER_CONNECT_SECONDS = 5;

/** Adds the job that shares a site's power; several that wait are one. */
export async function balanceSite(
  ctx: Context,
  networkId: string,
  key: SiteKey,
  { inSeconds = 0, deaf }: { readonly inSeconds?: number; readonly deaf?: string[] } = {},
): Promise<void> {
  const payload = { networkId, ...(deaf && { deaf }) };
  // what is to happen later must not put off what is to happen now
  const options = (name: string) => ({
    key: inSeconds === 0 ? name : `${name}:in:${inSeconds}`,
    ...(inSeconds > 0 && { runAt: ctx.now().add({ seconds: inSeconds }) }),
  });
  if ('locationId' in key) {
    const { locationId } = key;
    await addJob(ctx, 'balance-location', { ...payload, locationId }, options(`balance:${locationId}`));
  } else {
    const { chargerId } = key;
    await addJob(ctx, 'resend-limits', { ...payload, chargerId }, options(`resend-limits:${chargerId}`));
  }
}

/** The charger stands elsewhere now: the power of both places is shared anew, without it and with it. */
export async function limitsAtMove(
  tx: Context,
  charger: { readonly id: string; readonly networkId: string; readonly locationId: string | null },
): Promise<void> {
  if (charger.locationId) await balanceSite(tx, charger.networkId, { locationId: charger.locationId });
  await sendLimitsLater(tx, charger.id);
}

/** Something at the charger bears on how its location's power is shared. Where there is no ceiling, nothing is done. */
export async function balanceLater(tx: Context, chargerId: string): Promise<void> {
  const site = await db(tx)
    .selectFrom('chargers as c')
    .innerJoin('locations as l', 'l.id', 'c.locationId')
    .select(['c.networkId', 'l.id as locationId'])
    .where('c.id', '=', chargerId)
    .where('l.powerLimitW', 'is not', null)
    .executeTakeFirst();
  if (site) await balanceSite(tx, site.networkId, { locationId: site.locationId });
}

/** A charge has begun: the limit of a driver who was here before has no say in it. */
export async function limitsAtStart(
  tx: Context,
  chargerId: string,
  connectorId: string,
  driverId: string | null,
): Promise<void> {
  const isDropped = await dropDriversLimit(tx, connectorId, driverId);
  const isBound = await bindProfileOfStart(tx, chargerId, connectorId);
  await (isDropped || isBound ? sendLimitsLater(tx, chargerId) : balanceLater(tx, chargerId));
}

/** What went with the remote start was within the limit of then: where one holds, it is sent within that of now. */
async function bindProfileOfStart(tx: Context, chargerId: string, connectorId: string): Promise<boolean> {
  const bound = await db(tx)
    .updateTable('charging_profiles')
    .set({ status: 'pending', isFromStart: false })
    .where('chargerId', '=', chargerId)
    .where('isFromStart', '=', true)
    .where('status', 'in', ['pending', 'accepted'])
    .where('connectorNumber', '=', selectConnectorNumber(tx, connectorId))
    .where(({ eb, or, exists, selectFrom }) =>
      or([
        // no answer to the start has come
        eb('status', '=', 'pending'),
        exists(
          selectFrom('charging_limits as l').select('l.chargerId').where('l.connectorId', '=', connectorId),
        ),
      ]),
    )
    .returning('id')
    .execute();
  return bound.length > 0;
}

const selectConnectorNumber = (tx: Context, connectorId: string) =>
  db(tx).selectFrom('connectors').select('number').where('id', '=', connectorId);

/** A charge has ended, and its driver's limit with it. */
export async function limitsAtStop(
  tx: Context,
  chargerId: string,
  connectorId: string | null,
): Promise<void> {
  if (!connectorId) return;
  const isDropped = await dropDriversLimit(tx, connectorId, null);
  await (isDropped ? sendLimitsLater(tx, chargerId) : balanceLater(tx, chargerId));
}

async function dropDriversLimit(tx: Context, connectorId: string, exceptOf: string | null): Promise<boolean> {
  const dropped = await db(tx)
    .updateTable('charging_limits')
    .set({
      requestedUnit: null,
      requestedLimit: null,
      requestedByDriverId: null,
      updatedAt: tx.now().toString(),
    })
    .where('connectorId', '=', connectorId)
    .where('requestedByDriverId', 'is not', null)
    .$if(exceptOf !== null, query => query.where('requestedByDriverId', '!=', exceptOf!))
    .returning('connectorId')
    .executeTakeFirst();
  return dropped !== undefined;
}

/** The station has a socket: it is told what it missed. What was on its way over an older one is not waited for. */
export async function limitsAtConnect(tx: Context, chargerId: string): Promise<void> {
  await setLimits(tx, chargerId, { sendingAt: null });
  await sendLimitsLater(tx, chargerId, AFTER_CONNECT_SECONDS);
}

/** The station has started anew, and may have forgotten what it was told. */
export async function limitsAtBoot(tx: Context, chargerId: string): Promise<void> {
  const sendingW = sql<number>`coalesce(sending_w, sent_w)`;
  await setLimits(tx, chargerId, { sendingW, sendingAt: null, refusedAt: null });
  await forgetWhatWasReplaced(tx, chargerId);
  await db(tx)
    .updateTable('charging_profiles')
    .set({ status: 'pending', sentPeriods: null })
    .where('chargerId', '=', chargerId)
    .where('status', '=', 'accepted')
    .execute();
  await sendLimitsLater(tx, chargerId);
}

/** Locks them first in the order in which a site's are written, so that neither waits for the other in a circle. */
async function setLimits(
  tx: Context,
  chargerId: string,
  changes: { readonly sendingAt: null; readonly sendingW?: RawBuilder<number>; readonly refusedAt?: null },
): Promise<void> {
  const limits = await db(tx)
    .selectFrom('charging_limits')
    .select('connectorId')
    .where('chargerId', '=', chargerId)
    .orderBy('connectorId')
    .forNoKeyUpdate()
    .execute();
  if (limits.length === 0) return;
  const ids = limits.map(({ connectorId }) => connectorId);
  await db(tx).updateTable('charging_limits').set(changes).where('connectorId', 'in', ids).execute();
}

/** Of two with one number only the newer is still to come. */
async function forgetWhatWasReplaced(tx: Context, chargerId: string): Promise<void> {
  await db(tx)
    .deleteFrom('charging_profiles')
    .where('chargerId', '=', chargerId)
    .where('status', '=', 'accepted')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('charging_profiles as f')
          .select('f.id')
          .whereRef('f.chargerId', '=', 'charging_profiles.chargerId')
          .whereRef('f.number', '=', 'charging_profiles.number')
          .where('f.status', '=', 'pending'),
      ),
    )
    .execute();
}

/** The charger's limits are looked at again, whether or not there is a ceiling. */
export async function sendLimitsLater(tx: Context, chargerId: string, inSeconds = 0): Promise<void> {
  const charger = await db(tx)
    .selectFrom('chargers as c')
    .leftJoin('locations as l', 'l.id', 'c.locationId')
    .select(['c.networkId', 'c.locationId', 'l.powerLimitW'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('charging_limits as k').select('k.connectorId').whereRef('k.chargerId', '=', 'c.id'),
      ).as('hasLimits'),
    )
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('charging_profiles as f')
          .select('f.id')
          .whereRef('f.chargerId', '=', 'c.id')
          .where(isUnsent(tx.now().toString())),
      ).as('hasUnsentProfiles'),
    )
    .where('c.id', '=', chargerId)
    .executeTakeFirst();
  if (!charger || (charger.powerLimitW === null && !charger.hasLimits && !charger.hasUnsentProfiles)) return;
  const key = charger.locationId ? { locationId: charger.locationId } : { chargerId };
  await balanceSite(tx, charger.networkId, key, { inSeconds });
}
