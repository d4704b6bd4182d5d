import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Tariff } from './tariff.entity.ts';

export interface TariffFilter {
  /** In effect now; true where nothing is said. */
  readonly activeOnly?: boolean | null;
}

export async function listTariffs(
  ctx: Context,
  filter: TariffFilter,
  request: PageRequest,
): Promise<Page<Tariff>> {
  authorize(ctx.viewer, 'read', 'public');
  const now = ctx.now().toString();
  const query = tariffs(ctx).$if(filter.activeOnly !== false, q =>
    q
      .where('t.effectiveFrom', '<=', now)
      .where(eb => eb.or([eb('t.effectiveTo', 'is', null), eb('t.effectiveTo', '>', now)])),
  );
  return pageOf<Tariff>(
    query,
    {
      columns: ['t.name', 't.id'],
      types: ['text', 'uuid'],
      descending: false,
      keyOf: row => [row.name, row.id],
    },
    request,
  );
}

export async function loadTariffs(ctx: Context, ids: readonly string[]): Promise<Tariff[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await tariffs(ctx)
    .where('t.id', 'in', [...ids])
    .execute()) as Tariff[];
}

const tariffs = (ctx: Context) =>
  db(ctx)
    .selectFrom('tariffs as t')
    .selectAll('t')
    .where('t.networkId', 'in', [...ctx.scope.networkIds]);
