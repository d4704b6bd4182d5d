import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import type { Tariff, TariffAssignment } from './tariff.entity.ts';

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
  const [tariff] = await tariffsAt(ctx, [place], at);
  return tariff!;
}

/** The same for several places, in their order, with one statement. */
export async function tariffsAt(
  ctx: Context,
  places: readonly ChargePoint[],
  at: string,
): Promise<(Tariff | null)[]> {
  if (places.length === 0) return [];
  const assigned = await db(ctx)
    .selectFrom('tariff_assignments as a')
    .innerJoin('tariffs as t', 't.id', 'a.tariffId')
    .selectAll('t')
    .select([
      'a.networkId as assignedNetworkId',
      'a.locationId as assignedLocationId',
      'a.chargerId as assignedChargerId',
      'a.connectorId as assignedConnectorId',
    ])
    .where('a.networkId', 'in', distinct(places.map(place => place.networkId)))
    .where(eb =>
      eb.or([
        eb('a.connectorId', 'in', distinct(places.map(place => place.connectorId))),
        eb('a.chargerId', 'in', distinct(places.map(place => place.chargerId))),
        eb('a.locationId', 'in', distinct(places.map(place => place.locationId))),
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
    .orderBy('a.effectiveFrom', 'desc')
    .orderBy('a.id', 'desc')
    .execute();
  const candidates = assigned.map(
    ({ assignedNetworkId, assignedLocationId, assignedChargerId, assignedConnectorId, ...tariff }) => ({
      networkId: assignedNetworkId,
      locationId: assignedLocationId ?? null,
      chargerId: assignedChargerId ?? null,
      connectorId: assignedConnectorId ?? null,
      tariff: tariff as Tariff,
    }),
  );
  return places.map(place => nearestTo(place, candidates)?.tariff ?? null);
}

type Target = Pick<TariffAssignment, 'networkId'> & {
  readonly [Id in 'locationId' | 'chargerId' | 'connectorId']: string | null;
};

/** Of assignments in order, the first of those that are closest to the place. */
function nearestTo<Assignment extends Target>(
  place: ChargePoint,
  assignments: readonly Assignment[],
): Assignment | undefined {
  const own = assignments.filter(({ networkId }) => networkId === place.networkId);
  return (
    own.find(({ connectorId }) => connectorId !== null && connectorId === place.connectorId) ??
    own.find(({ chargerId }) => chargerId === place.chargerId) ??
    own.find(({ locationId }) => locationId !== null && locationId === place.locationId) ??
    own.find(target => !target.connectorId && !target.chargerId && !target.locationId)
  );
}

/** For `in (…)`, which takes no empty list: null is in none. */
const distinct = <Id extends string | null>(ids: readonly Id[]): Id[] => [...new Set(ids)];
