import type { Context } from '../../kernel/context.ts';
import { emit } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { endReservationsOn } from '../reservations/end-reservation.ts';
import { connectorStatusChanged } from '../sessions/connector-status-changed.ts';
import { countIdleAfterStop } from '../sessions/idle-after-stop.ts';
import { balanceLater } from '../smart-charging/balance-later.ts';
import type { Connector, ConnectorStatus } from './connector.entity.ts';
import { type ConnectorOfStation, isWholeStation, lockConnector } from './connectors.ts';
import type { Station } from './station.ts';
import { isPlausibleTime } from './station-clock.ts';

export interface StatusReport {
  /** 0 is the station as a whole. */
  readonly connector: ConnectorOfStation;
  /** OCCUPIED is all that OCPP 2.0.1 says of a connector in use: what is known better stays. */
  readonly status: ConnectorStatus | 'OCCUPIED';
  readonly errorCode: string | null;
  readonly info: string | null;
  /** ISO 8601 by the station's clock; the time of receipt counts for null, and for a clock that cannot be right. */
  readonly at: string | null;
}

/** What a StatusNotification says. One that is older than what is known goes to the past and changes nothing now. */
export async function stationStatus(ctx: Context, station: Station, report: StatusReport): Promise<void> {
  const now = ctx.now();
  const at =
    report.at && isPlausibleTime(epochMs(report.at), now.epochMilliseconds) ? report.at : now.toString();
  await inTransaction(ctx, async tx => {
    if (isWholeStation(report.connector)) await wholeStation(tx, station, report, at);
    else await oneConnector(tx, station, report, at);
  });
}

/** A vehicle is there, or somebody is about to charge. */
const IN_USE = new Set<ConnectorStatus>([
  'PREPARING',
  'CHARGING',
  'SUSPENDED_EV',
  'SUSPENDED_EVSE',
  'FINISHING',
]);

/**
 * What an OCPP 2.0.1 transaction says of its connector, which its own status does not tell: a vehicle charges, waits, or
 * has done (`isEnd`). Told by a StatusNotification that it is not in use, a connector is not for the end of a charge.
 */
export async function connectorCharges(
  tx: Context,
  station: Station,
  connector: Connector,
  { status, at, isEnd }: { readonly status: ConnectorStatus; readonly at: string; readonly isEnd: boolean },
): Promise<void> {
  if (connector.status === status) return;
  // that it is in use is no contradiction, whichever was told first
  const isOlder = connector.statusAt != null && epochMs(connector.statusAt) > epochMs(at);
  if ((isEnd || isOlder) && !IN_USE.has(connector.status)) return;
  // its `statusAt` stays: a StatusNotification from just before may still be on its way, and knows better
  await db(tx)
    .updateTable('connectors')
    .set({ status, updatedAt: tx.now().toString() })
    .where('id', '=', connector.id)
    .execute();
  await tellStatus(tx, station, { ...connector, status });
}

const statusOf = (report: StatusReport, before: ConnectorStatus): ConnectorStatus => {
  if (report.status !== 'OCCUPIED') return report.status;
  return IN_USE.has(before) ? before : 'PREPARING';
};

async function wholeStation(tx: Context, station: Station, report: StatusReport, at: string): Promise<void> {
  const before = await db(tx)
    .selectFrom('chargers')
    .select(['stationStatus', 'stationStatusAt'])
    .where('id', '=', station.id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (before.stationStatusAt && epochMs(before.stationStatusAt) > epochMs(at)) return;
  const status = statusOf(report, before.stationStatus ?? 'UNKNOWN');
  const isNews = before.stationStatus !== status;
  await db(tx)
    .updateTable('chargers')
    .set({
      stationStatus: status,
      stationStatusAt: at,
      ...(isNews && { updatedAt: tx.now().toString() }),
    })
    .where('id', '=', station.id)
    .execute();
  if (!isNews) return;
  await emit(tx, {
    type: 'charger.status',
    networkId: station.networkId,
    chargerId: station.id,
    payload: { chargerId: station.id, chargerUid: station.uid, status },
  });
}

async function oneConnector(tx: Context, station: Station, report: StatusReport, at: string): Promise<void> {
  const connector = await lockConnector(tx, station, report.connector);
  if (!connector) return;
  const status = statusOf(report, connector.status);
  await db(tx)
    .insertInto('connector_status_reports')
    .values({
      id: newId(),
      networkId: station.networkId,
      connectorId: connector.id,
      at,
      status,
      errorCode: report.errorCode,
      receivedAt: tx.now().toString(),
    })
    .execute();
  // a charge has its own past: what is old news for the connector may belong to it
  if (status === 'AVAILABLE') await countIdleAfterStop(tx, connector.id, report.at, station.uid);
  await connectorStatusChanged(tx, station, connector.number, status, at);
  if (connector.statusAt && epochMs(connector.statusAt) > epochMs(at)) return;
  const isNews = connector.status !== status || (connector.errorCode ?? null) !== report.errorCode;
  await db(tx)
    .updateTable('connectors')
    .set({
      status,
      statusAt: at,
      errorCode: report.errorCode,
      statusInfo: report.info,
      ...(isNews && { updatedAt: tx.now().toString() }),
    })
    .where('id', '=', connector.id)
    .execute();
  if (status === 'FAULTED' || status === 'UNAVAILABLE') {
    await endReservationsOn(tx, connector.id, `The connector became ${status}.`);
  }
  if (isNews) await tellStatus(tx, station, { ...connector, status, errorCode: report.errorCode });
}

async function tellStatus(tx: Context, station: Station, connector: Connector): Promise<void> {
  await balanceLater(tx, station.id);
  await emit(tx, {
    type: 'connector.status',
    networkId: station.networkId,
    chargerId: station.id,
    payload: {
      chargerId: station.id,
      chargerUid: station.uid,
      connectorId: connector.id,
      connectorNumber: connector.number,
      status: connector.status,
      errorCode: connector.errorCode ?? null,
    },
  });
}
