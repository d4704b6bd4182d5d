import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../src/kernel/context.ts';

/**
 * What belongs to a row but is no entity, loaded in batches: one call of `load` for all rows of an operation, however
 * many fields ask. `absent` is for the rows that the answer leaves out.
 */
export function batched<Value, Absent>(
  load: (ctx: Context, ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  absent: Absent,
): (ctx: Context, id: string) => Promise<Value | Absent> {
  const loaders = createContextCache(
    (ctx: object) =>
      new DataLoader<string, Value | Absent>(async ids => {
        const values = await load(ctx as Context, ids);
        return ids.map(id => values.get(id) ?? absent);
      }),
  );
  return (ctx, id) => loaders(ctx).load(id);
}
