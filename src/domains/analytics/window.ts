import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';

/** What a caller asks for; both bounds are inclusive. */
export interface WindowInput {
  readonly from?: string | null;
  readonly to?: string | null;
}

/** A span of time, ISO 8601 in UTC. Rows have milliseconds, so those of the window lie in `first`…`last`, inclusive. */
export interface Window {
  /** As asked for, or by default. */
  readonly from: string;
  readonly to: string;
  readonly first: string;
  readonly last: string;
  /** Where the equally long window that ends just before `first` begins. */
  readonly before: string;
}

const DEFAULT_DAYS = 30;
const DAY_HOURS = 24;
/** Nothing of ours is older than the years that PostgreSQL and ISO 8601 agree on. */
const EARLIEST = Temporal.Instant.from('0001-01-01T00:00:00Z');

/**
 * The window that is asked for: by default to now, and from UTC midnight 30 days before its end. Throws a
 * ValidationError where it ends before it begins.
 */
export function windowOf(ctx: Context, input: WindowInput): Window {
  const to = input.to ? Temporal.Instant.from(input.to) : ctx.now();
  const from = input.from ? Temporal.Instant.from(input.from) : defaultStart(to);
  if (Temporal.Instant.compare(from, to) > 0) invalid('from', 'must not be later than to');
  const first = from.round({ smallestUnit: 'millisecond', roundingMode: 'ceil' });
  const last = to.round({ smallestUnit: 'millisecond', roundingMode: 'floor' });
  const length = first.until(last.add({ milliseconds: 1 }), { largestUnit: 'millisecond' });
  return {
    from: from.toString(),
    to: to.toString(),
    first: first.toString(),
    last: last.toString(),
    before: notBefore(EARLIEST, first.subtract(length)).toString(),
  };
}

function defaultStart(to: Temporal.Instant): Temporal.Instant {
  const start = to
    .subtract({ hours: DEFAULT_DAYS * DAY_HOURS })
    .toZonedDateTimeISO('UTC')
    .startOfDay();
  return notBefore(EARLIEST, start.toInstant());
}

const notBefore = (bound: Temporal.Instant, instant: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(instant, bound) < 0 ? bound : instant;
