import type { Viewer } from '../src/auth/viewer.ts';
import type { GivenAnswer } from '../src/kernel/idempotency.ts';
import type { Execute } from './translate.ts';

/** Who calls a route, and what is done on their behalf. */
export interface RestCaller {
  readonly viewer: Viewer;
  readonly execute: Execute;
  /** Throws RateLimitedError where a caller without a key asks too often. */
  readonly limit: () => Promise<void>;
  /** Makes the answer to a repeated request once (`Idempotency-Key`). */
  readonly once: (
    request: { readonly identity: readonly string[]; readonly body: string },
    make: () => Promise<GivenAnswer>,
  ) => Promise<GivenAnswer>;
}
