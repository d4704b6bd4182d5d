import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { invalid } from './errors.ts';
import { isUuid } from './ids.ts';
import { instantOf } from './instant.ts';

/** Which rows of a list: by cursor (Relay), or by number for those who turn pages. */
export interface PageRequest {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  /** Rows to pass over; not together with a cursor. */
  readonly offset?: number | null;
}

export interface Page<Row> {
  readonly rows: Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly cursorOf: (row: Row) => string;
  /** Counts only when asked. */
  readonly totalCount: () => Promise<number>;
}

export type KeyType = 'text' | 'timestamptz' | 'uuid';

export interface PageOrder<Row> {
  /** The list's order: a column and the id that tells equals apart, as SQL names them, in one direction. */
  readonly columns: readonly [string, string];
  readonly descending: boolean;
  /** The columns' PostgreSQL types, for the values of a cursor. */
  readonly types: readonly [KeyType, KeyType];
  readonly keyOf: (row: Row) => readonly [string, string];
  /** The most rows of a page, where it may be more than `MAX_PAGE_SIZE`; the field says so too (`maxPageSize`). */
  readonly maxSize?: number;
}

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;

// biome-ignore lint/suspicious/noExplicitAny: whatever tables it reads; the caller names its rows' type
type AnyQuery = SelectQueryBuilder<any, any, any>;

/** One page of a query, by key set: its cost does not grow with how far one has read. */
export async function pageOf<Row>(
  query: AnyQuery,
  order: PageOrder<Row>,
  request: PageRequest,
): Promise<Page<Row>> {
  const { isBackward, size, bounded, direction } = planOf(query, order, request);
  let page = bounded;
  for (const column of order.columns) page = page.orderBy(sql`${sql.ref(column)} ${direction}`);
  const found = await page
    .limit(size + 1)
    .$if(Boolean(request.offset), q => q.offset(request.offset!))
    .execute();
  return assemble(found as Row[], order, request, { isBackward, size }, async () => {
    const counting = query.clearSelect().select(sql<string>`count(*)`.as('count'));
    return Number((await counting.executeTakeFirstOrThrow()).count);
  });
}

/** What the rows of several lists have in common: the column that names each row's list, as SQL names it. */
export interface PartedQuery {
  readonly query: AnyQuery;
  readonly parent: string;
  readonly parentIds: readonly string[];
  /** Answers whose list a row is in. */
  readonly parentOf: (row: never) => string;
}

/** The same page of several lists, in two statements however many lists there are. */
export async function pagesOf<Row extends { readonly id: string }>(
  // biome-ignore lint/suspicious/noExplicitAny: whatever tables it reads
  database: Kysely<any>,
  { query, parent, parentIds, parentOf }: PartedQuery,
  order: PageOrder<Row>,
  request: PageRequest,
): Promise<Map<string, Page<Row>>> {
  const parted = query.where(sql<boolean>`${sql.ref(parent)} = any(${[...parentIds]}::uuid[])`);
  const plan = planOf(parted, order, request);
  const [first, second] = order.columns.map(column => sql.ref(column));
  const ranked = plan.bounded.clearSelect().select([
    sql<string>`${second}`.as('id'),
    sql<string>`row_number() over (partition by ${sql.ref(parent)}
      order by ${first} ${plan.direction}, ${second} ${plan.direction})`.as('rank'),
  ]);
  const offset = request.offset ?? 0;
  const found = await database
    .selectFrom(ranked.as('ranked'))
    .select(['ranked.id', 'ranked.rank'])
    .where('ranked.rank', '>', offset)
    .where('ranked.rank', '<=', offset + plan.size + 1)
    .execute();
  const rankOf = new Map(found.map(({ id, rank }) => [id as string, Number(rank)]));
  const rows = (
    rankOf.size === 0
      ? []
      : await parted.where(sql<boolean>`${second} = any(${[...rankOf.keys()]}::uuid[])`).execute()
  ) as Row[];
  rows.sort((a, b) => rankOf.get(a.id)! - rankOf.get(b.id)!);
  const byParent = Map.groupBy(rows, row => parentOf(row as never));
  let counts: Promise<Map<string, number>> | undefined;
  const countAll = async () => {
    const counting = parted
      .clearSelect()
      .select([sql<string>`${sql.ref(parent)}`.as('parent'), sql<string>`count(*)`.as('count')]);
    const counted = await counting.groupBy(sql`${sql.ref(parent)}`).execute();
    return new Map(counted.map(row => [row.parent as string, Number(row.count)]));
  };
  return new Map(
    parentIds.map(id => [
      id,
      assemble(byParent.get(id) ?? [], order, request, plan, async () => {
        counts ??= countAll();
        return (await counts).get(id) ?? 0;
      }),
    ]),
  );
}

/** What a page request comes to: its size, its direction, and the query within its cursors. */
function planOf<Row>(query: AnyQuery, order: PageOrder<Row>, request: PageRequest) {
  const isBackward = request.last != null;
  const size = sizeOf(request, order.maxSize ?? MAX_PAGE_SIZE);
  const bounds = [
    ...(request.after ? [{ key: decode('after', request.after, order.types), isAfter: true }] : []),
    ...(request.before ? [{ key: decode('before', request.before, order.types), isAfter: false }] : []),
  ];
  if (bounds.length > 0 && request.offset) invalid('offset', 'does not go together with a cursor');
  let bounded = query;
  for (const { key, isAfter } of bounds) {
    const [first, second] = order.columns;
    const operator = sql.raw(isAfter !== order.descending ? '>' : '<');
    bounded = bounded.where(
      sql<boolean>`(${sql.ref(first)}, ${sql.ref(second)}) ${operator} (
        ${key[0]}::${sql.raw(order.types[0])}, ${key[1]}::${sql.raw(order.types[1])})`,
    );
  }
  return { isBackward, size, bounded, direction: sql.raw(isBackward !== order.descending ? 'desc' : 'asc') };
}

/** The page of what was found: one row more than its size tells that there are more. */
function assemble<Row>(
  found: readonly Row[],
  order: PageOrder<Row>,
  request: PageRequest,
  { isBackward, size }: { readonly isBackward: boolean; readonly size: number },
  totalCount: () => Promise<number>,
): Page<Row> {
  const hasMore = found.length > size;
  const rows = found.slice(0, size);
  if (isBackward) rows.reverse();
  return {
    rows,
    hasNextPage: isBackward ? request.before != null : hasMore,
    hasPreviousPage: isBackward ? hasMore : request.after != null || (request.offset ?? 0) > 0,
    cursorOf: row => encode(order.keyOf(row)),
    totalCount,
  };
}

function sizeOf(request: PageRequest, maxSize: number): number {
  for (const field of ['first', 'last'] as const) {
    const asked = request[field];
    if (asked != null && (asked < 0 || asked > maxSize)) {
      invalid(field, `must lie between 0 and ${maxSize}`);
    }
  }
  if (request.first != null && request.last != null) invalid('last', 'does not go together with first');
  if ((request.offset ?? 0) < 0) invalid('offset', 'must be 0 or more');
  return request.last ?? request.first ?? DEFAULT_PAGE_SIZE;
}

const encode = (key: readonly [string, string]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

function decode(
  field: string,
  cursor: string,
  types: readonly [KeyType, KeyType],
): readonly [string, string] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === 2 && types.every((type, at) => isKey[type](key[at]))) {
      return key as unknown as readonly [string, string];
    }
  } catch {
    // falls through to the same answer as any other text that is no cursor
  }
  return invalid(field, 'is no cursor of this list');
}

/** Whether PostgreSQL takes the value for the type; a timestamp that is none throws. */
const isKey: Record<KeyType, (value: unknown) => boolean> = {
  text: value => typeof value === 'string' && !value.includes('\0'),
  timestamptz: value => typeof value === 'string' && instantOf(value) !== undefined,
  uuid: value => typeof value === 'string' && isUuid(value),
};
