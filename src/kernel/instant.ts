/**
 * An instant as PostgreSQL prints a `timestamptz` under UTC, for example `2026-06-19 18:42:07.5+00`. Rows keep this
 * text until somebody computes with it: decoding costs more than reading.
 */
export type InstantText = string;

/** Parses an instant in PostgreSQL's or ISO 8601 form. Throws a RangeError for anything else. */
export const instantOf = (text: InstantText): Temporal.Instant => Temporal.Instant.from(text);

/** Milliseconds since the epoch. */
export const epochMs = (text: InstantText): number => instantOf(text).epochMilliseconds;

/** ISO 8601 in UTC with whole seconds and `Z`, as every REST answer writes time. */
export const wholeSeconds = (text: InstantText): string =>
  instantOf(text).round({ smallestUnit: 'second', roundingMode: 'floor' }).toString();
