import type { StationHandler } from '../handler.ts';
import { authorize } from './authorize.ts';
import { bootNotification } from './boot-notification.ts';
import { meterValues } from './meter-values.ts';
import { reservationStatusUpdate } from './reservation-status-update.ts';
import { statusNotification } from './status-notification.ts';
import { transactionEvent } from './transaction-event.ts';

const heartbeat: StationHandler<object> = async ctx => ({ currentTime: ctx.now().toString() });

/** No vendor's extension is known here. */
const dataTransfer: StationHandler<object> = async () => ({ status: 'UnknownVendorId' });

/** No charging schedule is made for a vehicle: the station's own limits hold (ISO 15118). */
const notifyEVChargingNeeds: StationHandler<object> = async () => ({ status: 'Rejected' });

/** What an OCPP 2.0.1 station may call. Any other action is answered NotImplemented. */
export const routes201 = {
  Authorize: authorize,
  BootNotification: bootNotification,
  DataTransfer: dataTransfer,
  Heartbeat: heartbeat,
  MeterValues: meterValues,
  NotifyEVChargingNeeds: notifyEVChargingNeeds,
  ReservationStatusUpdate: reservationStatusUpdate,
  StatusNotification: statusNotification,
  TransactionEvent: transactionEvent,
} as const satisfies Record<string, StationHandler<never>>;
