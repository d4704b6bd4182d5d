import { sql } from 'kysely';
import type { ProfilePeriod, StationProfile } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { epochMs, instantOf } from '../../kernel/instant.ts';
import { db } from '../db.ts';
import { RUNNING_STATUSES } from '../sessions/session-states.ts';
import type { ChargingProfile } from './charging-profile.entity.ts';
import { ampsWithin, type Electrics, phasesOf, type RateUnit } from './electricity.ts';
import type { LimitCommand } from './site.ts';

/**
 * Where the connector's own limit stands in the stack of TxDefault profiles: above what stations have of themselves, and
 * below what operators may set for the connector, which is sent with no period above the limit.
 */
export const LIMIT_STACK_LEVEL = 1;
const LIMIT_BASE = 90_000;
/** Operators' profiles are numbered below the limits. */
export const MAX_PROFILE_NUMBER = LIMIT_BASE - 1;

/** The profile that carries a connector's limit, and no other. */
export const profileIdOf = (connectorNumber: number): number => LIMIT_BASE + connectorNumber;

export const limitProfile = (connectorNumber: number, unit: RateUnit, limit: number): StationProfile => ({
  number: profileIdOf(connectorNumber),
  purpose: 'TxDefault',
  stackLevel: LIMIT_STACK_LEVEL,
  kind: 'Relative',
  recurrency: null,
  validFrom: null,
  validTo: null,
  transactionId: null,
  unit,
  startsAt: null,
  durationSeconds: null,
  minChargingRate: null,
  periods: [{ startPeriod: 0, limit, numberPhases: null }],
});

/** The periods, none above the limit that holds for the connector. */
export function capped(
  periods: readonly ProfilePeriod[],
  unit: RateUnit,
  cap: LimitCommand,
  connector: Electrics,
): ProfilePeriod[] {
  if (!cap) return [...periods];
  const phases = phasesOf(connector);
  return periods.map(period => {
    // a limit in amperes is one of each line: fewer lines, fewer watts
    const share = cap.unit === 'A' ? Math.min(period.numberPhases ?? phases, phases) / phases : 1;
    const most =
      unit === cap.unit
        ? cap.limit
        : unit === 'W'
          ? Math.floor(cap.watts * share)
          : ampsWithin(connector, cap.watts);
    return { ...period, limit: Math.min(period.limit, most) };
  });
}

/** The row as the station is told it. */
export const toStationProfile = (
  row: ChargingProfile,
  periods: readonly ProfilePeriod[],
  transactionId: string | null,
): StationProfile => ({
  number: row.number,
  purpose: row.purpose,
  stackLevel: row.stackLevel,
  kind: row.kind,
  recurrency: row.recurrency ?? null,
  validFrom: isoOf(row.validFrom),
  validTo: isoOf(row.validTo),
  transactionId,
  unit: row.unit,
  startsAt: isoOf(row.startsAt),
  durationSeconds: row.durationSeconds ?? null,
  minChargingRate: row.minChargingRate == null ? null : Number(row.minChargingRate),
  periods,
});

const isoOf = (text: string | null | undefined): string | null =>
  text == null ? null : instantOf(text).toString();

/** A profile that the station shall hold, with its transaction where it is for one. */
export type LiveProfile = ChargingProfile & {
  readonly transactionId: string | null;
  /** A reported one is the station's own affair. */
  readonly status: 'pending' | 'accepted';
};

/**
 * What the station shall hold for a connector of its own (0: for the whole station): of those with one number the
 * newest. A Tx profile is left out before its charge has begun, and once it is over.
 */
export async function liveProfiles(
  ctx: Context,
  chargerId: string,
  connectorNumber: number,
): Promise<LiveProfile[]> {
  const rows = (await db(ctx)
    .selectFrom('charging_profiles as f')
    .leftJoin('sessions as s', 's.id', 'f.sessionId')
    .selectAll('f')
    .select(
      sql<string | null>`coalesce(s.station_transaction_id, s.transaction_number::text)`.as('transactionId'),
    )
    .where('f.chargerId', '=', chargerId)
    .where('f.connectorNumber', '=', connectorNumber)
    .where('f.status', 'in', ['pending', 'accepted'])
    .where(eb => eb.or([eb('f.sessionId', 'is', null), eb('s.status', 'in', [...RUNNING_STATUSES])]))
    .orderBy('f.number')
    // the one to be sent is newer than the one that is held
    .orderBy('f.status', 'desc')
    .execute()) as unknown as LiveProfile[];
  const nowMs = ctx.now().epochMilliseconds;
  return rows.filter(
    (row, index) =>
      rows[index - 1]?.number !== row.number && (row.validTo == null || epochMs(row.validTo) > nowMs),
  );
}

/** Whether a row `f` of `charging_profiles` is still to be told to its station, or to be taken back. */
export const isUnsent = (now: string) => sql<boolean>`(f.status = 'removing' or (
  f.status = 'pending' and (f.valid_to is null or f.valid_to > ${now}) and (
    f.session_id is null or exists (
      select 1 from sessions z where z.id = f.session_id and z.status in ('active', 'idle', 'stopping')))))`;
