import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid } from '../../kernel/errors.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { connectorOf } from '../chargers/charger-access.ts';
import { db } from '../db.ts';
import { requireOperated } from '../maintenance/operated-charger.ts';
import { OPEN_STATUSES, RUNNING_STATUSES } from '../sessions/session-states.ts';
import { AGAIN_AFTER_SECONDS, sendLimitsLater } from './balance-later.ts';
import type { ChargingProfile, StoredStatus } from './charging-profile.entity.ts';
import { checkPlace, type ProfileInput, scheduleColumns } from './profile-input.ts';
import { sendStationProfiles } from './send-profiles.ts';
import { lockCharger, storeProfile } from './store-profile.ts';
import { followUp, tell } from './tell-connector.ts';

/** `ended`: the charge that it was for is over. */
export const PROFILE_STATUSES = [
  'pending',
  'accepted',
  'rejected',
  'not_supported',
  'removing',
  'reported',
  'ended',
] as const;
export type ProfileStatus = StoredStatus | 'ended';
export type KnownProfile = Omit<ChargingProfile, 'status'> & { readonly status: ProfileStatus };

/**
 * Gives a station a charging profile; it takes the place of the one with the same connector, purpose, stack level and
 * charge. One that the station refuses leaves the one before it in force. A station that is offline, or does not
 * answer, is told when it is back, and each one after a restart. Throws NotFoundError, ValidationError.
 */
export async function setChargingProfile(ctx: Context, input: ProfileInput): Promise<KnownProfile> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  checkPlace(input);
  const columns = scheduleColumns(input);
  const { connectorNumber, purpose } = input;
  if (connectorNumber !== 0) await connectorOf(ctx, charger.id, connectorNumber);
  const id = await inTransaction(ctx, async tx => {
    const sessionId = purpose === 'Tx' ? await runningSession(tx, charger.id, connectorNumber) : null;
    return storeProfile(tx, charger, { connectorNumber, purpose, sessionId, ...columns });
  });
  await bring(ctx, charger.id, connectorNumber);
  const profile = (await profilesOf(ctx, charger.id)).find(row => row.id === id);
  if (!profile) throw new ConflictError('Another profile has taken its place.');
  return profile;
}

export interface ProfileFilter {
  readonly chargerId: string;
  readonly numbers?: readonly number[] | null;
  readonly connectorNumber?: number | null;
  readonly purpose?: ProfileInput['purpose'] | null;
  readonly stackLevel?: number | null;
}

export interface ClearedProfiles {
  readonly chargerId: string;
  /** What was meant, as it was. */
  readonly numbers: readonly number[];
  /** Those that the station has not said to have forgotten: it is told again. */
  readonly pendingNumbers: readonly number[];
}

/**
 * Takes operators' profiles back: all that fit what is given. The connectors' own limits are none of them. Throws
 * NotFoundError.
 */
export async function clearChargingProfiles(ctx: Context, filter: ProfileFilter): Promise<ClearedProfiles> {
  const charger = await requireOperated(ctx, filter.chargerId, 'control');
  const { numbers, connectorNumber, purpose, stackLevel } = filter;
  const meant = await inTransaction(ctx, async tx => {
    await lockCharger(tx, charger.id);
    const rows = await db(tx)
      .selectFrom('charging_profiles')
      .select(['id', 'number', 'connectorNumber', 'status', 'sentAt'])
      .where('chargerId', '=', charger.id)
      .where('status', '!=', 'reported')
      .$if(numbers != null, query => query.where(sql<boolean>`number = any(${numbers}::int[])`))
      .$if(connectorNumber != null, query => query.where('connectorNumber', '=', connectorNumber!))
      .$if(purpose != null, query => query.where('purpose', '=', purpose!))
      .$if(stackLevel != null, query => query.where('stackLevel', '=', stackLevel!))
      .execute();
    for (const row of rows) {
      const { id } = row;
      if (mayBeHeld(row)) {
        await db(tx)
          .updateTable('charging_profiles')
          .set({ status: 'removing' })
          .where('id', '=', id)
          .execute();
      } else {
        await db(tx).deleteFrom('charging_profiles').where('id', '=', id).execute();
      }
    }
    return rows;
  });
  const connectors = new Set(meant.filter(mayBeHeld).map(row => row.connectorNumber));
  for (const number of connectors) await bring(ctx, charger.id, number);
  const ids = new Set(meant.map(row => row.id));
  const left = (await profilesOf(ctx, charger.id)).filter(row => ids.has(row.id));
  const sorted = (rows: readonly { readonly number: number }[]) =>
    [...new Set(rows.map(({ number }) => number))].sort((a, b) => a - b);
  return { chargerId: charger.id, numbers: sorted(meant), pendingNumbers: sorted(left) };
}

/** Whether the station may hold it: only a profile that it was never told, or has refused, is nothing to it. */
const mayBeHeld = ({ status, sentAt }: Pick<ChargingProfile, 'status' | 'sentAt'>): boolean =>
  status === 'accepted' || status === 'removing' || (status === 'pending' && sentAt != null);

/** Operators' profiles for a charger, and those that the station told of, by connector and number. */
export async function chargingProfiles(ctx: Context, chargerId: string): Promise<KnownProfile[]> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  return profilesOf(ctx, charger.id);
}

const profilesOf = async (ctx: Context, chargerId: string): Promise<KnownProfile[]> =>
  (await db(ctx)
    .selectFrom('charging_profiles as f')
    .leftJoin('sessions as s', 's.id', 'f.sessionId')
    .selectAll('f')
    .select(({ eb }) =>
      eb
        .case()
        .when('s.status', 'not in', [...OPEN_STATUSES])
        .then('ended')
        .else(eb.ref('f.status'))
        .end()
        .as('status'),
    )
    .where('f.chargerId', '=', chargerId)
    .orderBy('f.connectorNumber')
    .orderBy('f.number')
    .orderBy('f.id')
    .execute()) as unknown as KnownProfile[];

/** Tells the station what is news of the connector. What it does not take now it is told later. */
async function bring(ctx: Context, chargerId: string, connectorNumber: number): Promise<void> {
  if (connectorNumber > 0) {
    const delivery = await tell(ctx, chargerId, await connectorOf(ctx, chargerId, connectorNumber));
    await followUp(ctx, chargerId, delivery);
  } else if (!(await sendStationProfiles(ctx, chargerId))) {
    await inTransaction(ctx, tx => sendLimitsLater(tx, chargerId, AGAIN_AFTER_SECONDS));
  }
}

async function runningSession(tx: Context, chargerId: string, connectorNumber: number): Promise<string> {
  const session = await db(tx)
    .selectFrom('sessions')
    .select('id')
    .where('chargerId', '=', chargerId)
    .where('connectorNumber', '=', connectorNumber)
    .where('status', 'in', [...RUNNING_STATUSES])
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return (
    session?.id ?? invalid('connectorNumber', 'no charge runs there: a remote start may carry a profile')
  );
}
