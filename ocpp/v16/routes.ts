import type { StationHandler } from '../handler.ts';
import { authorize } from './authorize.ts';
import { bootNotification } from './boot-notification.ts';
import type { DataTransfer } from './messages.ts';
import { meterValues } from './meter-values.ts';
import { startTransaction } from './start-transaction.ts';
import { statusNotification } from './status-notification.ts';
import { stopTransaction } from './stop-transaction.ts';

const heartbeat: StationHandler<object> = async ctx => ({ currentTime: ctx.now().toString() });

/** No vendor's extension is known here. */
const dataTransfer: StationHandler<DataTransfer> = async () => ({ status: 'UnknownVendorId' });

/** What an OCPP 1.6 station may call. Any other action is answered NotImplemented. */
export const routes16 = {
  Authorize: authorize,
  BootNotification: bootNotification,
  DataTransfer: dataTransfer,
  Heartbeat: heartbeat,
  MeterValues: meterValues,
  StartTransaction: startTransaction,
  StatusNotification: statusNotification,
  StopTransaction: stopTransaction,
} as const satisfies Record<string, StationHandler<never>>;
