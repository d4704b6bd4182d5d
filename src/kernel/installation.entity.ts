import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from './columns.ts';
import { tenantTable } from './tenancy.ts';

/** The keys that access tokens are signed with; the newest signs. The private half is sealed. */
export const SigningKey = defineEntity({
  name: 'SigningKey',
  tableName: 'signing_keys',
  properties: {
    kid: p.text().primary(),
    algorithm: p.text(),
    publicJwk: p.json<Record<string, unknown>>(),
    sealedPrivateJwk: p.text(),
    createdAt: column.createdAt(),
  },
});
export type SigningKey = InferEntity<typeof SigningKey>;

/** The pair of keys under which push services know this installation; made once. The private half is sealed. */
export const VapidKey = defineEntity({
  name: 'VapidKey',
  tableName: 'vapid_keys',
  properties: {
    /** `web-push`: there is one. */
    id: p.text().primary(),
    publicKey: p.text(),
    sealedPrivateKey: p.text(),
    createdAt: column.createdAt(),
  },
});
export type VapidKey = InferEntity<typeof VapidKey>;

/** How often a thing was tried in vain: an address, or an e-mail in a network, as a digest. */
export const FailedAttempts = defineEntity({
  name: 'FailedAttempts',
  tableName: 'failed_attempts',
  properties: {
    key: p.text().primary(),
    count: p.integer(),
    lastAt: column.instant(),
  },
});
export type FailedAttempts = InferEntity<typeof FailedAttempts>;

/** The answer that was given under an `Idempotency-Key`, sealed; null while it is being made. */
export const IdempotentAnswer = defineEntity({
  name: 'IdempotentAnswer',
  tableName: 'idempotent_answers',
  ...tenantTable,
  properties: {
    networkId: p.uuid().primary(),
    /** A digest of the caller, the route and the caller's key. */
    key: p.text().primary(),
    requestDigest: p.text(),
    status: p.integer().nullable(),
    sealedAnswer: p.text().nullable(),
    createdAt: column.createdAt(),
  },
  indexes: [{ name: 'idempotent_answers_created_index', properties: ['createdAt'] }],
});
export type IdempotentAnswer = InferEntity<typeof IdempotentAnswer>;
