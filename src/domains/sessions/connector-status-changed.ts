import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import type { ConnectorStatus } from '../chargers/connector.entity.ts';
import type { Station } from '../chargers/station.ts';
import { lockRunningOn } from './lock-session.ts';
import { foldIntoSession } from './session-metering.ts';

/**
 * A connector's status bears on idle time where a session runs on it; not where the station tells of its transactions
 * themselves (OCPP 2.0.1).
 */
export async function connectorStatusChanged(
  tx: Context,
  station: Station,
  connectorNumber: number,
  status: ConnectorStatus,
  at: string,
): Promise<void> {
  const session = await lockRunningOn(tx, station.id, connectorNumber);
  if (!session || session.stationTransactionId || epochMs(at) < epochMs(session.startTime)) return;
  await foldIntoSession(tx, session, [{ kind: 'status', at: epochMs(at), status }], station.uid);
}
