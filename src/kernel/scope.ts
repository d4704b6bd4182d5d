import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Whose rows the running code may touch. Every connection is told at its checkout, and PostgreSQL's row-level
 * security holds to it. `system` reads (never writes) the few tables that must be searched before a tenant is known:
 * networks, API keys, chargers, events.
 */
export interface Scope {
  readonly networkIds: readonly string[];
  readonly system: boolean;
}

const running = new AsyncLocalStorage<Scope>();

export const systemScope: Scope = { networkIds: [], system: true };

export const networksScope = (networkIds: readonly string[]): Scope => ({ networkIds, system: false });

export const runInScope = <T>(scope: Scope, work: () => T): T => running.run(scope, work);

/** The scope of the running code. Code that has none may not touch the database. */
export function currentScope(): Scope {
  const scope = running.getStore();
  if (!scope) throw new Error('Database access outside a scope: wrap the work in runInScope().');
  return scope;
}
