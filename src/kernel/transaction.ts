import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Context } from './context.ts';

/** Serialization failure, deadlock: PostgreSQL asks to try again. */
const TRANSIENT = new Set(['40001', '40P01']);
const ATTEMPTS = 5;

/**
 * Runs the work in a transaction, or joins the one that `ctx` is in. A throw rolls all of it back; deadlocks and
 * serialization failures are tried again. No network call belongs inside. Locks are taken in one order: see
 * docs/decisions/025-one-order-of-locks.md.
 */
export async function inTransaction<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
  if (ctx.afterCommit) return work(ctx);
  for (let attempt = 1; ; attempt++) {
    const afterCommit = new Set<() => void>();
    try {
      const result = await ctx.em
        .fork()
        .transactional(em => work({ ...ctx, em: em as SqlEntityManager, afterCommit }));
      for (const tell of afterCommit) tell();
      return result;
    } catch (error) {
      if (attempt === ATTEMPTS || !TRANSIENT.has(sqlState(error) ?? '')) throw error;
      ctx.log.warn({ attempt, sqlState: sqlState(error) }, 'transaction tried again');
    }
  }
}

/** PostgreSQL's SQLSTATE, if the error is the database's. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, previous, cause } = error as { code?: unknown; previous?: unknown; cause?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)
    ? code
    : (sqlState(previous) ?? sqlState(cause));
}

/** The name of the violated constraint, where the error is a unique or exclusion violation. */
export function violatedConstraint(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { constraint, previous, cause } = error as {
    constraint?: unknown;
    previous?: unknown;
    cause?: unknown;
  };
  return typeof constraint === 'string'
    ? constraint
    : (violatedConstraint(previous) ?? violatedConstraint(cause));
}
