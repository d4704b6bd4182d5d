import { globalId } from '../support/global-id.ts';
import type { TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';

interface Failure {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly details?: readonly { readonly field: string }[];
}

/** An operator's operation: what its root field answers, or the code of the error that it throws. */
export async function operate<Result extends object = Record<string, unknown>>(
  server: TestServer,
  root: string,
  selection: string,
  input: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Result & Failure> {
  const [kind, field] = root.split(' ') as [string, string];
  const inputType = `${field[0]!.toUpperCase()}${field.slice(1)}Input!`;
  const { data, errors } = await server.graphql<{ result: Result & Failure }>(
    `${kind} ($input: ${inputType}) { result: ${field}(input: $input) {
       __typename ${selection} ... on Error { code message } ... on ValidationError { details { field } } } }`,
    { input },
    headers,
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.result;
}

/** What a query's root field answers. */
export async function query<Result>(
  server: TestServer,
  field: string,
  headers: Record<string, string> = {},
): Promise<Result> {
  const { data, errors } = await server.graphql<{ result: Result }>(`{ result: ${field} }`, {}, headers);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.result;
}

/** The request's result while the station answers each of the calls in order, and what the station was asked. */
export async function whileAnswering<Result>(
  station: RawStation,
  request: Promise<Result>,
  ...replies: readonly (readonly [action: string, reply: object | readonly [errorCode: string]])[]
): Promise<{ result: Result; asked: Record<string, unknown>[] }> {
  const asked: Record<string, unknown>[] = [];
  for (const [action, reply] of replies) {
    const call = await station.expectCall(action);
    asked.push(call.payload);
    if (Array.isArray(reply)) station.send([4, call.id, reply[0], 'no', {}]);
    else station.reply(call.id, reply);
  }
  return { result: await request, asked };
}

export const chargerId = (charger: { readonly id: string }): string => globalId('Charger', charger.id);
