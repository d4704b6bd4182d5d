import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { KeyScope } from '../../auth/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, NotFoundError } from '../../kernel/errors.ts';
import { db } from '../db.ts';
import { ACTIVE_RESERVATIONS } from '../reservations/reservation-states.ts';
import { OPEN_STATUSES } from '../sessions/session-states.ts';

/** A charger that the caller may send commands to. */
export interface ControlledCharger {
  readonly id: string;
  readonly networkId: string;
  readonly uid: string;
}

/**
 * The charger, if the caller may command it: an operator every one of its networks, a driver only that on which they
 * have an open session or an active reservation. Throws NotFoundError for any other: to the caller there is none.
 */
export async function requireControl(
  ctx: Context,
  chargerId: string,
  scope: KeyScope = 'control',
): Promise<ControlledCharger> {
  authorize(ctx.viewer, scope, 'either');
  const driver = signedInDriver(ctx.viewer);
  const charger = await db(ctx)
    .selectFrom('chargers as c')
    .select(['c.id', 'c.networkId', 'c.uid'])
    .where('c.id', '=', chargerId)
    .where('c.networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, query =>
      query.where(({ or, exists, selectFrom }) =>
        or([
          exists(
            selectFrom('sessions as s')
              .select('s.id')
              .whereRef('s.chargerId', '=', 'c.id')
              .where('s.driverId', '=', driver!.id)
              .where('s.status', 'in', [...OPEN_STATUSES]),
          ),
          exists(
            selectFrom('reservations as r')
              .select('r.id')
              .whereRef('r.chargerId', '=', 'c.id')
              .where('r.driverId', '=', driver!.id)
              .where('r.status', 'in', [...ACTIVE_RESERVATIONS])
              .where('r.expiresAt', '>', ctx.now().toString()),
          ),
        ]),
      ),
    )
    .executeTakeFirst();
  if (!charger) throw new NotFoundError('charger');
  return charger;
}

/** Whether the caller may command the charger now; false for one that does not exist for them. */
export async function mayControl(ctx: Context, chargerId: string): Promise<boolean> {
  const { viewer } = ctx;
  const scope = viewer.kind === 'key' && viewer.scopes.includes('control') ? 'control' : 'read';
  try {
    await requireControl(ctx, chargerId, scope);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/** The id of the charger's connector. Throws a ValidationError where it has none of this number. */
export async function connectorOf(ctx: Context, chargerId: string, number: number): Promise<string> {
  const connector = await db(ctx)
    .selectFrom('connectors')
    .select('id')
    .where('chargerId', '=', chargerId)
    .where('number', '=', number)
    .executeTakeFirst();
  return connector?.id ?? invalid('connectorNumber', `the charger has no connector ${number}`);
}
