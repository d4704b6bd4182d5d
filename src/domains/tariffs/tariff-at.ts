import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import type { Tariff } from './tariff.entity.ts';

export interface ChargePoint {
  readonly networkId: string;
  readonly locationId: string | null;
  readonly chargerId: string;
  readonly connectorId: string | null;
}

/**
 * The tariff that applies at a connector at an instant: the connector's own over its charger's over its location's
 * over the network's; of several, the one that took effect last. Null where none applies.
 */
export async function tariffAt(ctx: Context, place: ChargePoint, at: string): Promise<Tariff | null> {
  const tariff = await db(ctx)
    .selectFrom('tariff_assignments as a')
    .innerJoin('tariffs as t', 't.id', 'a.tariffId')
    .selectAll('t')
    .where('a.networkId', '=', place.networkId)
    .where(eb =>
      eb.or([
        eb('a.connectorId', '=', place.connectorId),
        eb('a.chargerId', '=', place.chargerId),
        eb('a.locationId', '=', place.locationId),
        eb.and([
          eb('a.connectorId', 'is', null),
          eb('a.chargerId', 'is', null),
          eb('a.locationId', 'is', null),
        ]),
      ]),
    )
    .where('a.effectiveFrom', '<=', at)
    .where(eb => eb.or([eb('a.effectiveTo', 'is', null), eb('a.effectiveTo', '>', at)]))
    .where('t.effectiveFrom', '<=', at)
    .where(eb => eb.or([eb('t.effectiveTo', 'is', null), eb('t.effectiveTo', '>', at)]))
    .orderBy(
      sql`case when a.connector_id is not null then 1 when a.charger_id is not null then 2
               when a.location_id is not null then 3 else 4 end`,
    )
    .orderBy('a.effectiveFrom', 'desc')
    .orderBy('a.id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return (tariff as Tariff | undefined) ?? null;
}
