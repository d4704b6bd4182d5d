import type { Context } from '../kernel/context.ts';
import { DriverRequiredError, ForbiddenError, NotFoundError, UnauthorizedError } from '../kernel/errors.ts';
import type { KeyScope, SignedInDriver, Viewer } from './viewer.ts';

/**
 * Whom an operation is for. `anyone`: also without a key. `public`: also an app without a driver. `either`: an operator for its networks, a driver
 * for their own. `driver`: a signed-in driver alone. `operator`: an operator alone.
 */
export type Audience = 'anyone' | 'public' | 'either' | 'driver' | 'operator';

/**
 * The first line of every service. Throws UnauthorizedError without a key, ForbiddenError where the key lacks the
 * scope or a driver asks for what is an operator's, DriverRequiredError where a driver is needed and none signed in.
 */
export function authorize(viewer: Viewer, scope: KeyScope, audience: Audience = 'operator'): void {
  if (viewer.kind === 'system' || audience === 'anyone') return;
  if (viewer.kind === 'anonymous') throw new UnauthorizedError('Send an API key in the X-API-Key header.');
  const { driver, keyKind } = viewer;
  if (audience === 'operator' && driver) throw new ForbiddenError('This is for operators, not for drivers.');
  const needsDriver = audience === 'driver' || (keyKind === 'app' && audience !== 'public');
  if (needsDriver && !driver) throw new DriverRequiredError('This needs a signed-in driver.');
  if (!viewer.scopes.includes(scope)) throw new ForbiddenError(`The API key lacks the scope "${scope}".`);
}

/** The signed-in driver, behind `authorize(…, 'driver')`. */
export function requireDriver(ctx: Context, scope: KeyScope): SignedInDriver {
  authorize(ctx.viewer, scope, 'driver');
  const driver = signedInDriver(ctx.viewer);
  if (!driver) throw new DriverRequiredError('This needs a signed-in driver.');
  return driver;
}

/** Who sees nothing but what is their own; null for operators and for the product itself. */
export const signedInDriver = (viewer: Viewer): SignedInDriver | null =>
  viewer.kind === 'key' ? viewer.driver : null;

/** Whether only what is public may be shown. */
export const seesPublicOnly = (viewer: Viewer): boolean =>
  viewer.kind === 'anonymous' ||
  (viewer.kind === 'key' && (viewer.keyKind === 'app' || viewer.driver !== null));

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
