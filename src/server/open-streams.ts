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
   * drivers share; sockets apart from subscriptions, of which one carries many. Who has no key is known by the address,
   * and has as many as a driver. Throws RateLimitedError.
   */
  enter(kind: 'subscription' | 'socket', viewer: Viewer, address: string): () => void {
    if (viewer.kind === 'system') return () => {};
    const { perKey, perDriver } = this.#limits;
    if (viewer.kind === 'anonymous') {
      return this.#take(
        `${kind} ${address}`,
        perDriver,
        `This address has ${perDriver} ${kind}s open without a key`,
      );
    }
    return viewer.driver
      ? this.#take(`${kind} ${viewer.driver.id}`, perDriver, `This driver has ${perDriver} ${kind}s open`)
      : this.#take(`${kind} ${viewer.apiKeyId}`, perKey, `This API key has ${perKey} ${kind}s open`);
  }

  /** The same for a socket that has not said yet who it is; many may come at once from behind one address. */
  enterUnknown(address: string): () => void {
    const { perKey } = this.#limits;
    return this.#take(
      `unknown ${address}`,
      perKey,
      `This address has ${perKey} sockets open of nobody known`,
    );
  }

  #take(place: string, limit: number, refusal: string): () => void {
    const count = this.#open.get(place) ?? 0;
    if (count >= limit) {
      throw new RateLimitedError(RETRY_SECONDS, `${refusal} here, as many as it may. End some first.`);
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
