import { invalidRequest, StripeFailure } from './errors.ts';

/** An answer as it went out, or would have. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
}

interface Entry {
  readonly fingerprint: string;
  readonly path: string;
  readonly since: number;
  answer?: Answer;
}

const KEPT_MS = 24 * 60 * 60 * 1000;

/** What each key was answered first, for a day: https://docs.stripe.com/api/idempotent_requests */
export class IdempotencyKeys {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The first answer, or undefined when the caller is the first and has to `finish` or `forget`.
   * Throws for changed parameters, another endpoint, or a first request that is not answered yet.
   */
  begin(key: string, path: string, fingerprint: string): Answer | undefined {
    if (key.length > 255) throw invalidRequest('Idempotency keys can be at most 255 characters long.');
    const entry = this.#entries.get(key);
    if (!entry || this.#now() - entry.since >= KEPT_MS) {
      this.#entries.set(key, { fingerprint, path, since: this.#now() });
      return undefined;
    }
    if (entry.path !== path) {
      throw mismatch(
        `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${path}' vs '${entry.path}'). Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    }
    if (entry.fingerprint !== fingerprint) {
      throw mismatch(
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    }
    if (!entry.answer) {
      throw new StripeFailure(
        409,
        'idempotency_error',
        `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
        { code: 'idempotency_key_in_use' },
      );
    }
    return entry.answer;
  }

  finish(key: string, answer: Answer): void {
    const entry = this.#entries.get(key);
    if (entry) entry.answer = answer;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}

const mismatch = (message: string) => new StripeFailure(400, 'idempotency_error', message);
