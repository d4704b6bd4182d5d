import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  parse,
} from 'graphql';
import { SlowReaderError } from '../kernel/bounded-queue.ts';
import type { Context } from '../kernel/context.ts';
import { inScopeOf } from '../kernel/context.ts';
import { DomainError, RateLimitedError, ValidationError } from '../kernel/errors.ts';
import type { LoggedEvent } from '../kernel/events.ts';
import { sqlState } from '../kernel/transaction.ts';
import { inBatches } from './in-batches.ts';
import type { OpenStreams } from './open-streams.ts';
import { joinSubscription } from './shared-results.ts';

/** Executes an operation within the tenants of its context. Every door's operations come through here. */
export async function executeInScope(args: ExecutionArgs): Promise<ExecutionResult> {
  const ctx = args.contextValue as Context;
  const contextValue = isMutation(args) ? mayReadResult(ctx) : ctx;
  return presented(await inScopeOf(ctx, () => execute({ ...args, contextValue })), ctx);
}

const isMutation = ({ document, operationName }: ExecutionArgs): boolean =>
  getOperationAST(document, operationName)?.operation === 'mutation';

/** Who may perform a mutation may read what it answers, also with a key that lacks the scope `read`. */
const mayReadResult = (ctx: Context): Context =>
  ctx.viewer.kind === 'key' && !ctx.viewer.scopes.includes('read')
    ? { ...ctx, viewer: { ...ctx.viewer, scopes: [...ctx.viewer.scopes, 'read'] } }
    : ctx;

/** What a subscriber has not heard yet is read from the database together, so many events at a time. */
const EVENTS_AT_ONCE = 16;

/**
 * Subscribes; the events at hand are executed with a context of their own, so that nothing is answered from an older
 * one, and once for all who subscribe alike. Where the events break off, the last result says why.
 */
export async function subscribeInScope(
  args: ExecutionArgs,
  streams: OpenStreams,
): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
  const ctx = args.contextValue as Context;
  const refused = (message: string, error: unknown) =>
    presented({ errors: [new GraphQLError(message, { originalError: error as Error })] }, ctx);
  let giveBack: () => void;
  try {
    giveBack = streams.enter('subscription', ctx.viewer, ctx.clientAddress ?? '');
  } catch (error) {
    return refused('Refused.', error);
  }
  const source = await inScopeOf(ctx, () => createSourceEventStream(args)).catch(error => {
    giveBack();
    throw error;
  });
  if (!(Symbol.asyncIterator in source)) {
    giveBack();
    return presented(source, ctx);
  }
  const events = source[Symbol.asyncIterator]() as AsyncIterator<LoggedEvent>;
  const shared = joinSubscription(args);
  const leave = () => {
    shared.leave();
    giveBack();
  };
  const answers = inBatches(events, EVENTS_AT_ONCE, batch => {
    const contextValue = { ...ctx, em: ctx.em.fork() };
    return shared.resultsOf(batch, event => executeInScope({ ...args, rootValue: event, contextValue }));
  });
  let isBroken = false;
  const results: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      if (isBroken) return { value: undefined, done: true };
      try {
        const answer = await answers.next();
        if (answer.done) leave();
        return answer;
      } catch (error) {
        isBroken = true;
        await results.return?.();
        return { value: refused('Broken off.', error), done: false };
      }
    },
    async return() {
      leave();
      await events.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}

const presented = (result: ExecutionResult, ctx: Context): ExecutionResult =>
  result.errors ? { ...result, errors: result.errors.map(error => presentError(error, ctx)) } : result;

/** What a caller is told of an error: expected ones with their code, all else nothing but the request's id. */
function presentError(error: GraphQLError, ctx: Context): GraphQLError {
  const original = error.originalError ?? error;
  const place = { nodes: error.nodes, path: error.path };
  if (original instanceof DomainError) {
    return new GraphQLError(original.message, {
      ...place,
      extensions: {
        code: original.code,
        ...(original instanceof ValidationError && { details: original.details }),
        ...(original instanceof RateLimitedError && { retryAfterSeconds: original.retryAfterSeconds }),
      },
    });
  }
  if (original instanceof SlowReaderError) {
    return new GraphQLError(original.message, { extensions: { code: 'slow_reader' } });
  }
  if (original instanceof GraphQLError) return original;
  // a value that no column takes, such as text with a NUL: the database's data exceptions (class 22)
  if (sqlState(original)?.startsWith('22')) {
    return new GraphQLError('A value that was given cannot be stored.', {
      ...place,
      extensions: { code: 'validation_error' },
    });
  }
  ctx.log.error({ err: original }, 'operation failed');
  return new GraphQLError(`Internal error (request ${ctx.requestId}).`, {
    ...place,
    extensions: { code: 'internal_error', requestId: ctx.requestId },
  });
}

const parsed = new Map<string, DocumentNode>();

/** The document of one of our own operations, parsed once. */
export function documentOf(operation: string): DocumentNode {
  const known = parsed.get(operation);
  if (known) return known;
  const document = parse(operation);
  parsed.set(operation, document);
  return document;
}
