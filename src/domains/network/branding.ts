import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { runInScope, systemScope } from '../../kernel/scope.ts';
import { checkWebUrl } from '../../kernel/web-url.ts';
import { db } from '../db.ts';
import type { Branding } from './network.entity.ts';

/** How a network presents itself to anyone. */
export interface NetworkBranding {
  readonly networkId: string;
  readonly name: string;
  readonly branding: Branding;
}

/** For anyone, also without a key. Null where there is no such network. */
export async function networkBranding(ctx: Context, networkId: string): Promise<NetworkBranding | null> {
  authorize(ctx.viewer, 'read', 'anyone');
  const network = await runInScope(systemScope, () =>
    db(ctx)
      .selectFrom('networks')
      .select(['id as networkId', 'name', 'branding'])
      .where('id', '=', networkId)
      .executeTakeFirst(),
  );
  return network ?? null;
}

/** Throws a ValidationError for a colour or a URL that no page could use. */
export function checkBranding(branding: Partial<Branding> | null | undefined): void {
  for (const field of ['primaryColor', 'secondaryColor'] as const) {
    const color = branding?.[field];
    if (color != null && !/^#[0-9A-Fa-f]{6}$/.test(color)) {
      invalid(`branding.${field}`, 'must be six hexadecimal digits behind #, such as #0EA5E9');
    }
  }
  for (const field of ['logoUrl', 'faviconUrl', 'termsUrl', 'privacyUrl'] as const) {
    const url = branding?.[field];
    if (url != null) checkWebUrl(`branding.${field}`, url);
  }
}
