import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { FastifyReply } from 'fastify';

/** Some rows of a CSV file, and how to come to more. */
export interface CsvPage {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly records: readonly Readonly<Record<string, string | number | null>>[];
  /** Variables of the operation that bring the next page; null with the last one. */
  readonly next: Readonly<Record<string, unknown>> | null;
}

/** A CSV file whose pages are fetched as they are read: it takes the memory of one, however long the file is. */
export class CsvFile {
  readonly name: string;
  readonly #lines: AsyncGenerator<string>;

  constructor(first: CsvPage, fetch: (variables: Record<string, unknown>) => Promise<CsvPage>) {
    this.name = first.name;
    this.#lines = linesOf(first, fetch);
  }

  /** Answers with the file. Where the reader stands still nothing is fetched, and where it goes nothing more. */
  send(reply: FastifyReply): FastifyReply {
    reply.headers({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${this.name}.csv"`,
      'cache-control': 'no-store',
    });
    if (reply.request.method === 'HEAD') return reply.send();
    return reply.send(Readable.from(this.#lines));
  }
}

async function* linesOf(
  first: CsvPage,
  fetch: (variables: Record<string, unknown>) => Promise<CsvPage>,
): AsyncGenerator<string> {
  yield written([first.columns], first);
  for (let page = first; ; page = await fetch(page.next)) {
    if (page.records.length > 0) yield written(page.records, page);
    if (!page.next) return;
  }
}

/** RFC 4180; text that a spreadsheet would take for a formula gets an apostrophe in front. */
const written = (lines: readonly object[], { columns }: CsvPage): string =>
  stringify([...lines], {
    columns: [...columns],
    record_delimiter: '\r\n',
    quoted_match: /[\r\n]/,
    escape_formulas: true,
  });
