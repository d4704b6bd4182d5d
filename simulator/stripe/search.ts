import { invalidRequest } from './errors.ts';
import { type Step, seconds } from './world.ts';

interface Searched {
  id: string;
  created: number;
  metadata: Record<string, string>;
}

const CLAUSE = /^\s*(?:metadata\[['"]([^'"]+)['"]\]|(\w+))\s*:\s*(?:'([^']*)'|"([^"]*)")\s*$/;

/**
 * `field:'value'` and `metadata['key']:'value'`, joined by AND: https://docs.stripe.com/search#search-query-language
 * What is younger than the lag is not found, as Stripe's index promises no more than within a minute.
 */
export function search<Item extends Searched>(
  step: Step,
  url: string,
  items: Iterable<Item>,
  params: { query: string; limit?: number | undefined; page?: string | undefined },
): object {
  const clauses = params.query.split(/\s+AND\s+/i).map(clause => {
    const match = CLAUSE.exec(clause);
    if (!match)
      throw invalidRequest(`We were unable to parse your search query: ${clause}`, { param: 'query' });
    const [, key, field, single, double] = match;
    return { key, field, value: (single ?? double)! };
  });
  const indexedUntil = seconds(step) - step.searchLagSeconds;
  const matches = [...items]
    .reverse()
    .filter(
      item =>
        item.created <= indexedUntil &&
        clauses.every(({ key, field, value }) =>
          key === undefined
            ? String((item as unknown as Record<string, unknown>)[field!]) === value
            : item.metadata[key] === value,
        ),
    );
  const from = Number(params.page ?? 0);
  const to = from + (params.limit ?? 10);
  const has_more = to < matches.length;
  return {
    object: 'search_result',
    data: matches.slice(from, to),
    has_more,
    next_page: has_more ? String(to) : null,
    url,
  };
}
