import { stationStopped } from '../../src/domains/sessions/station-stopped.ts';
import type { StationHandler } from '../handler.ts';
import { stationTime } from '../time.ts';
import { idTagInfo } from './id-tag-info.ts';
import type { StopTransaction } from './messages.ts';
import { readingsOf } from './samples.ts';
import { transactionNumberOf } from './transaction-id.ts';

export const stopTransaction: StationHandler<StopTransaction> = async (ctx, station, stop) => {
  const authorization = await stationStopped(ctx, station, {
    transactionNumber: transactionNumberOf(stop.transactionId),
    idTag: stop.idTag ?? null,
    meterStopWh: String(stop.meterStop),
    at: stationTime(stop.timestamp) ?? ctx.now().toString(),
    reason: stop.reason ?? 'Local',
    readings: readingsOf(stop.transactionData ?? []),
    payload: stop,
  });
  return authorization ? { idTagInfo: idTagInfo(authorization) } : {};
};
