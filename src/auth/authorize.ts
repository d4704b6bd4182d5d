import type { Context } from '../kernel/context.ts';
import { DriverRequiredError, ForbiddenError, NotFoundError, UnauthorizedError } from '../kernel/errors.ts';
import type { KeyScope, Viewer } from './viewer.ts';

/** Whom an operation is for: `public` also for an app without a driver, `operator` for operators alone. */
export type Audience = 'public' | 'operator';

/**
 * The first line of every service. Throws UnauthorizedError without a key, ForbiddenError where the key lacks the
 * scope, DriverRequiredError where an app key acts without a driver.
 */
export function authorize(viewer: Viewer, scope: KeyScope, audience: Audience = 'operator'): void {
  if (viewer.kind === 'system') return;
  if (viewer.kind === 'anonymous') throw new UnauthorizedError('Send an API key in the X-API-Key header.');
  if (viewer.keyKind === 'app' && audience !== 'public') {
    throw new DriverRequiredError('This needs a signed-in driver.');
  }
  if (!viewer.scopes.includes(scope)) throw new ForbiddenError(`The API key lacks the scope "${scope}".`);
}

/** Whether only what is public may be shown. */
export const seesPublicOnly = (viewer: Viewer): boolean =>
  viewer.kind === 'anonymous' || (viewer.kind === 'key' && viewer.keyKind === 'app');

/** The network that the caller's new rows belong to. */
export function primaryNetwork(ctx: Context): string {
  if (ctx.viewer.kind === 'key') return ctx.viewer.networkId;
  const [only, ...others] = ctx.scope.networkIds;
  if (!only || others.length > 0) throw new UnauthorizedError('The caller has no primary network.');
  return only;
}

/** The given network if the caller reaches it, the primary one if none is given. Another one does not exist for it. */
export function reachedNetwork(ctx: Context, networkId: string | null | undefined): string {
  if (!networkId) return primaryNetwork(ctx);
  if (!ctx.scope.networkIds.includes(networkId)) throw new NotFoundError('network');
  return networkId;
}
