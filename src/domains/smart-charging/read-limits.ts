import { authorize, seesPublicOnly, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import { OPEN_STATUSES } from '../sessions/session-states.ts';
import type { ChargingLimit } from './charging-limit.entity.ts';

/** What connectors are held to: for operators, and for a driver where their charge is open. */
export async function limitsOfConnectors(
  ctx: Context,
  connectorIds: readonly string[],
): Promise<ChargingLimit[]> {
  authorize(ctx.viewer, 'read', 'public');
  const driver = signedInDriver(ctx.viewer);
  if (!driver && seesPublicOnly(ctx.viewer)) return [];
  return (await db(ctx)
    .selectFrom('charging_limits as l')
    .selectAll('l')
    .where('l.connectorId', 'in', [...connectorIds])
    .where('l.networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, query =>
      query.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('sessions as s')
            .select('s.id')
            .whereRef('s.chargerId', '=', 'l.chargerId')
            .whereRef('s.connectorId', '=', 'l.connectorId')
            .where('s.driverId', '=', driver!.id)
            .where('s.status', 'in', [...OPEN_STATUSES]),
        ),
      ),
    )
    .execute()) as ChargingLimit[];
}
