import type { Page } from '../src/kernel/page.ts';
import { builder } from './builder.ts';

builder.globalConnectionField('totalCount', t =>
  t.int({
    description: 'All rows of the list, on every page.',
    resolve: connection => connection.totalCount(),
  }),
);

/** A page of a list as a Relay connection. */
export const toConnection = <Row>(page: Page<Row>) => ({
  totalCount: page.totalCount,
  pageInfo: {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: page.rows[0] ? page.cursorOf(page.rows[0]) : null,
    endCursor: page.rows.length > 0 ? page.cursorOf(page.rows.at(-1)!) : null,
  },
  edges: page.rows.map(row => ({ cursor: page.cursorOf(row), node: row })),
});
