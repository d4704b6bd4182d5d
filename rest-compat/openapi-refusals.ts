import { type GraphQLSchema, getNamedType, isObjectType, isUnionType } from 'graphql';
import type { DomainCode } from '../src/kernel/errors.ts';
import { fieldOf } from './operation.ts';
import type { Row } from './row.ts';
import { STATUS } from './status.ts';

/** The refusals of the door itself, beside those of the services. */
const DOOR = {
  invalid_json: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  internal_error: 500,
} as const;

export type Slug = DomainCode | keyof typeof DOOR;
export const statusOf = (slug: Slug): number => ({ ...STATUS, ...DOOR })[slug];

/** What of a row decides how it may be refused. */
export type Refusable = Pick<Row, 'method' | 'path' | 'access' | 'query' | 'body' | 'operation' | 'refusals'>;

/** Every way in which the route may be refused: by its access, its request's parts, and its operation's error types. */
export function refusalsOf(row: Refusable, graph: GraphQLSchema): Slug[] {
  const { audience } = row.access;
  const isPost = row.method === 'POST' && !row.path.startsWith('/auth/driver/');
  const slugs: readonly (Slug | false)[] = [
    // a key or an access token that is no good, also where none is needed
    'unauthorized',
    'invalid_credentials',
    'token_expired',
    audience === 'anyone' ? 'rate_limited' : 'forbidden',
    audience !== 'anyone' && audience !== 'public' && 'driver_required',
    row.path.includes('{') && 'not_found',
    row.query || row.body || isPost ? 'validation_error' : false,
    ...(row.method === 'GET' ? [] : (['payload_too_large', 'unsupported_media_type'] as const)),
    row.body ? 'invalid_json' : false,
    // another body under the same Idempotency-Key
    isPost && 'conflict',
    ...errorsOf(row.operation, graph),
    ...(row.refusals ?? []),
    'internal_error',
  ];
  return [...new Set(slugs)].filter(slug => slug !== false).sort();
}

/** The codes of the error types that the operation's field may answer. */
function errorsOf(operation: string, graph: GraphQLSchema): DomainCode[] {
  const { type, field } = fieldOf(operation);
  const root = {
    query: graph.getQueryType(),
    mutation: graph.getMutationType(),
    subscription: graph.getSubscriptionType(),
  };
  const answer = root[type]?.getFields()[field]?.type;
  if (!answer) throw new Error(`The graph has no ${type} ${field}.`);
  const named = getNamedType(answer);
  const members = isUnionType(named) ? named.getTypes() : [];
  return members
    .filter(member => isObjectType(member) && member.getInterfaces().some(({ name }) => name === 'Error'))
    .map(({ name }) => codeOf(name));
}

/** `EmailTakenError` is `email_taken`, `ValidationError` is `validation_error`. */
export function codeOf(errorType: string): DomainCode {
  const words = errorType.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
  const code = [words, words.replace(/_error$/, '')].find(name => name in STATUS);
  if (!code) throw new Error(`The error type ${errorType} has no code of its name.`);
  return code as DomainCode;
}
