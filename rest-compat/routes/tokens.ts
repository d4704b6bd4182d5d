import { z } from 'zod';
import { TOKEN_TYPES } from '../../src/domains/drivers/token.entity.ts';
import { invalidatedToken, token } from '../answers/driver-auth.ts';
import { page } from '../answers/fields.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { instant, oneOf, optional, paging, queryBoolean, sliceOf, text, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { time } from '../values.ts';

interface Token {
  id: string;
  uid: string;
  contractId: string;
  type: string;
  alias: string | null;
  isValid: boolean;
  driver: { id: string };
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

const TOKEN = `
  fragment Detail on Token {
    id uid contractId type alias isValid createdAt expiresAt lastUsedAt driver { id }
  }`;

const tokenOf = (token: Token) => ({
  id: toUuid(token.id),
  uid: token.uid,
  contractId: token.contractId,
  tokenType: token.type,
  alias: token.alias,
  valid: token.isValid,
  userId: toUuid(token.driver.id),
  createdAt: time(token.createdAt),
  expiresAt: time(token.expiresAt),
  lastUsedAt: time(token.lastUsedAt),
});

export const listTokens = row({
  method: 'GET',
  path: '/auth/tokens',
  title: 'List tokens',
  access: { scope: 'read', audience: 'operator' },
  query: z.object({
    ...paging,
    userId: uuid.optional(),
    tokenType: oneOf(TOKEN_TYPES).optional(),
    valid: queryBoolean.optional(),
  }),
  operation: `
    query Tokens($first: Int!, $offset: Int!, $filter: TokenFilter) {
      tokens(first: $first, offset: $offset, filter: $filter) { totalCount nodes { ...Detail } }
    } ${TOKEN}`,
  variables: ({ query: { userId, tokenType, valid, ...slice } }) => ({
    ...sliceOf(slice),
    filter: { driverId: toGlobalId('Driver', userId), type: tokenType, valid },
  }),
  response: page(token),
  answer: ({ tokens }: { tokens: { totalCount: number; nodes: Token[] } }) => ({
    list: tokens.nodes.map(tokenOf),
    totalCount: tokens.totalCount,
  }),
});

export const createToken = row({
  method: 'POST',
  path: '/auth/tokens',
  title: 'Create a token',
  access: { scope: 'write', audience: 'operator' },
  body: z.object({
    userId: uuid,
    tokenType: optional(oneOf(TOKEN_TYPES)),
    uid: optional(text.max(20, { message: 'must be 1 to 20 printable characters without spaces' })),
    alias: optional(text),
    expiresAt: optional(instant),
  }),
  operation: `
    mutation CreateToken($input: CreateTokenInput!) {
      result: createToken(input: $input) {
        ... on Token { ...Detail }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    } ${TOKEN}`,
  variables: ({ body: { userId, tokenType, ...input } }) => ({
    input: { ...input, driverId: toGlobalId('Driver', userId), type: tokenType },
  }),
  response: token,
  answer: ({ result }: { result: Token }) => tokenOf(result),
  status: 201,
});

export const getToken = row({
  method: 'GET',
  path: '/auth/tokens/{id}',
  title: 'Get a token',
  access: { scope: 'read', audience: 'operator' },
  operation: `query Token($id: ID!) { token: node(id: $id) { ...Detail } } ${TOKEN}`,
  variables: ({ path }) => ({ id: toGlobalId('Token', path.id) }),
  response: token,
  answer: ({ token }: { token: Token | null }) => token && tokenOf(token),
});

export const deleteToken = row({
  method: 'DELETE',
  path: '/auth/tokens/{id}',
  title: 'Invalidate a token',
  access: { scope: 'write', audience: 'operator' },
  operation: `
    mutation InvalidateToken($id: ID!) {
      result: invalidateToken(id: $id) { ... on Token { id } ... on Error { code message } }
    }`,
  variables: ({ path }) => ({ id: toGlobalId('Token', path.id) }),
  response: invalidatedToken,
  answer: ({ result }: { result: { id: string } }) => ({
    tokenId: toUuid(result.id),
    action: 'invalidate',
    success: true,
    message: 'Token has been invalidated successfully',
  }),
});
