import { createToken, invalidateToken } from '../src/domains/drivers/drivers.ts';
import { isValid, listTokens } from '../src/domains/drivers/read-drivers.ts';
import { TOKEN_TYPES } from '../src/domains/drivers/token.entity.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { DriverRef, TokenRef } from './refs.ts';

const TokenType = builder.enumType('TokenType', { values: TOKEN_TYPES });

TokenRef.implement({
  description: "What a station knows a driver by (OCPP's idToken).",
  fields: t => ({
    uid: t.exposeString('uid'),
    type: t.expose('type', { type: TokenType }),
    contractId: t.exposeString('contractId', { description: 'Country, party and 8 letters or digits.' }),
    alias: t.exposeString('alias', { nullable: true }),
    groupUid: t.exposeString('groupUid', {
      nullable: true,
      description: 'Tokens of one group may stop each other’s charges.',
    }),
    isValid: t.boolean({
      description: 'Neither blocked, nor revoked, nor expired.',
      resolve: (token, _, ctx) => isValid(token, ctx.now().epochMilliseconds),
    }),
    isBlocked: t.exposeBoolean('isBlocked'),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
    driver: t.field({ type: DriverRef, resolve: token => token.driverId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const TokenFilter = builder.inputType('TokenFilter', {
  fields: t => ({
    driverId: t.globalID({ for: DriverRef }),
    type: t.field({ type: TokenType }),
    valid: t.boolean(),
  }),
});

const CreateTokenInput = builder.inputType('CreateTokenInput', {
  fields: t => ({
    driverId: t.globalID({ required: true, for: DriverRef }),
    type: t.field({ type: TokenType, description: 'APP_USER where left out.' }),
    uid: t.string({
      description:
        '1 to 36 characters, of which OCPP 1.6 has room for 20: a longer one is for OCPP 2.0.1 alone. Made by us where left out.',
    }),
    alias: t.string(),
    groupUid: t.string(),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
});

const drivers = inSubGraph('drivers');

drivers.queryField('tokens', t =>
  t.connection({
    type: TokenRef,
    description: 'The newest first. For operators.',
    args: { filter: t.arg({ type: TokenFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(await listTokens(ctx, { ...filter, driverId: filter?.driverId?.id ?? null }, page)),
  }),
);

drivers.mutationFields(t => ({
  createToken: t.field({
    type: TokenRef,
    description: 'Gives a driver another token. For operators. Scope: write.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: CreateTokenInput, required: true }) },
    resolve: async (_, { input: { driverId, ...fields } }, ctx) =>
      (await createToken(ctx, { ...fields, driverId: driverId.id })).id,
  }),
  invalidateToken: t.field({
    type: TokenRef,
    description: 'Ends a token for good. For operators. Scope: write.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: TokenRef }) },
    resolve: (_, { id }, ctx) => invalidateToken(ctx, id.id),
  }),
}));
