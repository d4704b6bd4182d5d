import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { hashSecret, isWellFormed } from '../../auth/api-key-secret.ts';
import type { KeyScope, KeyViewer } from '../../auth/viewer.ts';
import { UnauthorizedError } from '../../kernel/errors.ts';
import { epochMs } from '../../kernel/instant.ts';
import { runInScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';

/** Who the key stands for. Throws UnauthorizedError for one that is unknown, revoked or expired. */
export async function authenticateKey(em: SqlEntityManager, secret: string, now: number): Promise<KeyViewer> {
  if (!isWellFormed(secret)) throw new UnauthorizedError('The API key is not valid.');
  const keys = await runInScope(systemScope, () =>
    db({ em })
      .selectFrom('api_keys as k')
      .innerJoin('api_key_networks as n', 'n.apiKeyId', 'k.id')
      .select([
        'k.id',
        'k.kind',
        'k.networkId',
        'k.scopes',
        'k.expiresAt',
        'k.revokedAt',
        'n.networkId as reachedId',
      ])
      .where('k.hash', '=', hashSecret(secret))
      .execute(),
  );
  const key = keys[0];
  if (!key || key.revokedAt || (key.expiresAt && epochMs(key.expiresAt) <= now)) {
    throw new UnauthorizedError('The API key is not valid.');
  }
  return {
    kind: 'key',
    apiKeyId: key.id,
    keyKind: key.kind,
    networkId: key.networkId,
    networkIds: keys.map(row => row.reachedId),
    scopes: key.scopes as KeyScope[],
    driver: null,
  };
}
