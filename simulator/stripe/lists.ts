import { missing } from './errors.ts';

interface Page {
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
  created?: number | { gt?: number; gte?: number; lt?: number; lte?: number } | undefined;
}

interface Listed {
  id: string;
  created: number;
}

/** Newest first, ten unless told: https://docs.stripe.com/api/pagination */
export function list<Item extends Listed>(url: string, items: Iterable<Item>, page: Page): object {
  const all = [...items].reverse();
  const wanted = all.filter(item => inRange(item.created, page.created));
  const limit = page.limit ?? 10;
  const { from, to } = bounds(wanted, page, limit);
  const data = wanted.slice(from, to);
  const has_more = page.ending_before !== undefined ? from > 0 : to < wanted.length;
  return { object: 'list', data, has_more, url };
}

function bounds<Item extends Listed>(items: readonly Item[], page: Page, limit: number) {
  const at = (id: string, param: string) => {
    const index = items.findIndex(item => item.id === id);
    if (index < 0) throw missing('object', id, param);
    return index;
  };
  if (page.ending_before !== undefined) {
    const to = at(page.ending_before, 'ending_before');
    return { from: Math.max(0, to - limit), to };
  }
  const from = page.starting_after === undefined ? 0 : at(page.starting_after, 'starting_after') + 1;
  return { from, to: Math.min(items.length, from + limit) };
}

function inRange(created: number, range: Page['created']): boolean {
  if (range === undefined) return true;
  if (typeof range === 'number') return created === range;
  return (
    created > (range.gt ?? Number.NEGATIVE_INFINITY) &&
    created >= (range.gte ?? Number.NEGATIVE_INFINITY) &&
    created < (range.lt ?? Number.POSITIVE_INFINITY) &&
    created <= (range.lte ?? Number.POSITIVE_INFINITY)
  );
}
