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

export const failure = ({ slug, message, details, status }: RestError) => ({
  error: slug,
  message,
  code: slug,
  timestamp: now(),
  ...(status === 400 && details && { details }),
});

export function success(answer: Answer, query: unknown): object {
  const envelope = { success: true, timestamp: now() };
  if (answer === null || !isList(answer)) return { data: answer, ...envelope };
  const { page, pageSize } = query as { page: number; pageSize: number };
  const totalPages = Math.ceil(answer.totalCount / pageSize);
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
