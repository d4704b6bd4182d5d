import { randomText } from '../../auth/api-key-secret.ts';
import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, EmailTakenError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { checkedPhoneNumber } from '../../kernel/phone-number.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { checkEmail } from './check-email.ts';
import type { TokenType } from './token.entity.ts';
import { LONGEST_UID } from './token-length.ts';

export interface NewDriver {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phoneNumber?: string | null;
  readonly address?: string | null;
  readonly city?: string | null;
  readonly state?: string | null;
  readonly postalCode?: string | null;
  readonly country?: string | null;
  /** A PHC string; without one the driver sets a password by a reset. */
  readonly passwordHash?: string | null;
}

/** Adds a driver, with a token for the app. For operators: drivers register themselves. */
export async function createDriver(
  ctx: Context,
  input: NewDriver & { readonly networkId?: string | null },
): Promise<{ id: string; tokenUid: string }> {
  authorize(ctx.viewer, 'write');
  return addDriver(ctx, reachedNetwork(ctx, input.networkId), input);
}

/** Adds a driver to the network. Throws EmailTakenError. The caller has been authorized. */
export async function addDriver(
  ctx: Context,
  networkId: string,
  input: NewDriver,
): Promise<{ id: string; tokenUid: string }> {
  const given = checkedDriver(input);
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
          phoneNumber: given.phoneNumber ?? null,
          address: input.address ?? null,
          city: input.city ?? null,
          state: input.state ?? null,
          postalCode: input.postalCode ?? null,
          country: input.country ?? null,
          passwordHash: input.passwordHash ?? null,
          updatedAt: null,
        })
        .execute();
      const { uid } = await addToken(tx, { driverId: id, type: 'APP_USER' });
      return { id, tokenUid: uid };
    });
  } catch (error) {
    if (violatedConstraint(error) === 'drivers_email_unique') {
      throw new EmailTakenError(`The e-mail address ${input.email} is taken.`);
    }
    throw error;
  }
}

export type DriverChanges = {
  readonly [Field in keyof Omit<NewDriver, 'passwordHash'>]?: NewDriver[Field] | null;
};

/** Changes what is given. For operators. */
export async function updateDriver(ctx: Context, id: string, changes: DriverChanges): Promise<string> {
  authorize(ctx.viewer, 'write');
  const checked = checkedDriver(changes);
  const optional = ['phoneNumber', 'address', 'city', 'state', 'postalCode', 'country'] as const;
  const required = ['email', 'firstName', 'lastName'] as const;
  const given = Object.fromEntries([
    ...required.flatMap(field => (checked[field] == null ? [] : [[field, checked[field]]])),
    ...optional.flatMap(field => (checked[field] === undefined ? [] : [[field, checked[field]]])),
  ]);
  try {
    const updated = await db(ctx)
      .updateTable('drivers')
      .set({ ...given, updatedAt: ctx.now().toString() })
      .where('id', '=', id)
      .where('networkId', 'in', [...ctx.scope.networkIds])
      .returning('id')
      .executeTakeFirst();
    if (!updated) throw new NotFoundError('driver');
    return updated.id;
  } catch (error) {
    if (violatedConstraint(error) === 'drivers_email_unique') {
      throw new EmailTakenError(`The e-mail address ${changes.email} is taken.`);
    }
    throw error;
  }
}

/** With the phone number in E.164. Throws a ValidationError for the first field that cannot be. */
function checkedDriver(fields: DriverChanges): DriverChanges {
  if (fields.email != null) checkEmail('email', fields.email);
  for (const field of ['firstName', 'lastName'] as const) {
    if (fields[field] != null && fields[field].trim() === '') invalid(field, 'must not be empty');
  }
  if (fields.country && !/^[A-Z]{2}$/.test(fields.country)) {
    invalid('country', 'must be two capital letters (ISO 3166-1), such as US');
  }
  if (fields.phoneNumber == null) return fields;
  return { ...fields, phoneNumber: checkedPhoneNumber('phoneNumber', fields.phoneNumber) };
}

export interface NewToken {
  readonly driverId: string;
  readonly type?: TokenType | null;
  /** 1 to 36 characters (OCPP 2.0.1), of which OCPP 1.6 has room for 20; drawn at random where none is given. */
  readonly uid?: string | null;
  readonly alias?: string | null;
  readonly groupUid?: string | null;
  readonly expiresAt?: string | null;
}

/** Gives a driver another token. For operators. */
export async function createToken(ctx: Context, input: NewToken): Promise<{ id: string; uid: string }> {
  authorize(ctx.viewer, 'write');
  return addToken(ctx, input);
}

/** Ends a token for good; doing it twice changes nothing. For operators. */
export async function invalidateToken(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'write');
  const updated = await db(ctx)
    .updateTable('tokens')
    .set(eb => ({ revokedAt: eb.fn.coalesce('revokedAt', eb.val(ctx.now().toString())) }))
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .returning('id')
    .executeTakeFirst();
  if (!updated) throw new NotFoundError('token');
  return updated.id;
}

async function addToken(ctx: Context, input: NewToken): Promise<{ id: string; uid: string }> {
  const uid = input.uid ?? randomText(14, UNAMBIGUOUS);
  if (!/^[\x21-\x7e]+$/.test(uid) || uid.length > LONGEST_UID) {
    invalid('uid', `must be 1 to ${LONGEST_UID} printable characters without spaces`);
  }
  if (input.expiresAt && Temporal.Instant.compare(input.expiresAt, ctx.now()) <= 0) {
    invalid('expiresAt', 'must be in the future');
  }
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
