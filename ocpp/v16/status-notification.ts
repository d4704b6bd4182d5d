import type { ConnectorStatus } from '../../src/domains/chargers/connector.entity.ts';
import { stationStatus } from '../../src/domains/chargers/station-status.ts';
import type { StationHandler } from '../handler.ts';
import { stationTime } from '../time.ts';
import { connectorNumberOf } from './connector-id.ts';
import type { StatusNotification } from './messages.ts';

const STATUSES = {
  Available: 'AVAILABLE',
  Preparing: 'PREPARING',
  Charging: 'CHARGING',
  SuspendedEV: 'SUSPENDED_EV',
  SuspendedEVSE: 'SUSPENDED_EVSE',
  Finishing: 'FINISHING',
  Reserved: 'RESERVED',
  Unavailable: 'UNAVAILABLE',
  Faulted: 'FAULTED',
} as const satisfies Record<StatusNotification['status'], ConnectorStatus>;

export const statusNotification: StationHandler<StatusNotification> = async (ctx, station, report) => {
  await stationStatus(ctx, station, {
    connector: connectorNumberOf(report.connectorId),
    status: STATUSES[report.status],
    errorCode: report.errorCode === 'NoError' ? null : report.errorCode,
    info: report.info ?? report.vendorErrorCode ?? null,
    at: stationTime(report.timestamp),
  });
  return {};
};
