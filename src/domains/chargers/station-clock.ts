/** Clocks that were never set show 1970; nothing we serve happened before this. */
const EARLIEST_MS = Temporal.Instant.from('2010-01-01T00:00:00Z').epochMilliseconds;
/** How far ahead of ours a station's clock may be before its time is not believed: a wrong time zone still is. */
const AHEAD_MS = 24 * 3600_000;

/** Whether a station's clock can be right. */
export const isPlausibleTime = (reportedMs: number, nowMs: number): boolean =>
  reportedMs >= EARLIEST_MS && reportedMs <= nowMs + AHEAD_MS;
