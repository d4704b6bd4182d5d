import type { StationProfile } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import type { CommandResult } from '../chargers/remote-control.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import { requireOperated } from '../maintenance/operated-charger.ts';
import type { LimitSource } from './charging-profile.entity.ts';
import { MAX_PROFILE_NUMBER, profileIdOf } from './profile-stack.ts';

/** A station that tells more has gone mad. */
const MAX_REPORTED = 200;

/** The station's EVSE; 0 is all of it. */
type Evse = number;

/** Somebody else limits the station, or one of its EVSEs, from now on: in place of what they said before. */
export async function stationLimited(
  ctx: Context,
  station: Station,
  limit: { readonly source: LimitSource; readonly evse: Evse; readonly profiles: readonly StationProfile[] },
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const connectors = await connectorsOf(tx, station, limit.evse);
    await drop(tx, station, limit.source, connectors);
    await insert(tx, station, limit.source, connectors, limit.profiles, null);
  });
}

/** They limit it no more: an EVSE, or nothing at all where none is named. */
export async function stationUnlimited(
  ctx: Context,
  station: Station,
  { source, evse }: { readonly source: LimitSource; readonly evse: Evse | null },
): Promise<void> {
  await inTransaction(ctx, async tx => {
    await drop(tx, station, source, evse === null ? null : await connectorsOf(tx, station, evse));
  });
}

export interface ProfileReport {
  readonly reportNumber: number;
  readonly source: LimitSource;
  readonly evse: Evse;
  readonly profiles: readonly StationProfile[];
  /** More parts follow. */
  readonly isContinued: boolean;
}

/**
 * A part of what a station was asked for: all that it holds. Those of our own are known; of the others only what the
 * report tells is left once its last part has come.
 */
export async function stationReportedProfiles(
  ctx: Context,
  station: Station,
  report: ProfileReport,
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const connectors = await connectorsOf(tx, station, report.evse);
    const ours = await numbersOfOurs(tx, station.id);
    const foreign = report.profiles.filter(({ number }) => report.source !== 'CSO' || !ours.has(number));
    await insert(tx, station, report.source, connectors, foreign, report.reportNumber);
    if (report.isContinued) return;
    await reported(tx, station)
      .where(eb => eb.or([eb('reportNumber', 'is', null), eb('reportNumber', '!=', report.reportNumber)]))
      .execute();
  });
}

/** Has a station report all its profiles, ours and others'. OCPP 1.6 has no such question. Throws NotFoundError. */
export async function requestProfileReport(ctx: Context, chargerId: string): Promise<CommandResult> {
  const charger = await requireOperated(ctx, chargerId, 'control');
  // grows with time, as long as seconds fit an integer
  const requestNumber = Math.floor(ctx.now().epochMilliseconds / 1000) % 2 ** 31;
  const { status } = await ctx.chargers.ask(charger.id, 'reportProfiles', { requestNumber });
  const result = { chargerId: charger.id, retryable: false };
  if (status === 'NotSupported') {
    return { ...result, accepted: false, reason: 'OCPP 1.6 has no report of charging profiles.' };
  }
  if (status === 'NoProfiles') await reported(ctx, charger).execute();
  return { ...result, accepted: true, reason: null };
}

const reported = (ctx: Context, charger: { readonly id: string }) =>
  db(ctx)
    .deleteFrom('charging_profiles')
    .where('chargerId', '=', charger.id)
    .where('status', '=', 'reported');

async function drop(
  tx: Context,
  station: Station,
  source: LimitSource,
  connectors: readonly number[] | null,
): Promise<void> {
  if (connectors?.length === 0) return;
  await reported(tx, station)
    .where('source', '=', source)
    .where('purpose', '=', 'ExternalConstraints')
    .$if(connectors !== null, query => query.where('connectorNumber', 'in', [...connectors!]))
    .execute();
}

async function insert(
  tx: Context,
  station: Station,
  source: LimitSource,
  connectors: readonly number[],
  profiles: readonly StationProfile[],
  reportNumber: number | null,
): Promise<void> {
  const now = tx.now().toString();
  const rows = connectors.flatMap(connectorNumber =>
    profiles.map(({ transactionId, ...profile }) => ({
      ...profile,
      id: newId(),
      networkId: station.networkId,
      chargerId: station.id,
      connectorNumber,
      status: 'reported',
      source,
      reportNumber,
      minChargingRate: profile.minChargingRate?.toFixed(1) ?? null,
      periods: jsonb(profile.periods),
      createdAt: now,
      updatedAt: now,
    })),
  );
  const { count } = await db(tx)
    .selectFrom('charging_profiles')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('chargerId', '=', station.id)
    .where('status', '=', 'reported')
    .executeTakeFirstOrThrow();
  const kept = rows.slice(0, Math.max(0, MAX_REPORTED - Number(count)));
  if (kept.length > 0) {
    await db(tx)
      .insertInto('charging_profiles')
      .values(kept as never)
      .execute();
  }
}

/** The numbers of an EVSE's connectors; 0 for the station. */
async function connectorsOf(tx: Context, station: Station, evse: Evse): Promise<number[]> {
  if (evse === 0) return [0];
  const rows = await db(tx)
    .selectFrom('connectors')
    .select('number')
    .where('chargerId', '=', station.id)
    .where('evseNumber', '=', evse)
    .execute();
  return rows.map(({ number }) => number);
}

async function numbersOfOurs(tx: Context, chargerId: string): Promise<Set<number>> {
  const rows = await db(tx)
    .selectFrom('charging_profiles')
    .select('number')
    .where('chargerId', '=', chargerId)
    .where('status', '!=', 'reported')
    .where('number', '<=', MAX_PROFILE_NUMBER)
    .execute();
  const connectors = await db(tx)
    .selectFrom('connectors')
    .select('number')
    .where('chargerId', '=', chargerId)
    .execute();
  return new Set([...rows.map(({ number }) => number), ...connectors.map(it => profileIdOf(it.number))]);
}
