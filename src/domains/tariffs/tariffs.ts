import Big from 'big.js';
import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { checkCurrency } from '../network/networks.ts';
import type { TariffType } from './tariff.entity.ts';

/** Rates are exact decimals in major units of the currency; see the entity. */
export interface TariffFields {
  readonly code: string;
  readonly name: string;
  readonly description?: string | null;
  readonly type?: TariffType | null;
  readonly currency: string;
  readonly isFree?: boolean | null;
  readonly energyRate?: string | null;
  readonly timeRate?: string | null;
  readonly idleRate?: string | null;
  readonly idleGraceSeconds?: number | null;
  readonly sessionFee?: string | null;
  readonly minimumSessionFee?: string | null;
  readonly maximumSessionFee?: string | null;
  readonly taxRate?: string | null;
  readonly effectiveFrom?: string | null;
  readonly effectiveTo?: string | null;
}

const RATES = [
  'energyRate',
  'timeRate',
  'idleRate',
  'sessionFee',
  'minimumSessionFee',
  'maximumSessionFee',
  'taxRate',
] as const;

export async function createTariff(
  ctx: Context,
  input: TariffFields & { readonly networkId?: string | null },
): Promise<string> {
  authorize(ctx.viewer, 'write');
  const networkId = reachedNetwork(ctx, input.networkId);
  const id = newId();
  const row = {
    id,
    networkId,
    code: input.code,
    name: input.name,
    description: input.description ?? null,
    type: input.type ?? ('REGULAR' as const),
    currency: input.currency,
    isFree: input.isFree ?? false,
    energyRate: input.energyRate ?? '0',
    timeRate: input.timeRate ?? '0',
    idleRate: input.idleRate ?? '0',
    idleGraceSeconds: input.idleGraceSeconds ?? 0,
    sessionFee: input.sessionFee ?? '0',
    minimumSessionFee: input.minimumSessionFee ?? null,
    maximumSessionFee: input.maximumSessionFee ?? null,
    taxRate: input.taxRate ?? '0',
    effectiveFrom: input.effectiveFrom ?? ctx.now().toString(),
    effectiveTo: input.effectiveTo ?? null,
  };
  check(row);
  await db(ctx).insertInto('tariffs').values(row).execute().catch(codeTaken(input.code));
  return id;
}

/** Changes a tariff for charges that begin from now on; running ones keep the terms they began with. */
export async function updateTariff(
  ctx: Context,
  id: string,
  changes: { readonly [Field in keyof TariffFields]?: TariffFields[Field] | null },
): Promise<string> {
  authorize(ctx.viewer, 'write');
  return inTransaction(ctx, async tx => {
    const tariff = await db(tx)
      .selectFrom('tariffs')
      .selectAll()
      .where('id', '=', id)
      .where('networkId', 'in', [...tx.scope.networkIds])
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!tariff) throw new NotFoundError('tariff');
    const nullable = ['description', 'minimumSessionFee', 'maximumSessionFee', 'effectiveTo'];
    const given = Object.fromEntries(
      Object.entries(changes).filter(
        ([field, value]) => value !== undefined && (value !== null || nullable.includes(field)),
      ),
    );
    const row = { ...tariff, ...given };
    check(row);
    await db(tx)
      .updateTable('tariffs')
      .set({ ...given, updatedAt: tx.now().toString() })
      .where('id', '=', id)
      .execute()
      .catch(codeTaken(row.code));
    return id;
  });
}

export interface NewAssignment {
  readonly tariffId: string;
  /** At most one of the three; none of them: the whole network. */
  readonly connectorId?: string | null;
  readonly chargerId?: string | null;
  readonly locationId?: string | null;
  readonly effectiveFrom?: string | null;
  readonly effectiveTo?: string | null;
}

/** Lets a tariff apply to a connector, a charger, a location or its whole network. */
export async function assignTariff(ctx: Context, input: NewAssignment): Promise<string> {
  authorize(ctx.viewer, 'write');
  const targets = (['connectorId', 'chargerId', 'locationId'] as const).filter(field => input[field]);
  if (targets.length > 1) invalid(targets[1]!, `give only one of ${targets.join(', ')}`);
  const effectiveFrom = input.effectiveFrom ?? ctx.now().toString();
  if (input.effectiveTo && Temporal.Instant.compare(effectiveFrom, input.effectiveTo) >= 0) {
    invalid('effectiveTo', 'must be later than effectiveFrom');
  }
  return inTransaction(ctx, async tx => {
    const tariff = await db(tx)
      .selectFrom('tariffs')
      .select('networkId')
      .where('id', '=', input.tariffId)
      .where('networkId', 'in', [...tx.scope.networkIds])
      .executeTakeFirst();
    if (!tariff) throw new NotFoundError('tariff');
    const tables = { connectorId: 'connectors', chargerId: 'chargers', locationId: 'locations' } as const;
    for (const field of targets) {
      const target = await db(tx)
        .selectFrom(tables[field])
        .select('id')
        .where('id', '=', input[field]!)
        .where('networkId', '=', tariff.networkId)
        .executeTakeFirst();
      if (!target) throw new NotFoundError(field.slice(0, -2));
    }
    const id = newId();
    await db(tx)
      .insertInto('tariff_assignments')
      .values({
        id,
        networkId: tariff.networkId,
        tariffId: input.tariffId,
        connectorId: input.connectorId ?? null,
        chargerId: input.chargerId ?? null,
        locationId: input.locationId ?? null,
        effectiveFrom,
        effectiveTo: input.effectiveTo ?? null,
      })
      .execute();
    return id;
  });
}

function check(tariff: {
  code: string;
  name: string;
  currency: string;
  idleGraceSeconds: number;
  minimumSessionFee: string | null;
  maximumSessionFee: string | null;
  effectiveFrom: string;
  effectiveTo: string | null;
}): void {
  if (!/^\S{1,36}$/.test(tariff.code)) invalid('code', 'must be 1 to 36 characters without spaces');
  if (tariff.name.trim() === '') invalid('name', 'must not be empty');
  checkCurrency('currency', tariff.currency);
  const amounts = tariff as unknown as Record<(typeof RATES)[number], string | null>;
  for (const field of RATES) {
    const amount = amounts[field];
    if (amount !== null && !/^\d{1,8}(\.\d{1,6})?$/.test(amount)) {
      invalid(field, 'must be a decimal of 0 or more with at most 8 digits before and 6 behind the point');
    }
  }
  if (!(tariff.idleGraceSeconds >= 0)) invalid('idleGraceSeconds', 'must be 0 or more');
  if (tariff.minimumSessionFee && tariff.maximumSessionFee) {
    if (new Big(tariff.minimumSessionFee).gt(tariff.maximumSessionFee)) {
      invalid('minimumSessionFee', 'must not exceed maximumSessionFee');
    }
  }
  if (tariff.effectiveTo && Temporal.Instant.compare(tariff.effectiveFrom, tariff.effectiveTo) >= 0) {
    invalid('effectiveTo', 'must be later than effectiveFrom');
  }
}

const codeTaken = (code: string) => (error: unknown) => {
  if (violatedConstraint(error) === 'tariffs_code_unique')
    throw new ConflictError(`The code "${code}" is taken.`);
  throw error;
};
