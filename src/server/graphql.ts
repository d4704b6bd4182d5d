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
import { DomainError, ValidationError } from '../kernel/errors.ts';
import type { LoggedEvent } from '../kernel/events.ts';
import { sqlState } from '../kernel/transaction.ts';
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

/**
 * Subscribes; each event is executed with a context of its own, so that nothing is answered from an older one, and
 * once for all who subscribe alike. Where the events break off, the last result says why.
 */
export async function subscribeInScope(
  args: ExecutionArgs,
): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
  const ctx = args.contextValue as Context;
  const source = await inScopeOf(ctx, () => createSourceEventStream(args));
  if (!(Symbol.asyncIterator in source)) return presented(source, ctx);
  const events = source[Symbol.asyncIterator]() as AsyncIterator<LoggedEvent>;
  const shared = joinSubscription(args);
  const answer = (event: LoggedEvent) =>
    executeInScope({ ...args, rootValue: event, contextValue: { ...ctx, em: ctx.em.fork() } });
  let isBroken = false;
  const results: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      if (isBroken) return { value: undefined, done: true };
      try {
        const { value, done } = await events.next();
        if (!done) return { value: await shared.resultOf(value, () => answer(value)), done };
        shared.leave();
        return { value: undefined, done };
      } catch (error) {
        isBroken = true;
        await results.return?.();
        const errors = [new GraphQLError('Broken off.', { originalError: error as Error })];
        return { value: presented({ errors }, ctx), done: false };
      }
    },
    async return() {
      shared.leave();
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
