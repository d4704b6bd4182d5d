import { invalid } from '../../kernel/errors.ts';
import { instantOf } from '../../kernel/instant.ts';
import type { OpeningHours } from './location.entity.ts';

type RegularPeriod = OpeningHours['regular_hours'][number];
type ExceptionalPeriod = OpeningHours['exceptional_openings'][number];

/**
 * Whether a location with these hours, in this time zone, is open at an instant. Closings count over all else, openings
 * come on top of the regular hours (OCPI 2.2.1, section 8.4.14). A regular period whose end is not later than its
 * begin ends on the next day. Periods are half-open; a local time that the clocks skip or repeat is read as
 * RFC 5545 does, so that a period opens and closes once.
 */
export function openAt(hours: OpeningHours, timeZone: string, instant: Temporal.Instant): boolean {
  if (hours.exceptional_closings.some(period => covers(exceptional(period), instant))) return false;
  if (hours.twentyfourseven) return true;
  if (hours.exceptional_openings.some(period => covers(exceptional(period), instant))) return true;
  const today = instant.toZonedDateTimeISO(timeZone).toPlainDate();
  return [today.subtract({ days: 1 }), today].some(date =>
    hours.regular_hours.some(
      period => period.weekday === date.dayOfWeek && covers(regular(period, date, timeZone), instant),
    ),
  );
}

interface Span {
  readonly begin: Temporal.Instant;
  readonly end: Temporal.Instant;
}

const covers = ({ begin, end }: Span, instant: Temporal.Instant): boolean =>
  Temporal.Instant.compare(begin, instant) <= 0 && Temporal.Instant.compare(instant, end) < 0;

const exceptional = (period: ExceptionalPeriod): Span => ({
  begin: instantOf(period.period_begin),
  end: instantOf(period.period_end),
});

function regular(period: RegularPeriod, date: Temporal.PlainDate, timeZone: string): Span {
  const isOvernight = period.period_end <= period.period_begin;
  const at = (day: Temporal.PlainDate, plainTime: string) =>
    day.toZonedDateTime({ timeZone, plainTime }).toInstant();
  return {
    begin: at(date, period.period_begin),
    end: at(isOvernight ? date.add({ days: 1 }) : date, period.period_end),
  };
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
const MAX_PERIODS = 100;

/** Throws a ValidationError for hours that OCPI does not know. */
export function checkOpeningHours(hours: OpeningHours): void {
  if (hours.twentyfourseven && hours.regular_hours.length > 0) {
    invalid('openingHours.regularHours', 'must be left out of a location that is always open');
  }
  checkCount('regularHours', hours.regular_hours);
  for (const [index, period] of hours.regular_hours.entries()) {
    const field = `openingHours.regularHours[${index}]`;
    if (!(Number.isInteger(period.weekday) && period.weekday >= 1 && period.weekday <= 7)) {
      invalid(`${field}.weekday`, 'must lie between 1 (Monday) and 7 (Sunday)');
    }
    if (!CLOCK.test(period.period_begin)) invalid(`${field}.begin`, 'must be a time such as 08:30');
    if (!CLOCK.test(period.period_end)) invalid(`${field}.end`, 'must be a time such as 20:00');
  }
  checkExceptions('exceptionalOpenings', hours.exceptional_openings);
  checkExceptions('exceptionalClosings', hours.exceptional_closings);
}

function checkExceptions(name: string, periods: readonly ExceptionalPeriod[]): void {
  checkCount(name, periods);
  for (const [index, period] of periods.entries()) {
    const { begin, end } = exceptional(period);
    if (Temporal.Instant.compare(begin, end) >= 0) {
      invalid(`openingHours.${name}[${index}].end`, 'must be later than begin');
    }
  }
}

function checkCount(name: string, periods: readonly unknown[]): void {
  if (periods.length > MAX_PERIODS) {
    invalid(`openingHours.${name}`, `may have at most ${MAX_PERIODS} periods`);
  }
}
