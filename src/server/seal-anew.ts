import { sealSigningKeysAnew } from '../auth/access-token.ts';
import { system } from '../auth/viewer.ts';
import { db } from '../domains/db.ts';
import { sealSettingsAnew } from '../domains/payments/payment-settings.ts';
import { inScopeOf } from '../kernel/context.ts';
import { networksScope, runInScope, systemScope } from '../kernel/scope.ts';
import type { App } from './app.ts';

/**
 * After a change of SECRET_KEY: what a former one has sealed is sealed with the present one. Idempotent answers are
 * left as they are, for they live no longer than a day.
 */
export async function sealAnew(app: App): Promise<number> {
  if (app.config.SECRET_KEY_PREVIOUS.length === 0) return 0;
  const networks = await runInScope(systemScope, () =>
    db({ em: app.em.fork() }).selectFrom('networks').select('id').execute(),
  );
  const ctx = app.context(system, 'seal-anew', { scope: networksScope(networks.map(({ id }) => id)) });
  const keys = await sealSigningKeysAnew(app);
  return keys + (await inScopeOf(ctx, () => sealSettingsAnew(ctx)));
}
