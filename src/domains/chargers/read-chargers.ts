import { sql } from 'kysely';
import { authorize, seesPublicOnly } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageOrder, type PageRequest, pageOf, pagesOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Charger } from './charger.entity.ts';
import { ONLINE_GRACE_SECONDS } from './charger-connections.ts';
import { CONNECTOR_STATUSES, type Connector, type ConnectorStatus } from './connector.entity.ts';

/** A charger with what is known of it now. */
export type ChargerRow = Omit<
  Charger,
  'passwordHash' | 'passwordSalt' | 'nextPasswordHash' | 'nextPasswordSalt'
> & {
  readonly status: ConnectorStatus;
  readonly isOnline: boolean;
  readonly lastHeartbeatAt: string | null;
  readonly connectorCount: number;
  /** The rating, or the strongest connector's. */
  readonly ratedPowerW: string | null;
};

export interface ChargerFilter {
  readonly status?: ConnectorStatus | null;
  readonly locationId?: string | null;
  readonly isPublic?: boolean | null;
}

/**
 * A charger's status: the station's own where it is out of order or out of service, else that of its best connector.
 * A station that calls itself available says only that its controller works.
 */
export const chargerStatus = sql<ConnectorStatus>`
  case when c.station_status in ('UNAVAILABLE', 'FAULTED') then c.station_status
       else coalesce((select k.status from connectors k where k.charger_id = c.id
                       order by array_position(${sql.lit(`{${CONNECTOR_STATUSES.join(',')}}`)}::text[], k.status) limit 1),
                     c.station_status, 'UNKNOWN') end`;

/** Connected, or heard of within the last minutes. */
const isOnline = sql<boolean>`
  coalesce(s.node_id is not null or s.last_message_at > now() - make_interval(secs => ${sql.lit(ONLINE_GRACE_SECONDS)}), false)`;

/** Every charger of the caller's networks, as `c`, with what is known of it now. */
export const chargersIn = (ctx: Context) =>
  db(ctx)
    .selectFrom('chargers as c')
    .leftJoin('charger_connections as s', 's.chargerId', 'c.id')
    .selectAll('c')
    .select([
      chargerStatus.as('status'),
      isOnline.as('isOnline'),
      's.lastHeartbeatAt',
      sql<number>`(select count(*)::int from connectors k where k.charger_id = c.id)`.as('connectorCount'),
      sql<
        string | null
      >`coalesce(c.max_power_w, (select max(k.max_power_w) from connectors k where k.charger_id = c.id))`.as(
        'ratedPowerW',
      ),
    ])
    .where('c.networkId', 'in', [...ctx.scope.networkIds]);

/** Of a charger `c`: drivers may find it. */
export const isOpenToPublic = sql<boolean>`
  (c.is_public and exists (select from locations l where l.id = c.location_id and l.is_published))`;

/** Those that the caller sees: apps and drivers the public ones at published locations. */
export const visibleChargers = (ctx: Context) =>
  chargersIn(ctx).$if(seesPublicOnly(ctx.viewer), query => query.where(isOpenToPublic));

export async function listChargers(
  ctx: Context,
  filter: ChargerFilter,
  request: PageRequest,
): Promise<Page<ChargerRow>> {
  authorize(ctx.viewer, 'read', 'public');
  const query = visibleChargers(ctx)
    .$if(filter.status != null, q => q.where(chargerStatus, '=', filter.status!))
    .$if(filter.locationId != null, q => q.where('c.locationId', '=', filter.locationId!))
    .$if(filter.isPublic != null, q => q.where('c.isPublic', '=', filter.isPublic!));
  return pageOf<ChargerRow>(query, BY_UID, request);
}

const BY_UID: PageOrder<ChargerRow> = {
  columns: ['c.uid', 'c.id'],
  types: ['text', 'uuid'],
  descending: false,
  keyOf: row => [row.uid, row.id],
};

/** The same page of the chargers of several locations, by location. */
export async function chargersOfLocations(
  ctx: Context,
  locationIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<ChargerRow>>> {
  authorize(ctx.viewer, 'read', 'public');
  return pagesOf<ChargerRow>(
    db(ctx),
    {
      query: visibleChargers(ctx),
      parent: 'c.location_id',
      parentIds: locationIds,
      parentOf: (row: ChargerRow) => row.locationId!,
    },
    BY_UID,
    request,
  );
}

export async function loadChargers(ctx: Context, ids: readonly string[]): Promise<ChargerRow[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await visibleChargers(ctx)
    .where('c.id', 'in', [...ids])
    .execute()) as unknown as ChargerRow[];
}

export async function loadConnectors(ctx: Context, ids: readonly string[]): Promise<Connector[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await connectors(ctx)
    .where('k.id', 'in', [...ids])
    .execute()) as Connector[];
}

/** The connectors of several chargers, each charger's by number. */
export async function connectorsOfChargers(
  ctx: Context,
  chargerIds: readonly string[],
): Promise<Connector[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await connectors(ctx)
    .where('k.chargerId', 'in', [...chargerIds])
    .orderBy('k.number')
    .execute()) as Connector[];
}

function connectors(ctx: Context) {
  return db(ctx)
    .selectFrom('connectors as k')
    .innerJoin('chargers as c', 'c.id', 'k.chargerId')
    .selectAll('k')
    .where('k.networkId', 'in', [...ctx.scope.networkIds])
    .$if(seesPublicOnly(ctx.viewer), query => query.where(isOpenToPublic));
}
