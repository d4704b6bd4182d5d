import type { TokenAuthorization } from '../../src/domains/drivers/authorize-token.ts';
import { instantOf } from '../../src/kernel/instant.ts';
import type { IdTagInfo } from './messages.ts';

/** A token's standing as OCPP 1.6 tells it. */
export function idTagInfo({ status, token }: TokenAuthorization, isConcurrent = false): IdTagInfo {
  return {
    status: status === 'Accepted' && isConcurrent ? 'ConcurrentTx' : status,
    ...(token?.expiresAt && { expiryDate: instantOf(token.expiresAt).toString() }),
    ...(token?.groupUid && { parentIdTag: token.groupUid }),
  };
}
