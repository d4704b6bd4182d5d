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
import type { ConnectorStatus } from './connector.entity.ts';
import { lockConnector } from './connectors.ts';
import type { Station } from './station.ts';
import { isPlausibleTime } from './station-clock.ts';

export interface StatusReport {
  /** 0 is the station as a whole. */
  readonly connectorNumber: number;
  readonly status: ConnectorStatus;
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
    if (report.connectorNumber === 0) await wholeStation(tx, station, report, at);
    else await oneConnector(tx, station, report, at);
  });
}

async function wholeStation(tx: Context, station: Station, report: StatusReport, at: string): Promise<void> {
  const before = await db(tx)
    .selectFrom('chargers')
    .select(['stationStatus', 'stationStatusAt'])
    .where('id', '=', station.id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (before.stationStatusAt && epochMs(before.stationStatusAt) > epochMs(at)) return;
  const isNews = before.stationStatus !== report.status;
  await db(tx)
    .updateTable('chargers')
    .set({
      stationStatus: report.status,
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
    payload: { chargerId: station.id, chargerUid: station.uid, status: report.status },
  });
}

async function oneConnector(tx: Context, station: Station, report: StatusReport, at: string): Promise<void> {
  const connector = await lockConnector(tx, station, report.connectorNumber);
  if (!connector) return;
  await db(tx)
    .insertInto('connector_status_reports')
    .values({
      id: newId(),
      networkId: station.networkId,
      connectorId: connector.id,
      at,
      status: report.status,
      errorCode: report.errorCode,
      receivedAt: tx.now().toString(),
    })
    .execute();
  // a charge has its own past: what is old news for the connector may belong to it
  if (report.status === 'AVAILABLE') await countIdleAfterStop(tx, connector.id, report.at, station.uid);
  await connectorStatusChanged(tx, station, report.connectorNumber, report.status, at);
  if (connector.statusAt && epochMs(connector.statusAt) > epochMs(at)) return;
  const isNews = connector.status !== report.status || (connector.errorCode ?? null) !== report.errorCode;
  await db(tx)
    .updateTable('connectors')
    .set({
      status: report.status,
      statusAt: at,
      errorCode: report.errorCode,
      statusInfo: report.info,
      ...(isNews && { updatedAt: tx.now().toString() }),
    })
    .where('id', '=', connector.id)
    .execute();
  if (report.status === 'FAULTED' || report.status === 'UNAVAILABLE') {
    await endReservationsOn(tx, connector.id, `The connector became ${report.status}.`);
  }
  if (!isNews) return;
  await balanceLater(tx, station.id);
  await emit(tx, {
    type: 'connector.status',
    networkId: station.networkId,
    chargerId: station.id,
    payload: {
      chargerId: station.id,
      chargerUid: station.uid,
      connectorId: connector.id,
      connectorNumber: report.connectorNumber,
      status: report.status,
      errorCode: report.errorCode,
    },
  });
}
