import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import { type Context, inScopeOf } from '../../kernel/context.ts';
import { isUuid } from '../../kernel/ids.ts';
import { networksScope, runInScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';
import type { Branding } from '../network/network.entity.ts';
import type { Tariff } from '../tariffs/tariff.entity.ts';
import { tariffsAt } from '../tariffs/tariff-at.ts';
import type { Connector, ConnectorStatus } from './connector.entity.ts';
import { chargersIn, isOpenToPublic } from './read-chargers.ts';

/** What anyone may know of a public charger that they stand before. */
export interface ChargerInfo {
  readonly chargerId: string;
  readonly uid: string;
  readonly lookupCode: string;
  readonly status: ConnectorStatus;
  readonly isOnline: boolean;
  readonly locationId: string;
  readonly locationName: string;
  readonly address: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly network: { readonly networkId: string; readonly name: string; readonly branding: Branding };
  readonly currency: string;
  readonly connectors: readonly ConnectorInfo[];
}

export type ConnectorInfo = Connector & {
  /** What applies now; null where nothing does, and a charge costs nothing. */
  readonly tariff: Tariff | null;
};

/** A serial number that more chargers than this bear tells nothing. */
const MAX_CANDIDATES = 20;

/**
 * A charger by its UUID, OCPP identity, printed code or serial number, in this order; for anyone, also without a key.
 * With a key, only in the networks that it reaches. Null where there is none that is public at a published location,
 * or several bear the serial number.
 */
export async function chargerInfo(ctx: Context, identifier: string): Promise<ChargerInfo | null> {
  authorize(ctx.viewer, 'read', 'anyone');
  const candidates = await findCandidates(ctx, identifier.trim());
  if (candidates.length === 0) return null;
  const scope = networksScope([...new Set(candidates.map(candidate => candidate.networkId))]);
  const scoped = { ...ctx, scope };
  return inScopeOf(scoped, async () => {
    const charger = await findPublic(scoped, candidates);
    return charger && { ...charger, connectors: await connectorsNow(scoped, charger) };
  });
}

interface Candidate {
  readonly id: string;
  readonly networkId: string;
  readonly rank: number;
}

/** Before a network is known only the chargers' own table can be read. */
async function findCandidates(ctx: Context, identifier: string): Promise<Candidate[]> {
  // no text of PostgreSQL holds a NUL
  if (identifier.includes('\0')) return [];
  const { viewer } = ctx;
  return runInScope(systemScope, () =>
    db(ctx)
      .selectFrom('chargers as c')
      .select(['c.id', 'c.networkId'])
      .select(
        sql<number>`case when c.id::text = ${identifier.toLowerCase()} then 1 when c.uid = ${identifier} then 2
                         when c.lookup_code = ${identifier.toUpperCase()} then 3 else 4 end`.as('rank'),
      )
      .where(eb =>
        eb.or([
          eb('c.uid', '=', identifier),
          eb('c.lookupCode', '=', identifier.toUpperCase()),
          eb('c.serialNumber', '=', identifier),
          ...(isUuid(identifier) ? [eb('c.id', '=', identifier)] : []),
        ]),
      )
      .where('c.isPublic', '=', true)
      .$if(viewer.kind === 'key', query => query.where('c.networkId', 'in', [...ctx.scope.networkIds]))
      .orderBy('rank')
      .limit(MAX_CANDIDATES)
      .execute(),
  );
}

async function findPublic(
  ctx: Context,
  candidates: readonly Candidate[],
): Promise<Omit<ChargerInfo, 'connectors'> | null> {
  const rows = await chargersIn(ctx)
    .innerJoin('locations as l', 'l.id', 'c.locationId')
    .innerJoin('networks as n', 'n.id', 'c.networkId')
    .select(['l.name as locationName', 'l.address', 'l.city'])
    .select(['l.latitude as locationLatitude', 'l.longitude as locationLongitude'])
    .select(['n.name as networkName', 'n.branding', 'n.currency'])
    .where(
      'c.id',
      'in',
      candidates.map(candidate => candidate.id),
    )
    .where(isOpenToPublic)
    .execute();
  const ranks = new Map(candidates.map(({ id, rank }) => [id, rank]));
  const best = Math.min(...rows.map(row => ranks.get(row.id)!));
  const [row, another] = rows.filter(candidate => ranks.get(candidate.id) === best);
  if (!row || another) return null;
  return {
    chargerId: row.id,
    uid: row.uid,
    lookupCode: row.lookupCode,
    status: row.status,
    isOnline: row.isOnline,
    locationId: row.locationId!,
    locationName: row.locationName,
    address: row.address,
    city: row.city,
    latitude: row.locationLatitude,
    longitude: row.locationLongitude,
    network: { networkId: row.networkId, name: row.networkName, branding: row.branding },
    currency: row.currency,
  };
}

async function connectorsNow(
  ctx: Context,
  charger: Pick<ChargerInfo, 'chargerId' | 'locationId' | 'network'>,
): Promise<ConnectorInfo[]> {
  const { chargerId, locationId, network } = charger;
  const connectors = (await db(ctx)
    .selectFrom('connectors')
    .selectAll()
    .where('chargerId', '=', chargerId)
    .orderBy('number')
    .execute()) as Connector[];
  const places = connectors.map(({ id }) => ({
    networkId: network.networkId,
    locationId,
    chargerId,
    connectorId: id,
  }));
  const tariffs = await tariffsAt(ctx, places, ctx.now().toString());
  return connectors.map((connector, index) => ({ ...connector, tariff: tariffs[index]! }));
}
