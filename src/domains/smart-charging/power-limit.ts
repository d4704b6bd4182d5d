import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, NotFoundError } from '../../kernel/errors.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { balanceSite } from './balance-later.ts';

/** The largest of a database's integers, in watts. */
const HIGHEST_W = 2_147_483_647;

/** Sets what a location's chargers may draw together, in watts; null for no ceiling. Throws NotFoundError. */
export async function setLocationPowerLimit(
  ctx: Context,
  input: { readonly locationId: string; readonly powerLimitW?: number | null },
): Promise<string> {
  authorize(ctx.viewer, 'write');
  const powerLimitW = input.powerLimitW ?? null;
  if (powerLimitW !== null && !(powerLimitW >= 0 && powerLimitW <= HIGHEST_W)) {
    invalid('powerLimitW', 'must be 0 or more');
  }
  return inTransaction(ctx, async tx => {
    const location = await db(tx)
      .updateTable('locations')
      .set({ powerLimitW, updatedAt: tx.now().toString() })
      .where('id', '=', input.locationId)
      .where('networkId', 'in', [...tx.scope.networkIds])
      .returning(['id', 'networkId'])
      .executeTakeFirst();
    if (!location) throw new NotFoundError('location');
    await askRefusersAgain(tx, location.id);
    await balanceSite(tx, location.networkId, { locationId: location.id });
    return location.id;
  });
}

async function askRefusersAgain(tx: Context, locationId: string): Promise<void> {
  const ofLocation = db(tx).selectFrom('chargers').select('id').where('locationId', '=', locationId);
  await db(tx)
    .updateTable('charging_limits')
    .set({ refusedAt: null })
    .where('chargerId', 'in', ofLocation)
    .where('refusedAt', 'is not', null)
    .execute();
}
