/** Attempts of a delivery, and of one that is recovered: at once, and behind each of these delays. */
const DELAYS_SECONDS = [5, 300, 1800, 7200];
export const ATTEMPTS = DELAYS_SECONDS.length + 1;
/** Retries that were put off together do not come back together: up to a fifth later. */
const JITTER = 0.2;

/** Milliseconds until the next attempt, while `remaining` of them are left; `random` lies from 0 to 1. */
export function retryDelayMs(remaining: number, random: number): number {
  const seconds = DELAYS_SECONDS.at(-remaining) ?? DELAYS_SECONDS[0]!;
  return Math.round(seconds * 1000 * (1 + JITTER * random));
}
