import type { ProfilePeriod, StationProfile } from '../../kernel/charger-commands.ts';
import { epochMs } from '../../kernel/instant.ts';
import { type RateUnit, tenthsDown } from './electricity.ts';

/** A profile as a connector sees it: its own, or the whole station's (connector 0). */
export type StackedProfile = Omit<StationProfile, 'transactionId'> & { readonly connectorNumber: number };

export interface CompositeOptions {
  /** 0 for the whole station: only what holds for all of it counts then. */
  readonly connector: number;
  /** ISO 8601; whole seconds count. */
  readonly at: string;
  readonly durationSeconds: number;
  readonly unit: RateUnit;
  /** The connector's phases, where a period names none; 1 for direct current. */
  readonly phases: number;
  /** Volts of one phase to neutral, or of the direct current. */
  readonly voltage: number;
  /** Since when a transaction runs. Without one, a charge that begins at `at` is meant. */
  readonly transactionStart?: string | null;
}

export interface CompositePeriod {
  /** Seconds after `at`. */
  readonly startPeriod: number;
  /** Null where no profile says anything: whatever the station can do. */
  readonly limit: number | null;
  /** Null where no profile says. */
  readonly numberPhases: number | null;
}

const CYCLE_SECONDS = { Daily: 86_400, Weekly: 7 * 86_400 } as const;

/**
 * What the profiles let a connector draw, from `at` on: the first period starts at 0, neighbours differ. Within a
 * purpose the highest stack level that says something at the moment wins, of two equal ones the connector's own; Tx
 * wins over TxDefault; ChargePointMax and every external constraint cap (OCPP 1.6, section 3.13; 2.0.1, K).
 */
export function compositeSchedule(
  profiles: readonly StackedProfile[],
  options: CompositeOptions,
): CompositePeriod[] {
  const from = wholeSecondsOf(options.at, 'floor');
  const until = from + options.durationSeconds;
  const begin = options.transactionStart ? wholeSecondsOf(options.transactionStart, 'ceil') : from;
  const timed = profiles.filter(profile => isFor(profile, options.connector)).map(it => inTime(it, begin));
  const edges = new Set([from]);
  for (const profile of timed) for (const edge of edgesOf(profile, from, until)) edges.add(edge);
  const periods: CompositePeriod[] = [];
  for (const at of [...edges].sort((a, b) => a - b)) {
    const { limit, numberPhases } = limitAt(timed, at, options);
    const last = periods.at(-1);
    if (last && last.limit === limit && last.numberPhases === numberPhases) continue;
    periods.push({ startPeriod: at - from, limit, numberPhases });
  }
  return periods;
}

/** The limit in another unit: amperes are those of each phase. */
export const inUnit = (
  limit: number,
  from: RateUnit,
  to: RateUnit,
  phases: number,
  voltage: number,
): number => (from === to ? limit : to === 'W' ? limit * voltage * phases : limit / (voltage * phases));

const isFor = ({ purpose, connectorNumber }: StackedProfile, connector: number): boolean =>
  connectorNumber === connector
    ? connector > 0 || purpose === 'ChargePointMax' || purpose === 'ExternalConstraints'
    : connectorNumber === 0 && purpose !== 'Tx';

/** A profile with its times in whole seconds since the epoch; infinite where there is none. */
interface Timed
  extends Pick<StackedProfile, 'purpose' | 'stackLevel' | 'unit' | 'connectorNumber' | 'number'> {
  readonly validFrom: number;
  readonly validTo: number;
  readonly start: number;
  /** Within its cycle. */
  readonly duration: number;
  readonly cycle: number;
  readonly periods: readonly ProfilePeriod[];
}

function inTime(profile: StackedProfile, begin: number): Timed {
  const cycle =
    profile.kind === 'Recurring' && profile.recurrency ? CYCLE_SECONDS[profile.recurrency] : Infinity;
  const isRelative = profile.kind === 'Relative' || profile.startsAt === null;
  return {
    ...profile,
    validFrom: profile.validFrom === null ? -Infinity : wholeSecondsOf(profile.validFrom, 'ceil'),
    validTo: profile.validTo === null ? Infinity : wholeSecondsOf(profile.validTo, 'ceil'),
    start: isRelative ? begin : wholeSecondsOf(profile.startsAt!, 'ceil'),
    duration: Math.min(profile.durationSeconds ?? Infinity, cycle),
    cycle,
    periods: [...profile.periods].sort((a, b) => a.startPeriod - b.startPeriod),
  };
}

/** When the profile may begin to say something else, in [from, until). */
function edgesOf(profile: Timed, from: number, until: number): number[] {
  const { validFrom, validTo, start, duration, cycle, periods } = profile;
  const within = [duration, ...periods.map(({ startPeriod }) => startPeriod)].filter(it => it <= duration);
  const edges = [validFrom, validTo];
  const first = cycle === Infinity ? start : start + Math.max(0, Math.floor((from - start) / cycle)) * cycle;
  for (let begin = first; begin < until; begin += cycle) edges.push(...within.map(offset => begin + offset));
  return edges.filter(edge => edge > from && edge < until);
}

/** The period in force; undefined where the profile says nothing then. */
function periodAt({ validFrom, validTo, start, duration, cycle, periods }: Timed, at: number) {
  if (at < validFrom || at >= validTo || at < start) return undefined;
  const elapsed = cycle === Infinity ? at - start : (at - start) % cycle;
  return elapsed < duration ? periods.findLast(({ startPeriod }) => startPeriod <= elapsed) : undefined;
}

interface InForce extends ProfilePeriod {
  readonly profile: Timed;
}

function limitAt(profiles: readonly Timed[], at: number, { unit, phases, voltage }: CompositeOptions) {
  const inForce = profiles.flatMap(profile => {
    const period = periodAt(profile, at);
    return period ? [{ ...period, profile }] : [];
  });
  const leading = (purpose: StackedProfile['purpose']) =>
    inForce.filter(({ profile }) => profile.purpose === purpose).sort(byPrecedence)[0];
  const holding = [
    leading('Tx') ?? leading('TxDefault'),
    leading('ChargePointMax'),
    ...inForce.filter(({ profile }) => profile.purpose === 'ExternalConstraints'),
  ].filter(it => it !== undefined);
  if (holding.length === 0) return { limit: null, numberPhases: null };
  const named = holding.flatMap(({ numberPhases }) => numberPhases ?? []);
  const numberPhases = named.length > 0 ? Math.min(...named) : null;
  const limits = holding.map(({ limit, profile }) =>
    inUnit(limit, profile.unit, unit, Math.min(numberPhases ?? phases, phases), voltage),
  );
  return { limit: tenthsDown(Math.min(...limits)), numberPhases };
}

const byPrecedence = (a: InForce, b: InForce): number =>
  b.profile.stackLevel - a.profile.stackLevel ||
  b.profile.connectorNumber - a.profile.connectorNumber ||
  b.profile.number - a.profile.number;

/** An edge within a second takes effect with the next one. */
const wholeSecondsOf = (instant: string, rounding: 'floor' | 'ceil'): number =>
  Math[rounding](epochMs(instant) / 1000);
