import { TOKEN_TYPES } from '../src/domains/drivers/token.entity.ts';
import { builder } from './builder.ts';
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
    isBlocked: t.exposeBoolean('isBlocked'),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
    driver: t.field({ type: DriverRef, resolve: token => token.driverId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});
