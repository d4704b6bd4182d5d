import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { db } from '../db.ts';
import { RUNNING_STATUSES } from '../sessions/session-states.ts';
import type { Connector, EvsePlace } from './connector.entity.ts';
import type { Station } from './station.ts';

/** A connector as its station names it: by its number within the station (OCPP 1.6), or within its EVSE. */
export type ConnectorOfStation = number | EvsePlace;

/** How often two stations' sockets may draw the same number for new connectors before it is an error. */
const ATTEMPTS = 3;

/** Whether the whole station is meant. */
export const isWholeStation = (place: ConnectorOfStation): boolean =>
  (typeof place === 'number' ? place : place.evse) === 0;

/**
 * The station's connector at this place, locked. A station that reports a connector nobody entered has it: it is
 * added with the plainest figures, for an operator to correct. Number 0 is the station itself: null.
 */
export async function lockConnector(
  tx: Context,
  station: Station,
  place: ConnectorOfStation,
): Promise<Connector | null> {
  const isPossible = typeof place === 'number' ? place > 0 : place.evse > 0 && place.connector !== 0;
  if (!isPossible) return null;
  for (let attempt = 1; ; attempt++) {
    const connector = await find(tx, station, place);
    if (connector || attempt > ATTEMPTS) return connector ?? null;
    await add(tx, station, place);
  }
}

/**
 * The connector's number within the station; 0 where there is none. Of an EVSE with several connectors the one that
 * charges is meant.
 */
export async function connectorNumberAt(
  tx: Context,
  station: Station,
  place: ConnectorOfStation,
): Promise<number> {
  if (typeof place === 'number') return place;
  const charging = place.connector === null ? await chargingAt(tx, station, place.evse) : null;
  return charging ?? (await lockConnector(tx, station, place))?.number ?? 0;
}

/** The number of the EVSE's connector that charges; null where none does, or there is a doubt. */
async function chargingAt(tx: Context, station: Station, evse: number): Promise<number | null> {
  const charging = await db(tx)
    .selectFrom('connectors as k')
    .innerJoin('sessions as s', 's.connectorId', 'k.id')
    .select('k.number')
    .where('k.chargerId', '=', station.id)
    .where('k.evseNumber', '=', evse)
    .where('s.status', 'in', [...RUNNING_STATUSES])
    .limit(2)
    .execute();
  return charging.length === 1 ? charging[0]!.number : null;
}

async function find(
  tx: Context,
  station: Station,
  place: ConnectorOfStation,
): Promise<Connector | undefined> {
  const connectors = db(tx).selectFrom('connectors').selectAll().where('chargerId', '=', station.id);
  const placed =
    typeof place === 'number'
      ? connectors.where('number', '=', place)
      : connectors
          .where('evseNumber', '=', place.evse)
          .$if(place.connector !== null, query => query.where('evseConnectorNumber', '=', place.connector!))
          .orderBy('evseConnectorNumber');
  return (await placed.limit(1).forNoKeyUpdate().executeTakeFirst()) as Connector | undefined;
}

async function add(tx: Context, station: Station, place: ConnectorOfStation): Promise<void> {
  const number = typeof place === 'number' ? place : await freeNumber(tx, station, place.evse);
  await db(tx)
    .insertInto('connectors')
    .values({
      id: newId(),
      networkId: station.networkId,
      chargerId: station.id,
      number,
      evseNumber: typeof place === 'number' ? place : place.evse,
      evseConnectorNumber: typeof place === 'number' ? 1 : (place.connector ?? 1),
      standard: 'IEC_62196_T2',
      format: 'SOCKET',
      powerType: 'AC_3_PHASE',
      maxVoltageV: 400,
      maxCurrentA: 32,
      maxPowerW: 22_000,
    })
    .onConflict(conflict => conflict.doNothing())
    .execute();
}

/** The EVSE's own number where no other connector has it; else the first above all. */
async function freeNumber(tx: Context, station: Station, evse: number): Promise<number> {
  const { highest, isTaken } = await db(tx)
    .selectFrom('connectors')
    .select(sql<number>`coalesce(max(number), 0)`.as('highest'))
    .select(sql<boolean>`coalesce(bool_or(number = ${evse}), false)`.as('isTaken'))
    .where('chargerId', '=', station.id)
    .executeTakeFirstOrThrow();
  return isTaken ? highest + 1 : evse;
}
