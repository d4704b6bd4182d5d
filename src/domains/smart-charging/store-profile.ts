import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonb } from '../../kernel/json.ts';
import { db } from '../db.ts';
import { askedBy, type OperatedCharger } from '../maintenance/operated-charger.ts';
import { OPEN_STATUSES } from '../sessions/session-states.ts';
import type { ChargingProfile } from './charging-profile.entity.ts';
import type { scheduleColumns } from './profile-input.ts';
import { MAX_PROFILE_NUMBER } from './profile-stack.ts';

/** More than any station keeps. */
const MAX_PROFILES = 100;

type NewProfile = ReturnType<typeof scheduleColumns> &
  Pick<ChargingProfile, 'connectorNumber' | 'purpose'> & { readonly sessionId: string | null };

/** Stores the profile with the number of the one whose place it takes, else one that is free. Answers its row's id. */
export async function storeProfile(
  tx: Context,
  charger: Pick<OperatedCharger, 'id' | 'networkId'>,
  profile: NewProfile & { readonly isFromStart?: boolean },
): Promise<string> {
  await lockCharger(tx, charger.id);
  await forgetEnded(tx, charger.id);
  const place = db(tx)
    .selectFrom('charging_profiles')
    .where('chargerId', '=', charger.id)
    .where('status', '!=', 'reported')
    .where('connectorNumber', '=', profile.connectorNumber)
    .where('purpose', '=', profile.purpose)
    .where('stackLevel', '=', profile.stackLevel)
    .where('sessionId', 'is not distinct from', profile.sessionId);
  const before = await place.select('number').executeTakeFirst();
  const waiting = place.where('status', '!=', 'accepted');
  const told = await waiting.select('sentAt').where('sentAt', 'is not', null).executeTakeFirst();
  await db(tx).deleteFrom('charging_profiles').where('id', 'in', waiting.select('id')).execute();
  const id = newId();
  const now = tx.now().toString();
  const { networkId, id: chargerId } = charger;
  await db(tx)
    .insertInto('charging_profiles')
    .values({
      ...profile,
      id,
      networkId,
      chargerId,
      number: before?.number ?? (await freeNumber(tx, chargerId)),
      status: 'pending',
      periods: jsonb(profile.periods),
      sentAt: told?.sentAt ?? null,
      requestedBy: askedBy(tx),
      createdAt: now,
      updatedAt: now,
    } as never)
    .execute();
  return id;
}

/** Nobody else changes the charger's profiles until the transaction ends. */
export const lockCharger = (tx: Context, chargerId: string) =>
  db(tx)
    .selectFrom('chargers')
    .select('id')
    .where('id', '=', chargerId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();

/** Those of charges that are over: their stations have forgotten them. */
async function forgetEnded(tx: Context, chargerId: string): Promise<void> {
  await db(tx)
    .deleteFrom('charging_profiles')
    .where('chargerId', '=', chargerId)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('sessions as s')
          .select('s.id')
          .whereRef('s.id', '=', 'charging_profiles.sessionId')
          .where('s.status', 'not in', [...OPEN_STATUSES]),
      ),
    )
    .execute();
}

async function freeNumber(tx: Context, chargerId: string): Promise<number> {
  const { count, highest } = await db(tx)
    .selectFrom('charging_profiles')
    .select(({ fn }) => [fn.countAll<string>().as('count'), fn.max('number').as('highest')])
    .where('chargerId', '=', chargerId)
    .where('status', '!=', 'reported')
    .executeTakeFirstOrThrow();
  if (Number(count) >= MAX_PROFILES) invalid('chargerId', `has ${MAX_PROFILES} profiles already`);
  const number = (highest ?? 0) + 1;
  if (number > MAX_PROFILE_NUMBER) throw new ConflictError('The charger has no profile number left.');
  return number;
}
