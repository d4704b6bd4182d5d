import { randomText } from '../../auth/api-key-secret.ts';
import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import type { TokenType } from './token.entity.ts';

export interface NewDriver {
  readonly networkId?: string | null;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phoneNumber?: string | null;
  /** A PHC string; without one the driver sets a password by a reset. */
  readonly passwordHash?: string | null;
}

/** Adds a driver, with a token for the app. */
export async function createDriver(
  ctx: Context,
  input: NewDriver,
): Promise<{ id: string; tokenUid: string }> {
  authorize(ctx.viewer, 'write');
  const networkId = reachedNetwork(ctx, input.networkId);
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(input.email)) invalid('email', 'must be an e-mail address');
  if (input.firstName.trim() === '') invalid('firstName', 'must not be empty');
  if (input.lastName.trim() === '') invalid('lastName', 'must not be empty');
  const id = newId();
  try {
    return await inTransaction(ctx, async tx => {
      await db(tx)
        .insertInto('drivers')
        .values({
          id,
          networkId,
          email: input.email,
          firstName: input.firstName,
          lastName: input.lastName,
          phoneNumber: input.phoneNumber ?? null,
          address: null,
          city: null,
          state: null,
          postalCode: null,
          country: null,
          passwordHash: input.passwordHash ?? null,
          updatedAt: null,
        })
        .execute();
      const { uid } = await createToken(tx, { driverId: id, type: 'APP_USER' });
      return { id, tokenUid: uid };
    });
  } catch (error) {
    if (violatedConstraint(error) === 'drivers_email_unique') {
      throw new ConflictError(`A driver with the e-mail address ${input.email} exists.`);
    }
    throw error;
  }
}

export interface NewToken {
  readonly driverId: string;
  readonly type?: TokenType | null;
  /** 1 to 20 characters (OCPP 1.6); drawn at random where none is given. */
  readonly uid?: string | null;
  readonly alias?: string | null;
  readonly groupUid?: string | null;
  readonly expiresAt?: string | null;
}

export async function createToken(ctx: Context, input: NewToken): Promise<{ id: string; uid: string }> {
  authorize(ctx.viewer, 'write');
  const uid = input.uid ?? randomText(14, UNAMBIGUOUS);
  if (!/^[\x21-\x7e]{1,20}$/.test(uid)) invalid('uid', 'must be 1 to 20 printable characters without spaces');
  const id = newId();
  try {
    await inTransaction(ctx, async tx => {
      const driver = await db(tx)
        .selectFrom('drivers as d')
        .innerJoin('networks as n', 'n.id', 'd.networkId')
        .select(['d.networkId', 'n.countryCode', 'n.partyId'])
        .where('d.id', '=', input.driverId)
        .where('d.networkId', 'in', [...tx.scope.networkIds])
        .executeTakeFirst();
      if (!driver) throw new NotFoundError('driver');
      await db(tx)
        .insertInto('tokens')
        .values({
          id,
          networkId: driver.networkId,
          driverId: input.driverId,
          uid,
          type: input.type ?? 'APP_USER',
          contractId: `${driver.countryCode}-${driver.partyId}-${randomText(8, UNAMBIGUOUS)}`,
          alias: input.alias ?? null,
          groupUid: input.groupUid ?? null,
          expiresAt: input.expiresAt ?? null,
          revokedAt: null,
          lastUsedAt: null,
        })
        .execute();
    });
  } catch (error) {
    if (violatedConstraint(error) === 'tokens_uid_unique')
      throw new ConflictError(`The uid "${uid}" is taken.`);
    throw error;
  }
  return { id, uid };
}

const UNAMBIGUOUS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
