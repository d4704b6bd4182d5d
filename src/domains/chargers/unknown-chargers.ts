import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { runInScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';

const KEPT_DAYS = 30;
const MAX_KEPT = 1_000;

/**
 * Keeps in mind that a station nobody knows has knocked: for the network it named last, for the platform while it
 * has named none.
 */
export async function unknownChargerKnocked(
  em: SqlEntityManager,
  knock: { readonly uid: string; readonly networkId: string | null; readonly remoteAddress: string | null },
): Promise<void> {
  const networkId = knock.networkId && (await networkExists(em, knock.networkId)) ? knock.networkId : null;
  await runInScope(systemScope, async () => {
    const { attempts } = await db({ em })
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
      .returning('attempts')
      .executeTakeFirstOrThrow();
    if (attempts === 1) await forgetOldest(em);
  });
}

/** Anybody can knock under any name: the list is bounded, in number and in age. */
async function forgetOldest(em: SqlEntityManager): Promise<void> {
  await sql`
    delete from unknown_chargers where last_seen_at < now() - make_interval(days => ${KEPT_DAYS}) or uid in (
      select uid from unknown_chargers order by last_seen_at desc offset ${MAX_KEPT})
  `.execute(em.getKysely());
}

async function networkExists(em: SqlEntityManager, id: string): Promise<boolean> {
  const found = await runInScope(systemScope, () =>
    db({ em }).selectFrom('networks').select('id').where('id', '=', id).executeTakeFirst(),
  );
  return found !== undefined;
}
