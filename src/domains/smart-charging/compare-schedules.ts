/** A limit that holds until the next step's start. */
export interface ScheduleStep {
  /** Seconds after the start of what is compared. */
  readonly startPeriod: number;
  /** Null for whatever the station can do. */
  readonly limit: number | null;
}

export interface ScheduleDifference {
  readonly fromSecond: number;
  readonly toSecond: number;
  readonly ours: number | null;
  readonly station: number | null;
  /** The station's less ours; where either has none, the connector's maximum stands for it. */
  readonly difference: number;
}

export interface ComparedWindow {
  readonly durationSeconds: number;
  /** What the connector can do: no limit above it is one. */
  readonly maximum: number;
  /** A difference up to this is rounding. */
  readonly tolerance: number;
  /** One that lasts no longer is a clock's. */
  readonly clockToleranceSeconds: number;
}

/** What floating point adds: 16.1 less 16 is a tenth. */
const DUST = 1e-6;

/** Where two schedules differ, and by how much; neighbours that differ in the same way are one. */
export function compareSchedules(
  ours: readonly ScheduleStep[],
  stations: readonly ScheduleStep[],
  { durationSeconds, maximum, tolerance, clockToleranceSeconds }: ComparedWindow,
): ScheduleDifference[] {
  const edges = [...ours, ...stations].map(({ startPeriod }) => startPeriod);
  const inside = edges.filter(edge => edge > 0 && edge < durationSeconds);
  const starts = [...new Set([0, ...inside])].sort((a, b) => a - b);
  const differences: ScheduleDifference[] = [];
  for (const [index, fromSecond] of starts.entries()) {
    const toSecond = starts[index + 1] ?? durationSeconds;
    const [our, station] = [limitAt(ours, fromSecond), limitAt(stations, fromSecond)];
    const difference = Math.min(station ?? maximum, maximum) - Math.min(our ?? maximum, maximum);
    if (Math.abs(difference) <= tolerance + DUST) continue;
    const last = differences.at(-1);
    if (last?.toSecond === fromSecond && last.ours === our && last.station === station) {
      differences[differences.length - 1] = { ...last, toSecond };
    } else {
      differences.push({ fromSecond, toSecond, ours: our, station, difference: tenths(difference) });
    }
  }
  return differences.filter(({ fromSecond, toSecond }) => toSecond - fromSecond > clockToleranceSeconds);
}

const limitAt = (steps: readonly ScheduleStep[], second: number): number | null =>
  steps.findLast(({ startPeriod }) => startPeriod <= second)?.limit ?? null;

const tenths = (value: number): number => Math.round(value * 10) / 10;
