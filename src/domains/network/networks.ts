import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonb } from '../../kernel/json.ts';
import { minorDigits } from '../../kernel/money.ts';
import { networksScope, runInScope } from '../../kernel/scope.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { checkWebUrl } from '../../kernel/web-url.ts';
import { db } from '../db.ts';
import { checkEmail } from '../drivers/check-email.ts';
import { checkBranding } from './branding.ts';
import type { Branding } from './network.entity.ts';

export interface NewNetwork {
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string;
  /** Three letters or digits (OCPI). */
  readonly partyId: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly branding?: Partial<Branding> | null;
  /** The drivers' app. */
  readonly appUrl?: string | null;
  /** Where operators are mailed alerts. */
  readonly alertEmail?: string | null;
}

const PLAIN: Branding = {
  logoUrl: null,
  faviconUrl: null,
  logoBackground: 'light',
  primaryColor: null,
  secondaryColor: null,
  termsUrl: null,
  privacyUrl: null,
};

/** Makes an operator's network. For the installation's owner. */
export async function createNetwork(ctx: Context, input: NewNetwork, id: string = newId()): Promise<string> {
  authorize(ctx.viewer, 'platform');
  if (input.name.trim() === '') invalid('name', 'must not be empty');
  if (!/^[A-Z]{2}$/.test(input.countryCode))
    invalid('countryCode', 'must be two capital letters, such as US');
  if (!/^[A-Z0-9]{3}$/.test(input.partyId)) invalid('partyId', 'must be three capital letters or digits');
  checkCurrency('currency', input.currency);
  checkBranding(input.branding);
  if (input.appUrl != null) checkWebUrl('appUrl', input.appUrl);
  if (input.alertEmail != null) checkEmail('alertEmail', input.alertEmail);
  try {
    await runInScope(networksScope([id]), () =>
      inTransaction(ctx, tx =>
        db(tx)
          .insertInto('networks')
          .values({
            id,
            name: input.name,
            countryCode: input.countryCode,
            partyId: input.partyId,
            currency: input.currency,
            branding: jsonb({ ...PLAIN, ...withoutUndefined(input.branding) } as Branding),
            appUrl: input.appUrl ?? null,
            alertEmail: input.alertEmail ?? null,
          })
          .execute(),
      ),
    );
  } catch (error) {
    if (violatedConstraint(error) === 'networks_party_unique') {
      throw new ConflictError(`The party ${input.countryCode}-${input.partyId} is taken.`);
    }
    throw error;
  }
  return id;
}

export interface NetworkChanges {
  readonly name?: string | null;
  readonly branding?: Partial<Branding> | null;
  /** The drivers' app. */
  readonly appUrl?: string | null;
  /** The term of payment of invoices. */
  readonly invoiceDueDays?: number | null;
  /** Where operators are mailed alerts; null for nowhere. */
  readonly alertEmail?: string | null;
}

const MAX_DUE_DAYS = 365;

export async function updateNetwork(ctx: Context, id: string, changes: NetworkChanges): Promise<string> {
  authorize(ctx.viewer, 'admin');
  if (changes.name !== undefined && changes.name !== null && changes.name.trim() === '') {
    invalid('name', 'must not be empty');
  }
  checkBranding(changes.branding);
  if (changes.appUrl != null) checkWebUrl('appUrl', changes.appUrl);
  const { invoiceDueDays } = changes;
  if (invoiceDueDays != null && !(invoiceDueDays >= 0 && invoiceDueDays <= MAX_DUE_DAYS)) {
    invalid('invoiceDueDays', `must lie between 0 and ${MAX_DUE_DAYS}`);
  }
  if (changes.alertEmail != null) checkEmail('alertEmail', changes.alertEmail);
  return inTransaction(ctx, async tx => {
    const network = await db(tx)
      .selectFrom('networks')
      .select(['id', 'name', 'branding'])
      .where('id', '=', id)
      .where('id', 'in', [...tx.scope.networkIds])
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!network) throw new NotFoundError('network');
    await db(tx)
      .updateTable('networks')
      .set({
        name: changes.name ?? network.name,
        branding: jsonb({ ...network.branding, ...withoutUndefined(changes.branding) } as Branding),
        ...(changes.appUrl !== undefined && { appUrl: changes.appUrl }),
        ...(invoiceDueDays != null && { invoiceDueDays }),
        ...(changes.alertEmail !== undefined && { alertEmail: changes.alertEmail }),
        updatedAt: tx.now().toString(),
      })
      .where('id', '=', id)
      .execute();
    return id;
  });
}

/** Throws a ValidationError for what is no ISO 4217 code. */
export function checkCurrency(field: string, currency: string): void {
  try {
    minorDigits(currency);
  } catch {
    invalid(field, `"${currency}" is no ISO 4217 currency code`);
  }
}

const withoutUndefined = <T extends object>(value: T | null | undefined): Partial<T> =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([, member]) => member !== undefined)) as Partial<T>;
