import { seesPublicOnly } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ChargerOfflineError,
  ConnectorUnavailableError,
  invalid,
  NotFoundError,
} from '../../kernel/errors.ts';
import { db } from '../db.ts';
import { OPEN_STATUSES } from '../sessions/session-states.ts';
import type { ConnectorStatus } from './connector.entity.ts';
import { isOpenToPublic } from './read-chargers.ts';

export interface ConnectorPlace {
  readonly chargerId: string;
  /** Counts from 1. */
  readonly connectorNumber: number;
}

export interface ConnectorAt {
  readonly id: string;
  readonly chargerId: string;
  readonly chargerUid: string;
  readonly networkId: string;
  readonly locationId: string | null;
  readonly status: ConnectorStatus;
  /** Of the charger's last boot; null before the first. */
  readonly ocppVersion: string | null;
  /** The process that holds the charger's socket; null while it has none. */
  readonly nodeId: string | null;
}

/**
 * A connector of a charger that the caller sees, locked. Throws NotFoundError for a charger that is not there, and
 * ValidationError for a connector that the charger lacks.
 */
export async function lockConnectorAt(tx: Context, place: ConnectorPlace): Promise<ConnectorAt> {
  const connector = await db(tx)
    .selectFrom('connectors as k')
    .innerJoin('chargers as c', 'c.id', 'k.chargerId')
    .leftJoin('charger_connections as s', 's.chargerId', 'c.id')
    .select([
      'k.id',
      'k.chargerId',
      'k.status',
      'c.networkId',
      'c.ocppVersion',
      'c.locationId',
      'c.uid as chargerUid',
      's.nodeId',
    ])
    .where('c.id', '=', place.chargerId)
    .where('k.number', '=', place.connectorNumber)
    .where('c.networkId', 'in', [...tx.scope.networkIds])
    .$if(seesPublicOnly(tx.viewer), q => q.where(isOpenToPublic))
    .forNoKeyUpdate('k')
    .executeTakeFirst();
  if (connector) return connector as ConnectorAt;
  const charger = await db(tx)
    .selectFrom('chargers as c')
    .select('c.id')
    .where('c.id', '=', place.chargerId)
    .where('c.networkId', 'in', [...tx.scope.networkIds])
    .$if(seesPublicOnly(tx.viewer), q => q.where(isOpenToPublic))
    .executeTakeFirst();
  if (!charger) throw new NotFoundError('charger');
  return invalid('connectorNumber', `the charger has no connector ${place.connectorNumber}`);
}

/** The same, of a charger that is connected, with no charge open. Throws ChargerOfflineError, ConnectorUnavailableError. */
export async function lockFreeConnectorAt(tx: Context, place: ConnectorPlace): Promise<ConnectorAt> {
  const connector = await lockConnectorAt(tx, place);
  if (!connector.nodeId) throw new ChargerOfflineError('The charger is offline.');
  const open = await db(tx)
    .selectFrom('sessions')
    .select('id')
    .where('chargerId', '=', connector.chargerId)
    .where('connectorNumber', '=', place.connectorNumber)
    .where('status', 'in', [...OPEN_STATUSES])
    // a vehicle that is plugged in and has told no token yet (OCPP 2.0.1) waits for just this
    .where('idTag', '!=', '')
    .limit(1)
    .executeTakeFirst();
  if (open) throw new ConnectorUnavailableError('A charge is open on this connector.');
  return connector;
}
