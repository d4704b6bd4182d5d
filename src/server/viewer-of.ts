import type { IncomingHttpHeaders } from 'node:http';
import { anonymous, type Viewer } from '../auth/viewer.ts';
import { authenticateKey } from '../domains/network/authenticate-key.ts';
import type { App } from './app.ts';

/** Who sent the headers. Throws UnauthorizedError for a key that is no good; without one: anonymous. */
export async function viewerOf(app: App, headers: IncomingHttpHeaders): Promise<Viewer> {
  const secret = headers['x-api-key'];
  if (secret === undefined) return anonymous;
  return authenticateKey(app.em.fork(), String(secret), Date.now());
}

/** The caller's own id for the request, if it sent a sensible one. */
export const requestIdFrom = (headers: IncomingHttpHeaders): string | undefined => {
  const id = headers['x-request-id'];
  return typeof id === 'string' && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined;
};
