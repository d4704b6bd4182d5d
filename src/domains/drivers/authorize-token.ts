import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { db } from '../db.ts';
import type { Token } from './token.entity.ts';

/** OCPP's AuthorizationStatus, as far as it is the token's own. */
export type TokenStatus = 'Accepted' | 'Blocked' | 'Expired' | 'Invalid';

export interface TokenAuthorization {
  readonly status: TokenStatus;
  readonly token: Pick<Token, 'id' | 'driverId' | 'uid' | 'type' | 'groupUid' | 'expiresAt'> | null;
}

/** Whether a token may charge in the network at an instant. Identifiers are compared without regard to case. */
export async function authorizeToken(
  ctx: Context,
  networkId: string,
  uid: string,
  at: string,
): Promise<TokenAuthorization> {
  const token = await db(ctx)
    .selectFrom('tokens')
    .select(['id', 'driverId', 'uid', 'type', 'groupUid', 'expiresAt', 'isBlocked', 'revokedAt'])
    .where('networkId', '=', networkId)
    .where(sql`lower(uid)`, '=', uid.toLowerCase())
    .executeTakeFirst();
  if (!token) return { status: 'Invalid', token: null };
  if (token.revokedAt || token.isBlocked) return { status: 'Blocked', token };
  if (token.expiresAt && epochMs(token.expiresAt) <= epochMs(at)) return { status: 'Expired', token };
  return { status: 'Accepted', token };
}
