/**
 * A station's time as ISO 8601 in UTC. Stations that leave the zone out mean UTC. Null for what is no time at all, or
 * before 1970, where no clock begins.
 */
export function stationTime(text: string | undefined): string | null {
  if (text === undefined) return null;
  const zoned = /(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(text.trim()) ? text.trim() : `${text.trim()}Z`;
  try {
    const instant = Temporal.Instant.from(zoned).round({
      smallestUnit: 'millisecond',
      roundingMode: 'trunc',
    });
    return instant.epochMilliseconds < 0 ? null : instant.toString();
  } catch {
    return null;
  }
}
