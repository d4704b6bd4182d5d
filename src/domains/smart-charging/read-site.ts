import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { db } from '../db.ts';
import { OPEN_STATUSES, RUNNING_STATUSES } from '../sessions/session-states.ts';
import { isUnsent } from './profile-stack.ts';
import type { Site, SiteConnector } from './site.ts';

/** What shares a ceiling: a location's connectors, or those of a charger that stands at none. */
export type SiteKey = { readonly locationId: string } | { readonly chargerId: string };

/** Where the charger's limits are decided. */
export async function siteOf(ctx: Context, chargerId: string): Promise<SiteKey> {
  const charger = await db(ctx)
    .selectFrom('chargers')
    .select('locationId')
    .where('id', '=', chargerId)
    .executeTakeFirstOrThrow();
  return charger.locationId ? { locationId: charger.locationId } : { chargerId };
}

/** The site, locked: nobody else decides about its limits until the transaction ends. Undefined if it has gone. */
export const lockSite = (tx: Context, key: SiteKey): Promise<Site | undefined> => findSite(tx, key, true);

/** The site as it is, for those who decide nothing. */
export const readSite = (ctx: Context, key: SiteKey): Promise<Site | undefined> => findSite(ctx, key, false);

async function findSite(tx: Context, key: SiteKey, isLocked: boolean): Promise<Site | undefined> {
  const isLocation = 'locationId' in key;
  const found = isLocation
    ? await db(tx)
        .selectFrom('locations')
        .select('powerLimitW')
        .where('id', '=', key.locationId)
        .$if(isLocked, query => query.forNoKeyUpdate())
        .executeTakeFirst()
    : await db(tx)
        .selectFrom('chargers')
        .select(sql<number | null>`null::int`.as('powerLimitW'))
        .where('id', '=', key.chargerId)
        .$if(isLocked, query => query.forNoKeyUpdate())
        .executeTakeFirst();
  if (!found) return undefined;
  const connectors = await db(tx)
    .selectFrom('connectors as k')
    .innerJoin('chargers as c', 'c.id', 'k.chargerId')
    .leftJoin('charger_connections as s', 's.chargerId', 'c.id')
    .leftJoin('charging_limits as l', 'l.connectorId', 'k.id')
    .select([
      'k.id',
      'k.networkId',
      'k.chargerId',
      'k.number',
      'k.powerType',
      'k.maxVoltageV',
      'k.maxCurrentA',
      'k.maxPowerW',
    ])
    .select([
      'l.requestedUnit',
      'l.requestedLimit',
      'l.shareW',
      'l.sentW',
      'l.sendingW',
      'l.sendingAt',
      'l.refusedAt',
      sql<boolean>`s.node_id is not null`.as('isConnected'),
      sql<boolean>`s.charger_id is not null`.as('hasConnected'),
    ])
    .select(({ selectFrom }) =>
      selectFrom('charging_profiles as f')
        .leftJoin('sessions as z', 'z.id', 'f.sessionId')
        .select(
          sql`coalesce(json_agg(json_build_object('unit', f.unit, 'periods', f.sent_periods)), '[]')`.as(
            'told',
          ),
        )
        .whereRef('f.chargerId', '=', 'c.id')
        .whereRef('f.connectorNumber', '=', 'k.number')
        .where('f.status', 'in', ['pending', 'accepted', 'removing'])
        .where('f.sentPeriods', 'is not', null)
        .where(eb => eb.or([eb('f.sessionId', 'is', null), eb('z.status', 'in', [...OPEN_STATUSES])]))
        .where(eb => eb.or([eb('f.validTo', 'is', null), eb('f.validTo', '>', tx.now().toString())]))
        .as('toldPeriods'),
    )
    .select(({ selectFrom }) =>
      selectFrom('sessions as r')
        .select('r.id')
        .whereRef('r.chargerId', '=', 'c.id')
        .whereRef('r.connectorId', '=', 'k.id')
        .where('r.status', 'in', [...RUNNING_STATUSES])
        .orderBy('r.id')
        .limit(1)
        .as('sessionId'),
    )
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('charging_profiles as f')
          .select('f.id')
          .whereRef('f.chargerId', '=', 'c.id')
          .whereRef('f.connectorNumber', '=', 'k.number')
          .where(isUnsent(tx.now().toString())),
      ).as('hasUnsentProfiles'),
    )
    .$if(isLocation, query => query.where('c.locationId', '=', (key as { locationId: string }).locationId))
    .$if(!isLocation, query => query.where('c.id', '=', (key as { chargerId: string }).chargerId))
    .orderBy('k.id')
    .execute();
  return { ceilingW: found.powerLimitW, connectors: connectors as SiteConnector[] };
}
