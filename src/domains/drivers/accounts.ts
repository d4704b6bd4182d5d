import { timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { authorize, primaryNetwork } from '../../auth/authorize.ts';
import { COMMON_PASSWORDS } from '../../auth/common-passwords.ts';
import { hashPassword, verifyPassword } from '../../auth/password.ts';
import type { Context } from '../../kernel/context.ts';
import { InvalidCredentialsError, invalid } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { brandedMail } from '../notifications/branded-mail.ts';
import { type DriverTokens, issueTokens, revokeRefreshTokens } from './driver-tokens.ts';
import { addDriver } from './drivers.ts';
import { countFailure, forgetFailures, holdBackGuessing } from './failed-attempts.ts';

const RESET_MINUTES = 60;
const MIN_PASSWORD_LENGTH = 10;
const MAX_PASSWORD_LENGTH = 256;

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phoneNumber?: string | null;
}

/** Makes a driver's account in the key's primary network, with a token for the app, and signs the driver in. */
export async function register(ctx: Context, input: Registration): Promise<DriverTokens> {
  authorize(ctx.viewer, 'write', 'public');
  const networkId = primaryNetwork(ctx);
  checkPassword('password', input.password);
  const passwordHash = await hashPassword(input.password);
  return inTransaction(ctx, async tx => {
    const { id } = await addDriver(tx, networkId, { ...input, passwordHash });
    return issueTokens(tx, { id, networkId });
  });
}

/**
 * Signs a driver in. Throws InvalidCredentialsError, never telling whether the e-mail is known, and RateLimitedError
 * after too many failures.
 */
export async function login(ctx: Context, input: { email: string; password: string }): Promise<DriverTokens> {
  authorize(ctx.viewer, 'read', 'public');
  const networkId = primaryNetwork(ctx);
  const attempt = { networkId, email: input.email };
  await holdBackGuessing(ctx, attempt);
  const driver = await findByEmail(ctx, networkId, input.email);
  const isRight = await verifyPassword(driver?.passwordHash ?? null, input.password);
  if (!driver || !isRight) {
    await countFailure(ctx, attempt);
    throw new InvalidCredentialsError('E-mail or password is wrong.');
  }
  await forgetFailures(ctx, attempt);
  return issueTokens(ctx, { id: driver.id, networkId });
}

/** Asks for a reset link by mail. What happens here is the same for every e-mail: a job looks who it is. */
export async function requestPasswordReset(ctx: Context, email: string): Promise<void> {
  authorize(ctx.viewer, 'read', 'public');
  const networkId = primaryNetwork(ctx);
  await holdBackGuessing(ctx, { networkId, email });
  await countFailure(ctx, { networkId, email });
  await addJob(ctx, 'mail-password-reset', { networkId, email });
}

/** Job: mails the link, if there is such a driver. */
export async function mailPasswordReset(
  ctx: Context,
  { networkId, email }: { readonly networkId: string; readonly email: string },
): Promise<void> {
  const driver = await findByEmail(ctx, networkId, email);
  if (!driver) return;
  const resetId = newId();
  const network = await db(ctx)
    .insertInto('password_resets')
    .values({
      id: resetId,
      networkId,
      driverId: driver.id,
      createdAt: ctx.now().toString(),
      expiresAt: ctx.now().add({ minutes: RESET_MINUTES }).toString(),
      usedAt: null,
    })
    .execute()
    .then(() =>
      db(ctx)
        .selectFrom('networks')
        .select(['name', 'branding', 'appUrl'])
        .where('id', '=', networkId)
        .executeTakeFirstOrThrow(),
    );
  const token = resetToken(ctx, resetId);
  const link = network.appUrl && `${network.appUrl.replace(/\/$/, '')}/reset-password?token=${token}`;
  const ask = `Somebody asked for a new password for your account at ${network.name}. If it was you, ${
    link ? 'open this link' : 'enter this code'
  } within ${RESET_MINUTES} minutes.`;
  await ctx.mail.send(
    brandedMail(network, {
      to: driver.email,
      subject: `${network.name}: choose a new password`,
      greeting: `Hello ${driver.firstName},`,
      paragraphs: [ask, ...(link ? [] : [token])],
      action: link ? { label: 'Choose a new password', url: link } : null,
      footer: 'If it was not you, do nothing: your password stays as it is.',
    }),
  );
}

/** Sets a new password by the mail's token, once, and signs the driver out everywhere. */
export async function resetPassword(
  ctx: Context,
  input: { token: string; newPassword: string },
): Promise<void> {
  authorize(ctx.viewer, 'read', 'public');
  const networkId = primaryNetwork(ctx);
  const resetId = resetIdOf(ctx, input.token);
  if (!resetId) throw new InvalidCredentialsError('The reset token is not valid.');
  checkPassword('newPassword', input.newPassword);
  const passwordHash = await hashPassword(input.newPassword);
  await inTransaction(ctx, async tx => {
    const now = tx.now().toString();
    const reset = await db(tx)
      .updateTable('password_resets')
      .set({ usedAt: now })
      .where('id', '=', resetId)
      .where('networkId', '=', networkId)
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', now)
      .returning('driverId')
      .executeTakeFirst();
    if (!reset) throw new InvalidCredentialsError('The reset token is not valid any more.');
    const driver = await db(tx)
      .updateTable('drivers')
      .set({ passwordHash, updatedAt: now })
      .where('id', '=', reset.driverId)
      .returning('email')
      .executeTakeFirstOrThrow();
    await revokeRefreshTokens(tx, { driverId: reset.driverId });
    await forgetFailures(tx, { networkId, email: driver.email });
  });
}

/** A reset's token says which reset it is, and proves that we made it: nothing of it is stored. */
const resetToken = (ctx: Context, resetId: string): string =>
  `${resetId.replaceAll('-', '')}${ctx.secret.derive('password-reset', resetId)}`;

function resetIdOf(ctx: Context, token: string): string | null {
  const hex = /^[0-9a-f]{32}/.exec(token)?.[0];
  if (!hex) return null;
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const expected = Buffer.from(resetToken(ctx, id));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : null;
}

async function findByEmail(ctx: Context, networkId: string, email: string) {
  return db(ctx)
    .selectFrom('drivers')
    .select(['id', 'email', 'firstName', 'passwordHash'])
    .where('networkId', '=', networkId)
    .where(sql`lower(email)`, '=', email.toLowerCase())
    .executeTakeFirst();
}

function checkPassword(field: string, password: string): void {
  if (password.length < MIN_PASSWORD_LENGTH || password.length > MAX_PASSWORD_LENGTH) {
    invalid(field, `must have ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`);
  }
  if (COMMON_PASSWORDS.has(password.toLowerCase())) {
    invalid(field, 'is one of the most common passwords: choose another one');
  }
}
