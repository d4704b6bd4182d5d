import { sql } from 'kysely';
import { SEALED_SIGNING_KEYS } from '../auth/access-token.ts';
import { system } from '../auth/viewer.ts';
import { db } from '../domains/db.ts';
import { SEALED_AUTHORITIES } from '../domains/maintenance/charger-authority.ts';
import { SEALED_SETTINGS } from '../domains/payments/payment-settings.ts';
import { SEALED_VAPID_KEYS } from '../domains/push/vapid-keys.ts';
import { SEALED_WEBHOOK_SECRETS } from '../domains/webhooks/webhook-secret.ts';
import { type Context, inScopeOf } from '../kernel/context.ts';
import type { SealedColumn } from '../kernel/installation-secret.ts';
import { networksScope, runInScope, systemScope } from '../kernel/scope.ts';
import type { App } from './app.ts';

/** All that is sealed and kept, save idempotent answers, which live no longer than a day. */
const SEALED: readonly SealedColumn[] = [
  ...SEALED_SIGNING_KEYS,
  ...SEALED_AUTHORITIES,
  ...SEALED_SETTINGS,
  ...SEALED_VAPID_KEYS,
  ...SEALED_WEBHOOK_SECRETS,
];

/** After a change of SECRET_KEY: what a former one has sealed is sealed with the present one; answers how many. */
export async function sealAnew(app: App): Promise<number> {
  if (app.config.SECRET_KEY_PREVIOUS.length === 0) return 0;
  const networks = await runInScope(systemScope, () =>
    db({ em: app.em.fork() }).selectFrom('networks').select('id').execute(),
  );
  const ctx = app.context(system, 'seal-anew', { scope: networksScope(networks.map(({ id }) => id)) });
  return inScopeOf(ctx, async () => {
    let count = 0;
    for (const column of SEALED) count += await sealColumnAnew(ctx, column);
    return count;
  });
}

/** By what is in it: no two seals are the same, and one that somebody has changed meanwhile is left as it is. */
async function sealColumnAnew(ctx: Context, { table, column, purpose }: SealedColumn): Promise<number> {
  const [at, of] = [sql.ref(column), sql.table(table)];
  const { rows } = await sql<{
    sealed: string;
  }>`select ${at} sealed from ${of} where ${at} is not null`.execute(db(ctx));
  let count = 0;
  for (const { sealed } of rows) {
    const anew = ctx.secret.sealAnew(purpose, sealed);
    if (!anew) continue;
    count++;
    await sql`update ${of} set ${at} = ${anew} where ${at} = ${sealed}`.execute(db(ctx));
  }
  return count;
}
