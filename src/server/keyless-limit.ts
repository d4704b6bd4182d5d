import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RateLimitedError } from '../kernel/errors.ts';

const REQUESTS = 120;
const PER_SECONDS = 60;

/** How often an address may ask without a key, in each process. Throws RateLimitedError. */
export function keylessLimit(): (address: string) => Promise<void> {
  const limiter = new RateLimiterMemory({ points: REQUESTS, duration: PER_SECONDS });
  return async address => {
    try {
      await limiter.consume(address);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new RateLimitedError(Math.ceil(refusal.msBeforeNext / 1000));
    }
  };
}
