import type { FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import type { Viewer } from '../src/auth/viewer.ts';

/** Who calls, and the way into the graph as that caller. */
export interface RestCaller {
  readonly viewer: Viewer;
  readonly execute: Execute;
  readonly subscribe: Subscribe;
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
