import { decodeGlobalID } from '@pothos/plugin-relay';
import type { Context } from '../src/kernel/context.ts';
import { isUuid } from '../src/kernel/ids.ts';
import { builder, type SubGraph } from './builder.ts';

/**
 * An entity: a Relay node, loaded in batches, a federation entity under its `id`, and owned by one subgraph, which
 * has all its fields. `load` answers the rows that the caller may see, in any order; the others do not exist.
 */
export function entity<Row extends { readonly id: string }>(
  owner: SubGraph,
  name: string,
  load: (ctx: Context, ids: readonly string[]) => Promise<Row[]>,
) {
  const ref = builder.loadableNodeRef<Row>(name, {
    id: { resolve: row => row.id, parse: uuidOrNobodys },
    load: async (ids: string[], ctx) => {
      const rows = new Map((await load(ctx, ids)).map(row => [row.id, row]));
      return ids.map(id => rows.get(id) ?? (null as unknown as Row));
    },
  });
  builder.configStore.onTypeConfig(ref, config => {
    (config.pothosOptions as { defaultSubGraphsForFields?: SubGraph[] }).defaultSubGraphsForFields = [owner];
  });
  builder.asEntity(ref, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: (reference, ctx) =>
      ref.getDataloader(ctx).load(uuidOrNobodys(decodeGlobalID(reference.id).id)) as never,
  });
  return ref;
}

/** An id that is no UUID names no row, as one that nobody has: the database would not take it for a key at all. */
const uuidOrNobodys = (id: string): string => (isUuid(id) ? id.toLowerCase() : NOBODYS);
const NOBODYS = '00000000-0000-0000-0000-000000000000';
