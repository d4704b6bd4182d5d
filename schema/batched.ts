import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../src/kernel/context.ts';
import type { Page, PageRequest } from '../src/kernel/page.ts';

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

/**
 * A page of what belongs to a row, loaded in batches: one call of `load` for all rows of an operation that ask for the
 * same page.
 */
export function batchedPages<Row>(
  load: (
    ctx: Context,
    ids: readonly string[],
    request: PageRequest,
  ) => Promise<ReadonlyMap<string, Page<Row>>>,
): (ctx: Context, id: string, request: PageRequest) => Promise<Page<Row>> {
  const loaders = createContextCache((_: object) => new Map<string, DataLoader<string, Page<Row>>>());
  return (ctx, id, { first, after, last, before }) => {
    const request = { first, after, last, before };
    const known = loaders(ctx);
    const key = JSON.stringify(request);
    const loader =
      known.get(key) ??
      new DataLoader<string, Page<Row>>(async ids => {
        const pages = await load(ctx, ids, request);
        return ids.map(parent => pages.get(parent)!);
      });
    known.set(key, loader);
    return loader.load(id);
  };
}
