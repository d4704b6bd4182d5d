import { sql } from 'kysely';
import type { StationProfile } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { askedBy, type OperatedCharger, requireOperated } from '../maintenance/operated-charger.ts';
import type { Session } from '../sessions/session.entity.ts';
import { OPEN_STATUSES, RUNNING_STATUSES } from '../sessions/session-states.ts';
import { AGAIN_AFTER_SECONDS, sendLimitsLater } from './balance-later.ts';
import type { ChargingProfile, StoredStatus } from './charging-profile.entity.ts';
import { checkPlace, type ProfileInput, type ScheduleInput, scheduleColumns } from './profile-input.ts';
import { capped, MAX_PROFILE_NUMBER, toStationProfile } from './profile-stack.ts';
import { sendStationProfiles } from './send-profiles.ts';
import { requestOf, type SiteConnector } from './site.ts';
import { connectorOf, followUp, tell } from './tell-connector.ts';

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

/** More than any station keeps. */
const MAX_PROFILES = 100;

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
    return store(tx, charger, { connectorNumber, purpose, sessionId, ...columns });
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

type NewProfile = ReturnType<typeof scheduleColumns> &
  Pick<ChargingProfile, 'connectorNumber' | 'purpose'> & { readonly sessionId: string | null };

/** Stores the profile with the number of the one whose place it takes, else one that is free. Answers its row's id. */
async function store(
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

const lockCharger = (tx: Context, chargerId: string) =>
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

/** The profile of a charge that is about to start: it goes with the remote start, which knows no transaction yet. */
export async function profileForStart(
  tx: Context,
  session: Session,
  input: ScheduleInput,
): Promise<StationProfile> {
  const columns = scheduleColumns(input);
  const { chargerId, networkId, connectorNumber, id: sessionId } = session;
  const charger = { id: chargerId, networkId };
  const id = await store(tx, charger, {
    connectorNumber,
    purpose: 'Tx',
    sessionId,
    isFromStart: true,
    ...columns,
  });
  const connector = await db(tx)
    .selectFrom('connectors as k')
    .leftJoin('charging_limits as l', 'l.connectorId', 'k.id')
    .select(['k.powerType', 'k.maxVoltageV', 'l.requestedUnit', 'l.requestedLimit', 'l.sentW'])
    .where('k.id', '=', session.connectorId!)
    .executeTakeFirstOrThrow();
  const request = requestOf(connector as SiteConnector);
  const { sentW } = connector;
  const isHeldLower = sentW !== null && (request === null || sentW < request.watts);
  const limit = isHeldLower ? ({ unit: 'W', limit: sentW, watts: sentW } as const) : request;
  const periods = capped(columns.periods, columns.unit, limit, connector);
  const now = tx.now().toString();
  const row = (await db(tx)
    .updateTable('charging_profiles')
    .set({ sentAt: now, sentPeriods: jsonb(periods) })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()) as ChargingProfile;
  return toStationProfile(row, periods, null);
}

/** The station has answered the remote start; the profile's fate is the start's. */
export async function profileOfStart(
  ctx: Context,
  sessionId: string,
  status: 'accepted' | 'rejected',
): Promise<void> {
  await db(ctx)
    .updateTable('charging_profiles')
    .set({ status, updatedAt: ctx.now().toString() })
    .where('sessionId', '=', sessionId)
    .where('isFromStart', '=', true)
    .where('status', '=', 'pending')
    .execute();
}
