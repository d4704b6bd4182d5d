import { certificateRequested } from '../../src/domains/maintenance/charger-certificates.ts';
import { firmwareProgress, logProgress } from '../../src/domains/maintenance/charger-job-progress.ts';
import { securityEvent } from '../../src/domains/maintenance/security-events.ts';
import { storeVariables } from '../../src/domains/maintenance/store-variables.ts';
import type { StationHandler } from '../handler.ts';
import { requestNumberOf } from '../int32.ts';
import { stationTime } from '../time.ts';
import { authorize } from './authorize.ts';
import { bootNotification } from './boot-notification.ts';
import { clearedChargingLimit, notifyChargingLimit, reportChargingProfiles } from './charging-limits.ts';
import type {
  FirmwareStatusNotification,
  LogStatusNotification,
  NotifyEvent,
  NotifyReport,
  SecurityEventNotification,
  SignCertificate,
} from './messages.ts';
import { meterValues } from './meter-values.ts';
import { reservationStatusUpdate } from './reservation-status-update.ts';
import { statusNotification } from './status-notification.ts';
import { transactionEvent } from './transaction-event.ts';
import { FULL_REPORT, reportedIn, valuesIn } from './variables.ts';

const heartbeat: StationHandler<object> = async ctx => ({ currentTime: ctx.now().toString() });

/** No vendor's extension is known here. */
const dataTransfer: StationHandler<object> = async () => ({ status: 'UnknownVendorId' });

/** No schedule is negotiated with a vehicle: the profiles that the station holds are what it gets (ISO 15118). */
const notifyEVChargingNeeds: StationHandler<object> = async () => ({ status: 'Rejected' });

const firmwareStatus: StationHandler<FirmwareStatusNotification> = async (ctx, station, report) => {
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

/** A certificate towards vehicles would have to come from their authority (ISO 15118), not from ours. */
const signCertificate: StationHandler<SignCertificate> = async (ctx, station, { csr, certificateType }) => {
  const isOurs = certificateType !== 'V2GCertificate' && (await certificateRequested(ctx, station, csr));
  return { status: isOurs ? 'Accepted' : 'Rejected' };
};

/** A report comes in parts; the first one of a full report begins anew. */
const notifyReport: StationHandler<NotifyReport> = async (ctx, station, report) => {
  await storeVariables(ctx, station, reportedIn(report), {
    replacesAll: report.requestId === FULL_REPORT && report.seqNo === 0,
  });
  return {};
};

/** A monitor that the station has of itself saw a value: the value is kept. */
const notifyEvent: StationHandler<NotifyEvent> = async (ctx, station, report) => {
  await storeVariables(ctx, station, valuesIn(report), { replacesAll: false });
  return {};
};

/** What an OCPP 2.0.1 station may call. Any other action is answered NotImplemented. */
export const routes201 = {
  Authorize: authorize,
  BootNotification: bootNotification,
  ClearedChargingLimit: clearedChargingLimit,
  DataTransfer: dataTransfer,
  FirmwareStatusNotification: firmwareStatus,
  Heartbeat: heartbeat,
  LogStatusNotification: logStatus,
  MeterValues: meterValues,
  NotifyChargingLimit: notifyChargingLimit,
  NotifyEVChargingNeeds: notifyEVChargingNeeds,
  NotifyEvent: notifyEvent,
  NotifyReport: notifyReport,
  ReportChargingProfiles: reportChargingProfiles,
  ReservationStatusUpdate: reservationStatusUpdate,
  SecurityEventNotification: securityEventNotification,
  SignCertificate: signCertificate,
  StatusNotification: statusNotification,
  TransactionEvent: transactionEvent,
} as const satisfies Record<string, StationHandler<never>>;
