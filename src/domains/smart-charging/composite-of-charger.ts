import type { CompositeSchedule } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, invalid, UnavailableError } from '../../kernel/errors.ts';
import { instantOf } from '../../kernel/instant.ts';
import { connectorOf, requireControl } from '../chargers/charger-access.ts';
import type { CommandResult } from '../chargers/remote-control.ts';
import { db } from '../db.ts';
import type { ChargingProfile } from './charging-profile.entity.ts';
import { compareSchedules, type ScheduleDifference } from './compare-schedules.ts';
import {
  type CompositePeriod,
  compositeSchedule,
  inUnit,
  type StackedProfile,
} from './composite-schedule.ts';
import { phasesOf, type RateUnit, wattsPerAmp } from './electricity.ts';
import type { LimitInput } from './limits.ts';
import { capped, limitProfile, liveProfiles, toStationProfile } from './profile-stack.ts';
import { readSite, siteOf } from './read-site.ts';
import { REASONS } from './send-limit.ts';
import { commandFor, sharesOf } from './site.ts';

export interface CompositeInput extends Pick<LimitInput, 'chargerId' | 'connectorNumber' | 'unit'> {
  /** A day where left out. */
  readonly durationSeconds?: number | null;
}

export interface CompositeScheduleResult extends CommandResult {
  readonly connectorNumber: number;
  readonly unit: RateUnit;
  /** As the station gave it, in OCPP 1.6's shape. */
  readonly schedule: CompositeSchedule | null;
  /** When `ours` begins, and what it is compared from. */
  readonly startsAt: string;
  readonly durationSeconds: number;
  /** What follows from the profiles and the limit that we know of. */
  readonly ours: readonly CompositePeriod[];
  /** Null where the station gave none. */
  readonly differences: readonly ScheduleDifference[] | null;
}

const DAY_SECONDS = 24 * 3600;
const LONGEST_SECONDS = 7 * DAY_SECONDS;
/** A tenth of an ampere is rounding; this long is a clock that is not quite ours. */
const TOLERANCE_A = 0.1;
const CLOCK_TOLERANCE_SECONDS = 5;
/** A schedule that begins further away from now than this is about another time. */
const NEAR_MS = 300_000;

/**
 * What the station makes of all its profiles, from now on, beside what we make of them. Throws NotFoundError,
 * ValidationError.
 */
export async function getCompositeSchedule(
  ctx: Context,
  input: CompositeInput,
): Promise<CompositeScheduleResult> {
  const charger = await requireControl(ctx, input.chargerId, 'read');
  const connectorNumber = input.connectorNumber ?? 1;
  const unit = input.unit ?? 'A';
  const durationSeconds = input.durationSeconds ?? DAY_SECONDS;
  if (!(durationSeconds >= 1 && durationSeconds <= LONGEST_SECONDS)) {
    invalid('durationSeconds', `must be from 1 to ${LONGEST_SECONDS}`);
  }
  const connectorId = await connectorOf(ctx, charger.id, connectorNumber);
  const answer = await askStation(ctx, charger.id, { connectorNumber, unit, durationSeconds });
  const startsAt = beginOf(answer.schedule, ctx.now());
  const knowledge = await knownOf(ctx, charger.id, connectorId);
  const ours = compositeSchedule(knowledge.profiles, {
    connector: connectorNumber,
    at: startsAt,
    durationSeconds,
    unit,
    phases: knowledge.phases,
    voltage: knowledge.voltage,
    transactionStart: knowledge.transactionStart,
  });
  return {
    chargerId: charger.id,
    connectorNumber,
    unit,
    ...answer,
    startsAt,
    durationSeconds,
    ours,
    differences: answer.schedule && differencesOf(ours, answer.schedule, knowledge, unit, durationSeconds),
  };
}

type StationAnswer = Pick<CompositeScheduleResult, 'accepted' | 'reason' | 'retryable' | 'schedule'>;

async function askStation(
  ctx: Context,
  chargerId: string,
  question: { connectorNumber: number; unit: RateUnit; durationSeconds: number },
): Promise<StationAnswer> {
  const failed = (reason: string, retryable: boolean) => ({
    accepted: false,
    reason,
    retryable,
    schedule: null,
  });
  try {
    const { status, schedule } = await ctx.chargers.ask(chargerId, 'compositeSchedule', question);
    if (status === 'Rejected') return failed(REASONS.refused, false);
    return { accepted: true, reason: null, retryable: false, schedule };
  } catch (error) {
    if (error instanceof ChargerRejectedError) return failed(REASONS.refused, false);
    if (error instanceof ChargerOfflineError) return failed(REASONS.offline, true);
    if (error instanceof UnavailableError) return failed(REASONS.unanswered, true);
    throw error;
  }
}

/** When the station's schedule begins, where it says so and its clock can be right; else now. */
function beginOf(schedule: CompositeSchedule | null, now: Temporal.Instant): string {
  const told = schedule?.startSchedule;
  if (told && !Number.isNaN(Date.parse(told))) {
    const near = Math.abs(Date.parse(told) - now.epochMilliseconds) <= NEAR_MS;
    if (near) return new Date(Date.parse(told)).toISOString();
  }
  return now.round({ smallestUnit: 'second', roundingMode: 'floor' }).toString();
}

interface Knowledge {
  readonly profiles: readonly StackedProfile[];
  readonly phases: number;
  /** Of one phase. */
  readonly voltage: number;
  readonly maxCurrentA: number;
  readonly maxPowerW: number;
  readonly transactionStart: string | null;
}

/** All that bears on the connector: operators' profiles within its limit, the limit, and what the station told of. */
async function knownOf(ctx: Context, chargerId: string, connectorId: string): Promise<Knowledge> {
  const site = (await readSite(ctx, await siteOf(ctx, chargerId)))!;
  const connector = site.connectors.find(({ id }) => id === connectorId)!;
  const limit = commandFor(
    connector,
    sharesOf(site, new Set(), ctx.now().epochMilliseconds).get(connectorId) ?? null,
  );
  const session = connector.sessionId
    ? await db(ctx)
        .selectFrom('sessions')
        .select('startTime')
        .where('id', '=', connector.sessionId)
        .executeTakeFirst()
    : undefined;
  const own = await liveProfiles(ctx, chargerId, connector.number);
  const stationWide = await liveProfiles(ctx, chargerId, 0);
  const reported = (await db(ctx)
    .selectFrom('charging_profiles')
    .selectAll()
    .where('chargerId', '=', chargerId)
    .where('connectorNumber', 'in', [0, connector.number])
    .where('status', '=', 'reported')
    // which transaction it is for is not known
    .where('purpose', '!=', 'Tx')
    .execute()) as ChargingProfile[];
  const asTold = (row: ChargingProfile): StackedProfile => ({
    ...toStationProfile(row, row.periods, null),
    connectorNumber: row.connectorNumber,
  });
  const phases = phasesOf(connector);
  return {
    profiles: [
      ...own.map(row => ({
        ...toStationProfile(row, capped(row.periods, row.unit, limit, connector), null),
        connectorNumber: row.connectorNumber,
      })),
      ...stationWide.map(asTold),
      ...reported.map(asTold),
      ...(limit
        ? [
            {
              ...limitProfile(connector.number, limit.unit, limit.limit),
              connectorNumber: connector.number,
            },
          ]
        : []),
    ],
    phases,
    voltage: wattsPerAmp(connector) / phases,
    maxCurrentA: connector.maxCurrentA,
    maxPowerW: connector.maxPowerW,
    transactionStart: session ? instantOf(session.startTime).toString() : null,
  };
}

/** As far as the station's schedule goes. One in another unit than was asked for is converted. */
function differencesOf(
  ours: readonly CompositePeriod[],
  schedule: CompositeSchedule,
  { phases, voltage, maxCurrentA, maxPowerW }: Knowledge,
  unit: RateUnit,
  durationSeconds: number,
): ScheduleDifference[] {
  const steps = schedule.chargingSchedulePeriod.map(({ startPeriod, limit, numberPhases }) => ({
    startPeriod,
    limit: inUnit(limit, schedule.chargingRateUnit, unit, Math.min(numberPhases ?? phases, phases), voltage),
  }));
  return compareSchedules(ours, steps, {
    durationSeconds: Math.min(durationSeconds, schedule.duration ?? durationSeconds),
    maximum: unit === 'A' ? maxCurrentA : maxPowerW,
    tolerance: unit === 'A' ? TOLERANCE_A : TOLERANCE_A * voltage * phases,
    clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
  });
}
