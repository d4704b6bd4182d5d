import type { FieldProblem } from '../src/kernel/errors.ts';
import { type Answer, isList } from './row.ts';

const now = (): string =>
  Temporal.Now.instant().round({ smallestUnit: 'second', roundingMode: 'floor' }).toString();

/** A refusal of the REST door, as it is written. */
export class RestError extends Error {
  readonly status: number;
  readonly slug: string;
  readonly details: readonly FieldProblem[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    slug: string,
    message: string,
    details?: readonly FieldProblem[],
    retryAfterSeconds?: number,
  ) {
    super(message);
    this.status = status;
    this.slug = slug;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const invalidRequest = (details: readonly FieldProblem[]): RestError =>
  new RestError(
    400,
    'validation_error',
    details.map(({ field, message }) => `${field}: ${message}`).join('; '),
    details,
  );

/** The routes whose envelope is barer, and whose members are in snake_case. */
export const isBare = (path: string): boolean => /^\/webhooks(\/|$)/.test(path);

/** A refusal of the route with this path below the base path. */
export const failure = ({ slug, message, details, status }: RestError, path: string) => ({
  error: slug,
  message,
  ...(!isBare(path) && { code: slug, timestamp: now() }),
  ...(status === 400 && details && { details }),
});

export function success(answer: Answer, query: unknown, path: string): object {
  const envelope = isBare(path) ? {} : { success: true, timestamp: now() };
  if (answer === null || !isList(answer)) return { data: answer, ...envelope };
  const { page, pageSize } = query as { page: number; pageSize: number };
  const totalPages = Math.ceil(answer.totalCount / pageSize);
  if (isBare(path)) {
    const pagination = { page, page_size: pageSize, total_count: answer.totalCount, total_pages: totalPages };
    return { data: answer.list, pagination };
  }
  return {
    data: answer.list,
    ...envelope,
    pagination: {
      totalCount: answer.totalCount,
      page,
      pageSize,
      totalPages,
      hasNextPage: page < totalPages,
      hasPreviousPage: page > 1,
    },
  };
}
