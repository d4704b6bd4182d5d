import { certificateRequested } from '../../src/domains/maintenance/charger-certificates.ts';
import { firmwareProgress, logProgress } from '../../src/domains/maintenance/charger-job-progress.ts';
import { securityEvent } from '../../src/domains/maintenance/security-events.ts';
import type { StationHandler } from '../handler.ts';
import { requestNumberOf } from '../int32.ts';
import { stationTime } from '../time.ts';
import { authorize } from './authorize.ts';
import { bootNotification } from './boot-notification.ts';
import type {
  DataTransfer,
  DiagnosticsStatusNotification,
  FirmwareStatusNotification,
  LogStatusNotification,
  SecurityEventNotification,
  SignCertificate,
  SignedFirmwareStatusNotification,
} from './messages.ts';
import { meterValues } from './meter-values.ts';
import { startTransaction } from './start-transaction.ts';
import { statusNotification } from './status-notification.ts';
import { stopTransaction } from './stop-transaction.ts';

const heartbeat: StationHandler<object> = async ctx => ({ currentTime: ctx.now().toString() });

/** No vendor's extension is known here. */
const dataTransfer: StationHandler<DataTransfer> = async () => ({ status: 'UnknownVendorId' });

const diagnosticsStatus: StationHandler<DiagnosticsStatusNotification> = async (ctx, station, { status }) => {
  await logProgress(ctx, station, { requestNumber: null, step: status });
  return {};
};

const firmwareStatus: StationHandler<FirmwareStatusNotification> = async (ctx, station, { status }) => {
  await firmwareProgress(ctx, station, { requestNumber: null, step: status });
  return {};
};

const signedFirmwareStatus: StationHandler<SignedFirmwareStatusNotification> = async (
  ctx,
  station,
  report,
) => {
  await firmwareProgress(ctx, station, {
    requestNumber: requestNumberOf(report.requestId),
    step: report.status,
  });
  return {};
};

const logStatus: StationHandler<LogStatusNotification> = async (ctx, station, report) => {
  await logProgress(ctx, station, { requestNumber: requestNumberOf(report.requestId), step: report.status });
  return {};
};

const securityEventNotification: StationHandler<SecurityEventNotification> = async (ctx, station, report) => {
  await securityEvent(ctx, station, {
    type: report.type,
    techInfo: report.techInfo ?? null,
    at: stationTime(report.timestamp),
  });
  return {};
};

const signCertificate: StationHandler<SignCertificate> = async (ctx, station, { csr }) => ({
  status: (await certificateRequested(ctx, station, csr)) ? 'Accepted' : 'Rejected',
});

/** What an OCPP 1.6 station may call. Any other action is answered NotImplemented. */
export const routes16 = {
  Authorize: authorize,
  BootNotification: bootNotification,
  DataTransfer: dataTransfer,
  DiagnosticsStatusNotification: diagnosticsStatus,
  FirmwareStatusNotification: firmwareStatus,
  Heartbeat: heartbeat,
  LogStatusNotification: logStatus,
  MeterValues: meterValues,
  SecurityEventNotification: securityEventNotification,
  SignCertificate: signCertificate,
  SignedFirmwareStatusNotification: signedFirmwareStatus,
  StartTransaction: startTransaction,
  StatusNotification: statusNotification,
  StopTransaction: stopTransaction,
} as const satisfies Record<string, StationHandler<never>>;
