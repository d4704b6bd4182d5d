import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { runInScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';

/**
 * Keeps in mind that a station nobody knows has knocked: for the network it named last, for the platform while it
 * has named none.
 */
export async function unknownChargerKnocked(
  em: SqlEntityManager,
  knock: { readonly uid: string; readonly networkId: string | null; readonly remoteAddress: string | null },
): Promise<void> {
  const networkId = knock.networkId && (await networkExists(em, knock.networkId)) ? knock.networkId : null;
  await runInScope(systemScope, () =>
    db({ em })
      .insertInto('unknown_chargers')
      .values({ uid: knock.uid.slice(0, 48), networkId, remoteAddress: knock.remoteAddress })
      .onConflict(conflict =>
        conflict.column('uid').doUpdateSet({
          ...(networkId && { networkId }),
          lastSeenAt: sql<string>`now()`,
          attempts: sql<number>`unknown_chargers.attempts + 1`,
          remoteAddress: knock.remoteAddress,
        }),
      )
      .execute(),
  );
}

async function networkExists(em: SqlEntityManager, id: string): Promise<boolean> {
  const found = await runInScope(systemScope, () =>
    db({ em }).selectFrom('networks').select('id').where('id', '=', id).executeTakeFirst(),
  );
  return found !== undefined;
}
