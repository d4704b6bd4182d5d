import type { Viewer } from '../auth/viewer.ts';
import { RateLimitedError } from '../kernel/errors.ts';

const RETRY_SECONDS = 30;

export interface StreamLimits {
  readonly perKey: number;
  readonly perDriver: number;
}

/** What stays open in this process, and whose it is: one caller does not take all that there is room for. */
export class OpenStreams {
  readonly #limits: StreamLimits;
  readonly #open = new Map<string, number>();

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /**
   * Takes a place and answers how to give it back. A driver's are counted apart from those of the key, which many
   * drivers share; sockets apart from subscriptions, of which one carries many. Throws RateLimitedError.
   */
  enter(kind: 'subscription' | 'socket', viewer: Viewer): () => void {
    if (viewer.kind !== 'key') return () => {};
    const { perKey, perDriver } = this.#limits;
    const [owner, id, limit] = viewer.driver
      ? ['driver', viewer.driver.id, perDriver]
      : ['API key', viewer.apiKeyId, perKey];
    const place = `${kind} ${id}`;
    const count = this.#open.get(place) ?? 0;
    if (count >= limit) {
      throw new RateLimitedError(
        RETRY_SECONDS,
        `This ${owner} has ${limit} ${kind}s open here, as many as it may. End some first.`,
      );
    }
    this.#open.set(place, count + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#leave(place);
      isTaken = false;
    };
  }

  #leave(place: string): void {
    const count = this.#open.get(place)! - 1;
    if (count === 0) this.#open.delete(place);
    else this.#open.set(place, count);
  }
}
