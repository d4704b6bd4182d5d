/**
 * A station's time as ISO 8601 in UTC. Stations that leave the zone out mean UTC. Null for what is no time at all.
 */
export function stationTime(text: string | undefined): string | null {
  if (text === undefined) return null;
  const zoned = /(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(text.trim()) ? text.trim() : `${text.trim()}Z`;
  try {
    return Temporal.Instant.from(zoned)
      .round({ smallestUnit: 'millisecond', roundingMode: 'trunc' })
      .toString();
  } catch {
    return null;
  }
}
