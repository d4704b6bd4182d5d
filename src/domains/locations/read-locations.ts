import { authorize, seesPublicOnly } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Location } from './location.entity.ts';

export async function loadLocations(ctx: Context, ids: readonly string[]): Promise<Location[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await locations(ctx)
    .where('l.id', 'in', [...ids])
    .execute()) as Location[];
}

export interface LocationFilter {
  readonly city?: string | null;
}

export async function listLocations(
  ctx: Context,
  filter: LocationFilter,
  request: PageRequest,
): Promise<Page<Location>> {
  authorize(ctx.viewer, 'read', 'public');
  return pageOf<Location>(
    locations(ctx).$if(filter.city != null, query => query.where('l.city', 'ilike', filter.city!)),
    {
      columns: ['l.name', 'l.id'],
      types: ['text', 'uuid'],
      descending: false,
      keyOf: row => [row.name, row.id],
    },
    request,
  );
}

/** Published ones; an operator sees its own unpublished too. */
const locations = (ctx: Context) =>
  db(ctx)
    .selectFrom('locations as l')
    .selectAll('l')
    .where('l.networkId', 'in', [...ctx.scope.networkIds])
    .$if(seesPublicOnly(ctx.viewer), query => query.where('l.isPublished', '=', true));
