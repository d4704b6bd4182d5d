import type { z } from 'zod';
import type { Audience } from '../src/auth/authorize.ts';
import type { KeyScope } from '../src/auth/viewer.ts';
import type { DomainCode } from '../src/kernel/errors.ts';
import type { CsvPage } from './csv.ts';

/** What a request carried, parsed. */
export interface Request<Query, Body> {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

/**
 * One documented route: the GraphQL operation that it stands for, its variables from the request, its answer from
 * the operation's data. A row holds no rule and no SQL.
 */
export interface Row<
  Data = never,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/emsp/v1`, parameters in braces: UUIDs, save those that `freePath` names. */
  readonly path: string;
  readonly title: string;
  /** Who may call; the services behind the operation hold to the same. */
  readonly access: {
    readonly scope: KeyScope;
    /** What a driver's key needs instead, where that is something else. */
    readonly driverScope?: KeyScope;
    readonly audience: Audience;
  };
  readonly freePath?: readonly string[];
  /**
   * The GraphQL type that the path's first id names: it is looked up before a body is found wrong. `commanded` is a
   * charger that the caller may command, whether or not they may read it.
   */
  readonly subject?: string;
  /** What the route calls arguments of its operation that it names otherwise, for telling what is wrong with them. */
  readonly names?: Readonly<Record<string, string>>;
  /** An operation that must succeed before a body or query that is wrong is told of. */
  readonly gate?: string;
  readonly query?: Query;
  readonly body?: Body;
  readonly operation: string;
  readonly variables: (request: Request<z.infer<Query>, z.infer<Body>>) => Record<string, unknown>;
  /** What `answer` makes: from `answers/`, or `nothing`. The reference is printed from it, and the tests hold to it. */
  readonly response: Response;
  readonly answer: (
    data: Data,
    request: Request<z.infer<Query>, z.infer<Body>>,
  ) => (z.infer<Response> & Answer) | null;
  /** A part of the answer as a file, where the request asks for one, else null. */
  readonly file?: (data: Data, request: Request<z.infer<Query>, z.infer<Body>>) => CsvPage | null;
  /** 200 where left out; with 204 nothing is written. */
  readonly status?: 201 | 202 | 204;
  /** Media types that the route answers besides JSON, each with what it is then. */
  readonly otherContent?: Readonly<Record<string, string>>;
  /** Refusals that neither the access, nor the request's parts, nor the operation's error types tell of. */
  readonly refusals?: readonly DomainCode[];
}

/** What becomes the envelope's `data`; a list has its `totalCount`, and null is a row that does not exist. */
export type Answer = object | null | { readonly list: readonly object[]; readonly totalCount: number };

export const isList = (answer: Answer): answer is { list: readonly object[]; totalCount: number } =>
  answer !== null && 'list' in answer && 'totalCount' in answer;

/** Checks a row's types against each other. */
export const row = <
  Data,
  Response extends z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
>(
  it: Row<Data, Query, Body, Response>,
): Row => it as unknown as Row;
