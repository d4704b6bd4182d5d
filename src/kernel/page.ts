import { type SelectQueryBuilder, sql } from 'kysely';
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
  const isBackward = request.last != null;
  const size = sizeOf(request);
  const bounds = [
    ...(request.after ? [{ key: decode('after', request.after, order.types), isAfter: true }] : []),
    ...(request.before ? [{ key: decode('before', request.before, order.types), isAfter: false }] : []),
  ];
  if (bounds.length > 0 && request.offset) invalid('offset', 'does not go together with a cursor');
  let page = query;
  for (const { key, isAfter } of bounds) {
    const [first, second] = order.columns;
    const operator = sql.raw(isAfter !== order.descending ? '>' : '<');
    page = page.where(
      sql<boolean>`(${sql.ref(first)}, ${sql.ref(second)}) ${operator} (
        ${key[0]}::${sql.raw(order.types[0])}, ${key[1]}::${sql.raw(order.types[1])})`,
    );
  }
  const direction = sql.raw(isBackward !== order.descending ? 'desc' : 'asc');
  for (const column of order.columns) page = page.orderBy(sql`${sql.ref(column)} ${direction}`);
  const found = await page
    .limit(size + 1)
    .$if(Boolean(request.offset), q => q.offset(request.offset!))
    .execute();
  const hasMore = found.length > size;
  const rows = (hasMore ? found.slice(0, size) : found) as Row[];
  if (isBackward) rows.reverse();
  return {
    rows,
    hasNextPage: isBackward ? request.before != null : hasMore,
    hasPreviousPage: isBackward ? hasMore : request.after != null || (request.offset ?? 0) > 0,
    cursorOf: row => encode(order.keyOf(row)),
    async totalCount() {
      const counting = query.clearSelect().select(sql<string>`count(*)`.as('count'));
      return Number((await counting.executeTakeFirstOrThrow()).count);
    },
  };
}

function sizeOf(request: PageRequest): number {
  for (const field of ['first', 'last'] as const) {
    const asked = request[field];
    if (asked != null && (asked < 0 || asked > MAX_PAGE_SIZE)) {
      invalid(field, `must lie between 0 and ${MAX_PAGE_SIZE}`);
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
