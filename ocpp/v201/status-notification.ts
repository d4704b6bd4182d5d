import { type StatusReport, stationStatus } from '../../src/domains/chargers/station-status.ts';
import type { StationHandler } from '../handler.ts';
import { stationTime } from '../time.ts';
import { evsePlace } from './evse-place.ts';
import type { StatusNotification } from './messages.ts';

const STATUSES = {
  Available: 'AVAILABLE',
  Occupied: 'OCCUPIED',
  Reserved: 'RESERVED',
  Unavailable: 'UNAVAILABLE',
  Faulted: 'FAULTED',
} as const satisfies Record<StatusNotification['connectorStatus'], StatusReport['status']>;

export const statusNotification: StationHandler<StatusNotification> = async (ctx, station, report) => {
  const connector = evsePlace({ id: report.evseId, connectorId: report.connectorId });
  if (connector) {
    await stationStatus(ctx, station, {
      connector,
      status: STATUSES[report.connectorStatus],
      errorCode: null,
      info: null,
      at: stationTime(report.timestamp),
    });
  }
  return {};
};
