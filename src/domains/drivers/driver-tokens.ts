import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { ACCESS_TOKEN_SECONDS, signAccessToken } from '../../auth/access-token.ts';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { InvalidCredentialsError, TokenExpiredError, TokenReusedError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';

const REFRESH_TOKEN_DAYS = 30;
/** So long the same refresh token gets the same successor: an answer may be lost on the way to a phone. */
const REPEAT_SECONDS = 30;

export interface DriverTokens {
  readonly driverId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
}

/** Signs a driver in: the first tokens of a new family. */
export async function issueTokens(
  ctx: Context,
  driver: { id: string; networkId: string },
): Promise<DriverTokens> {
  const refreshToken = `prt_${randomBytes(32).toString('base64url')}`;
  await insertRefreshToken(ctx, { ...driver, familyId: randomUUID(), refreshToken });
  return withAccessToken(ctx, driver, refreshToken);
}

export interface DriverProfile {
  readonly id: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly tokenUid: string | null;
}

/** Who has just signed in: for the answer to the sign-in alone, whose caller has proved to be that driver. */
export async function profileOf(ctx: Context, driverId: string): Promise<DriverProfile> {
  const now = ctx.now().toString();
  return db(ctx)
    .selectFrom('drivers as d')
    .select(['d.id', 'd.email', 'd.firstName', 'd.lastName'])
    .select(eb =>
      eb
        .selectFrom('tokens as t')
        .select('t.uid')
        .whereRef('t.driverId', '=', 'd.id')
        .where('t.isBlocked', '=', false)
        .where('t.revokedAt', 'is', null)
        .where(where => where.or([where('t.expiresAt', 'is', null), where('t.expiresAt', '>', now)]))
        .orderBy('t.createdAt', 'desc')
        .orderBy('t.id', 'desc')
        .limit(1)
        .as('tokenUid'),
    )
    .where('d.id', '=', driverId)
    .executeTakeFirstOrThrow();
}

/**
 * New tokens for a refresh token, which is used up by that. For a moment it gets the same successor again (which is
 * derived from it, so that only digests are stored); later a second use means that somebody else has it, and revokes
 * all that came of it. Throws InvalidCredentialsError, TokenExpiredError, TokenReusedError.
 */
export async function refreshTokens(ctx: Context, refreshToken: string): Promise<DriverTokens> {
  authorize(ctx.viewer, 'read', 'public');
  const outcome = await inTransaction(ctx, async tx => {
    const token = await db(tx)
      .selectFrom('refresh_tokens')
      .selectAll()
      .where('hash', '=', digest(refreshToken))
      .where('networkId', 'in', [...tx.scope.networkIds])
      .forNoKeyUpdate()
      .executeTakeFirst();
    const nowMs = tx.now().epochMilliseconds;
    if (!token) return 'unknown';
    const isReused = token.usedAt !== null && nowMs - epochMs(token.usedAt) > REPEAT_SECONDS * 1000;
    if (isReused) {
      await revokeRefreshTokens(tx, { familyId: token.familyId });
      return 'reused';
    }
    if (token.revokedAt) return 'unknown';
    if (epochMs(token.expiresAt) <= nowMs) return 'expired';
    const driver = { id: token.driverId, networkId: token.networkId };
    const successor = `prt_${tx.secret.derive('refresh-token', refreshToken)}`;
    if (!token.usedAt) {
      await db(tx)
        .updateTable('refresh_tokens')
        .set({ usedAt: tx.now().toString() })
        .where('id', '=', token.id)
        .execute();
      await insertRefreshToken(tx, { ...driver, familyId: token.familyId, refreshToken: successor });
    }
    return { driver, successor };
  });
  if (outcome === 'unknown') throw new InvalidCredentialsError('The refresh token is not valid.');
  if (outcome === 'expired') throw new TokenExpiredError('The refresh token has expired.');
  if (outcome === 'reused') {
    throw new TokenReusedError('The refresh token was used before: everyone who has it is signed out.');
  }
  return withAccessToken(ctx, outcome.driver, outcome.successor);
}

/** Signs out a family, or a driver everywhere. */
export async function revokeRefreshTokens(
  tx: Context,
  whose: { readonly familyId: string } | { readonly driverId: string },
): Promise<void> {
  await db(tx)
    .updateTable('refresh_tokens')
    .set({ revokedAt: tx.now().toString() })
    .where('revokedAt', 'is', null)
    .$if('familyId' in whose, q => q.where('familyId', '=', (whose as { familyId: string }).familyId))
    .$if('driverId' in whose, q => q.where('driverId', '=', (whose as { driverId: string }).driverId))
    .execute();
}

async function insertRefreshToken(
  ctx: Context,
  token: { id: string; networkId: string; familyId: string; refreshToken: string },
): Promise<void> {
  const now = ctx.now();
  await db(ctx)
    .insertInto('refresh_tokens')
    .values({
      id: newId(),
      networkId: token.networkId,
      driverId: token.id,
      familyId: token.familyId,
      hash: digest(token.refreshToken),
      createdAt: now.toString(),
      expiresAt: now.add({ hours: 24 * REFRESH_TOKEN_DAYS }).toString(),
      usedAt: null,
      revokedAt: null,
    })
    .execute();
}

async function withAccessToken(
  ctx: Context,
  driver: { id: string; networkId: string },
  refreshToken: string,
): Promise<DriverTokens> {
  return {
    driverId: driver.id,
    accessToken: await signAccessToken(ctx, driver, ctx.now().epochMilliseconds),
    refreshToken,
    expiresInSeconds: ACCESS_TOKEN_SECONDS,
  };
}

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
