import type { ChargingProfile, RateUnit, SchedulePeriod } from './ocpp16.ts';

/** Charging profiles as a station applies them (OCPP 1.6, 3.13), pure, with the time passed in. */
export interface InstalledProfile {
  readonly connectorId: number;
  readonly profile: ChargingProfile;
  readonly installedAtMs: number;
}

export interface LimitQuery {
  readonly connectorId: number;
  readonly atMs: number;
  /** start of the connector's transaction, when it has one */
  readonly startedAtMs?: number;
  readonly voltageV: number;
  readonly phases: number;
  /** what the hardware of this connector can give */
  readonly maxPowerW: number;
  /** connectors which charge now and share the station's maximum */
  readonly sharing: number;
}

const recurrenceMs = { Daily: 86_400_000, Weekly: 7 * 86_400_000 };

/** The most this connector may give at that instant, in W: Tx over TxDefault, both below ChargePointMax. */
export function profileLimitW(installed: readonly InstalledProfile[], query: LimitQuery): number {
  const limitW = (purpose: ChargingProfile['chargingProfilePurpose']) =>
    highestLimitW(installed, purpose, query);
  const stationW = limitW('ChargePointMaxProfile');
  const ownW = limitW('TxProfile') ?? limitW('TxDefaultProfile');
  return Math.min(
    query.maxPowerW,
    ownW ?? Number.POSITIVE_INFINITY,
    stationW === undefined ? Number.POSITIVE_INFINITY : stationW / Math.max(1, query.sharing),
  );
}

/** The limits from `query.atMs` on, as the periods of one schedule, equal neighbours merged. */
export function profileSchedule(
  installed: readonly InstalledProfile[],
  query: LimitQuery,
  durationSeconds: number,
  unit: RateUnit,
): SchedulePeriod[] {
  const untilMs = query.atMs + durationSeconds * 1000;
  const edges = new Set([query.atMs]);
  for (const each of installed) {
    for (const edge of profileEdges(each, query, untilMs))
      if (edge > query.atMs && edge < untilMs) edges.add(edge);
  }
  const periods: SchedulePeriod[] = [];
  for (const atMs of [...edges].sort((a, b) => a - b)) {
    const limitW = profileLimitW(installed, { ...query, atMs });
    const inUnit = unit === 'W' ? limitW : limitW / (query.voltageV * query.phases);
    const limit = Math.round(inUnit * 10) / 10;
    if (periods.at(-1)?.limit !== limit) {
      periods.push({ startPeriod: Math.round((atMs - query.atMs) / 1000), limit });
    }
  }
  return periods;
}

function highestLimitW(
  installed: readonly InstalledProfile[],
  purpose: ChargingProfile['chargingProfilePurpose'],
  query: LimitQuery,
): number | undefined {
  let best: InstalledProfile | undefined;
  let bestW: number | undefined;
  for (const each of installed) {
    if (each.profile.chargingProfilePurpose !== purpose) continue;
    if (each.connectorId !== 0 && each.connectorId !== query.connectorId) continue;
    const level = each.profile.stackLevel - (best?.profile.stackLevel ?? Number.NEGATIVE_INFINITY);
    if (level < 0 || (level === 0 && each.connectorId === 0)) continue;
    const limitW = ownLimitW(each, query);
    if (limitW !== undefined) [best, bestW] = [each, limitW];
  }
  return bestW;
}

function ownLimitW(installed: InstalledProfile, query: LimitQuery): number | undefined {
  const { validFrom, validTo, chargingSchedule: schedule } = installed.profile;
  if (validFrom && query.atMs < Date.parse(validFrom)) return undefined;
  if (validTo && query.atMs >= Date.parse(validTo)) return undefined;
  const startMs = scheduleStartMs(installed, query, query.atMs);
  if (startMs === undefined || query.atMs < startMs) return undefined;
  const elapsed = (query.atMs - startMs) / 1000;
  if (schedule.duration !== undefined && elapsed >= schedule.duration) return undefined;
  const period = schedule.chargingSchedulePeriod.findLast(each => each.startPeriod <= elapsed);
  if (!period) return undefined;
  return schedule.chargingRateUnit === 'W'
    ? period.limit
    : period.limit * query.voltageV * Math.min(query.phases, period.numberPhases ?? query.phases);
}

function scheduleStartMs(installed: InstalledProfile, query: LimitQuery, atMs: number): number | undefined {
  const { chargingProfileKind: kind, recurrencyKind, chargingSchedule } = installed.profile;
  if (kind === 'Relative') return query.startedAtMs;
  const given = chargingSchedule.startSchedule;
  const startMs = given ? Date.parse(given) : (query.startedAtMs ?? installed.installedAtMs);
  if (kind === 'Absolute') return startMs;
  const every = recurrenceMs[recurrencyKind ?? 'Daily'];
  return startMs + Math.floor((atMs - startMs) / every) * every;
}

function* profileEdges(installed: InstalledProfile, query: LimitQuery, untilMs: number): Generator<number> {
  const { validFrom, validTo, chargingSchedule: schedule, chargingProfileKind: kind } = installed.profile;
  if (validFrom) yield Date.parse(validFrom);
  if (validTo) yield Date.parse(validTo);
  const every = kind === 'Recurring' ? recurrenceMs[installed.profile.recurrencyKind ?? 'Daily'] : Infinity;
  let startMs = scheduleStartMs(installed, query, query.atMs);
  while (startMs !== undefined && startMs < untilMs) {
    for (const period of schedule.chargingSchedulePeriod) yield startMs + period.startPeriod * 1000;
    if (schedule.duration !== undefined) yield startMs + schedule.duration * 1000;
    startMs += every;
  }
}
