import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const PER_SECONDS = 60;
/** How many upgrades look for their station in the database at a time: the pool is for those who are connected too. */
const AT_ONCE = 16;
/** More than this wait only in a storm that nobody can wait out. */
const MOST_WAITING = 5_000;

export interface UpgradeLimits {
  /** Null where the identity may knock now; else how many seconds it has to wait. */
  secondsToWait(identity: string, address: string): Promise<number | null>;
  /** Does the work when its turn comes, a few at a time in order of arrival; null where too many wait. */
  inTurn<T>(work: () => Promise<T>): Promise<T | null>;
}

/**
 * What a storm of reconnecting stations may cost (OCPP line 18). The limit is for each identity at each address: who
 * knows a station's name cannot keep it out from elsewhere.
 */
export function upgradeLimits(connectsPerMinute: number): UpgradeLimits {
  const limiter = new RateLimiterMemory({ points: connectsPerMinute, duration: PER_SECONDS });
  const waiting: (() => void)[] = [];
  let busy = 0;
  return {
    async secondsToWait(identity, address) {
      try {
        await limiter.consume(`${address} ${identity}`);
        return null;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      }
    },
    async inTurn(work) {
      if (busy < AT_ONCE) busy++;
      else if (waiting.length >= MOST_WAITING) return null;
      else await new Promise<void>(resolve => waiting.push(resolve));
      try {
        return await work();
      } finally {
        // the place goes to the next in line, if there is one
        const next = waiting.shift();
        if (next) next();
        else busy--;
      }
    },
  };
}
