import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken, verifyAccessToken } from '../auth/access-token.ts';
import { anonymous, type Viewer } from '../auth/viewer.ts';
import { authenticateKey } from '../domains/network/authenticate-key.ts';
import { UnauthorizedError } from '../kernel/errors.ts';
import type { App } from './app.ts';

/**
 * Who sent the headers: a key, and a driver on top of it. Throws UnauthorizedError, TokenExpiredError or
 * InvalidCredentialsError for what is no good; without a key: anonymous.
 */
export async function viewerOf(app: App, headers: IncomingHttpHeaders): Promise<Viewer> {
  const nowMs = app.now().epochMilliseconds;
  const secret = headers['x-api-key'];
  if (secret === undefined) return anonymous;
  const em = app.em.fork();
  const key = await authenticateKey(em, String(secret), nowMs);
  if (headers.authorization === undefined) return key;
  const driver = await verifyAccessToken(em, bearerToken(headers.authorization), nowMs);
  if (!key.networkIds.includes(driver.networkId)) {
    throw new UnauthorizedError("The API key does not reach the driver's network.");
  }
  return { ...key, driver };
}

/** The caller's own id for the request, if it sent a sensible one. */
export const requestIdFrom = (headers: IncomingHttpHeaders): string | undefined => {
  const id = headers['x-request-id'];
  return typeof id === 'string' && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined;
};
