import { invalid } from '../../kernel/errors.ts';
import { instantOf } from '../../kernel/instant.ts';
import type { Window } from './window.ts';

export const PERIODS = ['day', 'week', 'month'] as const;
/** How a window is cut: UTC days, ISO weeks (from Monday) or months. */
export type Period = (typeof PERIODS)[number];

/** One piece of a timeline, with what fell into it. */
export interface Bucket<Row> {
  /** Its first moment, which may lie before the window. */
  readonly start: string;
  /** `Jun 18`, `Week 25` or `Jun 2026`. */
  readonly label: string;
  readonly rows: readonly Row[];
}

const MAX_DAYS = 3660;

/** Throws a ValidationError where a timeline would have too many buckets. */
export function checkLength({ first, last }: Window): void {
  const days = instantOf(first).until(instantOf(last)).total({ unit: 'hour' }) / 24;
  if (days > MAX_DAYS) invalid('from', `must lie at most ${MAX_DAYS} days before to`);
}

/** The days' rows in the buckets that the window touches, in order of time; those without rows are there too. */
export function timelineOf<Row extends { readonly day: string }>(
  period: Period,
  window: Window,
  rows: readonly Row[],
): Bucket<Row>[] {
  const rowsByStart = Map.groupBy(rows, row => startOf(period, Temporal.PlainDate.from(row.day)).toString());
  const end = utcDate(window.last);
  const buckets: Bucket<Row>[] = [];
  for (
    let start = startOf(period, utcDate(window.first));
    Temporal.PlainDate.compare(start, end) <= 0;
    start = start.add(LENGTHS[period])
  ) {
    buckets.push({
      start: midnight(start.toString()),
      label: LABELS[period](start),
      rows: rowsByStart.get(start.toString()) ?? [],
    });
  }
  return buckets;
}

/** The first moment of a UTC day, given as `2026-06-18`. */
export const midnight = (day: string): string => `${day}T00:00:00Z`;

const utcDate = (instant: string): Temporal.PlainDate =>
  instantOf(instant).toZonedDateTimeISO('UTC').toPlainDate();

function startOf(period: Period, date: Temporal.PlainDate): Temporal.PlainDate {
  if (period === 'week') return date.subtract({ days: date.dayOfWeek - 1 });
  return period === 'month' ? date.with({ day: 1 }) : date;
}

const LENGTHS = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } } as const;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LABELS: Record<Period, (start: Temporal.PlainDate) => string> = {
  day: ({ month, day }) => `${MONTHS[month - 1]} ${day}`,
  week: ({ weekOfYear }) => `Week ${weekOfYear}`,
  month: ({ month, year }) => `${MONTHS[month - 1]} ${year}`,
};
