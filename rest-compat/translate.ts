import type { ExecutionResult } from 'graphql';
import type { z } from 'zod';
import { authorize, signedInDriver } from '../src/auth/authorize.ts';
import type { Viewer } from '../src/auth/viewer.ts';
import { type DomainCode, DomainError, type FieldProblem } from '../src/kernel/errors.ts';
import { isUuid } from '../src/kernel/ids.ts';
import type { Execute } from './caller.ts';
import { CsvFile } from './csv.ts';
import { invalidRequest, RestError, success } from './envelope.ts';
import { toGlobalId } from './ids.ts';
import type { Request, Row } from './row.ts';
import { STATUS } from './status.ts';

export interface RawRequest {
  readonly path: Readonly<Record<string, string>>;
  readonly query: unknown;
  /** As it came; empty for none. */
  readonly body: string;
}

/** operation text → executor → answer; a CsvFile where that is asked for, null for a row without an answer. Throws a RestError for whatever is refused. */
export async function translate(
  row: Row,
  raw: RawRequest,
  viewer: Viewer,
  execute: Execute,
): Promise<object | null> {
  allow(row, viewer);
  for (const [name, id] of Object.entries(raw.path)) {
    if (!isUuid(id) && !row.freePath?.includes(name)) throw notFound();
  }
  const request = await parsed(row, raw, execute);
  const result = await execute(row.operation, row.variables(request as never));
  const data = succeeded(result, row.names);
  if (row.status === 204) return null;
  const pageOf = (part: unknown) => row.file?.(part as never, request as never) ?? null;
  const page = pageOf(data);
  if (page) {
    return new CsvFile(page, async variables => pageOf(succeeded(await execute(row.operation, variables)))!);
  }
  const answer = row.answer(data as never, request as never);
  if (answer === null) throw notFound();
  return success(answer, request.query, row.path);
}

const notFound = () => new RestError(404, 'not_found', 'No such resource.');

/** What is wrong with a body or a query is told only of a resource that is there. */
async function parsed(row: Row, raw: RawRequest, execute: Execute): Promise<Request<unknown, unknown>> {
  try {
    return parse(row, raw);
  } catch (error) {
    if (row.gate) succeeded(await execute(row.gate, {}));
    const [id] = Object.values(raw.path);
    if (row.subject && id) {
      const isCommanded = row.subject === 'commanded';
      const { data } = await execute(isCommanded ? COMMANDED : EXISTS, {
        id: toGlobalId(isCommanded ? 'Charger' : row.subject, id),
      });
      if (!data?.subject) throw notFound();
    }
    throw error;
  }
}

const EXISTS = 'query Exists($id: ID!) { subject: node(id: $id) { id } }';
const COMMANDED = 'query Commanded($id: ID!) { subject: mayCommand(chargerId: $id) }';

/** Throws a RestError where the caller may not call the route. */
export function allow(row: Pick<Row, 'access'>, viewer: Viewer): void {
  try {
    const { scope, driverScope = scope, audience } = row.access;
    authorize(viewer, signedInDriver(viewer) ? driverScope : scope, audience);
  } catch (error) {
    throw error instanceof DomainError ? refusal(error) : error;
  }
}

function parse(row: Row, raw: RawRequest): Request<unknown, unknown> {
  return {
    path: raw.path,
    query: row.query ? checked(row.query, raw.query) : {},
    body: row.body ? checked(row.body, parseJson(raw.body)) : undefined,
  };
}

function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new RestError(400, 'invalid_json', 'The body is not valid JSON.');
  }
}

/** Throws a RestError that names each field that is wrong. */
export function checked<Type extends z.ZodType>(type: Type, value: unknown): z.infer<Type> {
  const parsed = type.safeParse(value);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map(issue => ({
    field: issue.path.join('.') || 'body',
    message: messageOf(issue, value),
  }));
  throw invalidRequest(details);
}

function messageOf(
  issue: { readonly path: PropertyKey[]; readonly message: string },
  value: unknown,
): string {
  if (issue.path.length === 0) return 'must be a JSON object';
  const given = issue.path.reduce<unknown>(
    (whole, part) => (whole as Record<PropertyKey, unknown>)?.[part],
    value,
  );
  // null is the same as leaving it out
  return given === undefined || given === null ? 'is missing' : issue.message;
}

interface FailedResult {
  readonly code: DomainCode;
  readonly message: string;
  readonly details?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
}

/** The data, if the operation succeeded: neither an error beside the data nor one of a mutation's error types. */
export function succeeded({ data, errors }: ExecutionResult, names: Row['names'] = {}): unknown {
  const [error] = errors ?? [];
  if (error) {
    const { code, ...rest } = error.extensions as Partial<FailedResult>;
    if (code === undefined || !(code in STATUS)) throw error;
    throw refusal({ ...rest, code, message: error.message }, names);
  }
  const result = (data as { result?: FailedResult } | null | undefined)?.result;
  if (result && 'code' in result) throw refusal(result, names);
  return data;
}

function refusal(
  { code, message, details, retryAfterSeconds }: FailedResult,
  names: Readonly<Record<string, string>> = {},
): RestError {
  if (details?.some(({ field }) => Object.hasOwn(names, field))) {
    return invalidRequest(
      details.map(({ field, message: problem }) => ({ field: names[field] ?? field, message: problem })),
    );
  }
  return new RestError(STATUS[code], code, message, details, retryAfterSeconds);
}
