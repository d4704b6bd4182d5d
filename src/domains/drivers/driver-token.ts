import type { Context } from '../../kernel/context.ts';
import { invalid, TokenInvalidError } from '../../kernel/errors.ts';
import { db } from '../db.ts';
import { authorizeToken } from './authorize-token.ts';
import type { Token } from './token.entity.ts';

/**
 * The driver's own token with this uid, or the newest valid one where none is named. Throws TokenInvalidError for a
 * token that is another's, unknown, blocked or expired.
 */
export async function tokenOfDriver(
  ctx: Context,
  driver: { readonly id: string; readonly networkId: string },
  uid: string | null | undefined,
): Promise<Pick<Token, 'id' | 'uid' | 'type'>> {
  if (uid != null) {
    const { status, token } = await authorizeToken(ctx, driver.networkId, uid, ctx.now().toString());
    if (status === 'Accepted' && token?.driverId === driver.id) return token;
    throw new TokenInvalidError(`The token "${uid}" is not valid here.`);
  }
  const now = ctx.now().toString();
  const newest = await db(ctx)
    .selectFrom('tokens')
    .select(['id', 'uid', 'type'])
    .where('driverId', '=', driver.id)
    .where('isBlocked', '=', false)
    .where('revokedAt', 'is', null)
    .where(eb => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', now)]))
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest ?? invalid('idTag', 'the driver has no valid token: name one');
}
