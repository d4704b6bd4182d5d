import type { FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import type { Viewer } from '../src/auth/viewer.ts';
import type { GivenAnswer } from '../src/kernel/idempotency.ts';

/** Who calls a route, and what is done on their behalf. */
export interface RestCaller {
  readonly viewer: Viewer;
  readonly execute: Execute;
  readonly subscribe: Subscribe;
  /** Throws RateLimitedError where a caller without a key asks too often. */
  readonly limit: () => Promise<void>;
  /** Makes the answer to a repeated request once (`Idempotency-Key`). */
  readonly once: (
    request: { readonly identity: readonly string[]; readonly body: string },
    make: () => Promise<GivenAnswer>,
  ) => Promise<GivenAnswer>;
}

/** Executes an operation's text as the caller. */
export type Execute = (operation: string, variables: Record<string, unknown>) => Promise<ExecutionResult>;

/** Subscribes with an operation's text as the caller; a refusal is a result. */
export type Subscribe = (
  operation: string,
  variables: Record<string, unknown>,
) => Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>>;

/** Says who calls. Throws UnauthorizedError for a bad key. */
export type Identify = (request: FastifyRequest) => Promise<RestCaller>;
