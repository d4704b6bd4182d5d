import { hashSecret, newSecret, visibleParts } from '../../auth/api-key-secret.ts';
import { authorize } from '../../auth/authorize.ts';
import { KEY_SCOPES, type KeyScope } from '../../auth/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { ForbiddenError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { networksScope, runInScope } from '../../kernel/scope.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';

export interface NewApiKey {
  readonly name: string;
  readonly kind: 'operator' | 'app';
  readonly scopes: readonly KeyScope[];
  readonly networkId: string;
  /** Networks beside the primary one. */
  readonly alsoReaches?: readonly string[] | null;
  readonly expiresAt?: string | null;
}

/** Makes a key for networks that the caller administers. The secret is answered once and stored nowhere. */
export async function createApiKey(ctx: Context, input: NewApiKey): Promise<{ id: string; secret: string }> {
  authorize(ctx.viewer, 'admin');
  const networkIds = [...new Set([input.networkId, ...(input.alsoReaches ?? [])])];
  const mayGrant = (scope: KeyScope) => ctx.viewer.kind !== 'key' || ctx.viewer.scopes.includes(scope);
  const isPlatform = ctx.viewer.kind === 'system' || mayGrant('platform');
  if (input.name.trim() === '') invalid('name', 'must not be empty');
  if (input.scopes.length === 0) invalid('scopes', `give at least one of ${KEY_SCOPES.join(', ')}`);
  if (input.kind === 'app' && input.scopes.some(scope => !['read', 'write', 'control'].includes(scope))) {
    invalid('scopes', 'an app key may have read, write and control');
  }
  if (input.expiresAt && Temporal.Instant.compare(input.expiresAt, ctx.now()) <= 0) {
    invalid('expiresAt', 'must be in the future');
  }
  const tooMuch = input.scopes.filter(scope => !mayGrant(scope));
  if (tooMuch.length > 0) throw new ForbiddenError(`The caller's key lacks ${tooMuch.join(', ')} itself.`);
  const foreign = networkIds.filter(id => !ctx.scope.networkIds.includes(id));
  if (foreign.length > 0 && !isPlatform) throw new NotFoundError('network');
  const id = newId();
  const secret = newSecret();
  await runInScope(networksScope(networkIds), () =>
    inTransaction(ctx, async tx => {
      const known = await db(tx).selectFrom('networks').select('id').where('id', 'in', networkIds).execute();
      if (known.length < networkIds.length) throw new NotFoundError('network');
      await db(tx)
        .insertInto('api_keys')
        .values({
          id,
          networkId: input.networkId,
          name: input.name,
          kind: input.kind,
          scopes: [...input.scopes],
          hash: hashSecret(secret),
          ...visibleParts(secret),
          expiresAt: input.expiresAt ?? null,
          revokedAt: null,
        })
        .execute();
      await db(tx)
        .insertInto('api_key_networks')
        .values(networkIds.map(networkId => ({ apiKeyId: id, networkId })))
        .execute();
    }),
  );
  return { id, secret };
}

/** Revokes a key for good; doing it twice changes nothing. */
export async function revokeApiKey(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'admin');
  const updated = await db(ctx)
    .updateTable('api_keys')
    .set(eb => ({ revokedAt: eb.fn.coalesce('revokedAt', eb.val(ctx.now().toString())) }))
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .returning('id')
    .executeTakeFirst();
  if (!updated) throw new NotFoundError('API key');
  return updated.id;
}
