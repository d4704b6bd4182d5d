import type { TokenAuthorization } from '../../src/domains/drivers/authorize-token.ts';
import type { TokenType } from '../../src/domains/drivers/token.entity.ts';
import type { IdToken } from '../../src/domains/sessions/transaction-event.entity.ts';
import { instantOf } from '../../src/kernel/instant.ts';
import type { IdTokenInfo, IdTokenType } from './messages.ts';

export const idTokenOf = (token: IdTokenType): IdToken => ({ uid: token.idToken, type: token.type });

/** A token of ours as a station is told it: a card's number, or one that only we know. */
export const toIdToken = (uid: string, type: TokenType): IdTokenType => ({
  idToken: uid,
  type: type === 'RFID' ? 'ISO14443' : 'Central',
});

/** A token's standing as OCPP 2.0.1 tells it. */
export function idTokenInfo({ status, token }: TokenAuthorization, isConcurrent = false): IdTokenInfo {
  const standing = status === 'Invalid' ? 'Unknown' : status;
  return {
    status: standing === 'Accepted' && isConcurrent ? 'ConcurrentTx' : standing,
    ...(token?.expiresAt && { cacheExpiryDateTime: instantOf(token.expiresAt).toString() }),
    ...(token?.groupUid && { groupIdToken: { idToken: token.groupUid, type: 'Central' } }),
  };
}
