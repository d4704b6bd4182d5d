import { stationStarted } from '../../src/domains/sessions/station-started.ts';
import type { StationHandler } from '../handler.ts';
import { stationTime } from '../time.ts';
import { connectorNumberOf } from './connector-id.ts';
import { idTagInfo } from './id-tag-info.ts';
import type { StartTransaction } from './messages.ts';

export const startTransaction: StationHandler<StartTransaction> = async (ctx, station, start) => {
  const answer = await stationStarted(ctx, station, {
    connectorNumber: connectorNumberOf(start.connectorId),
    idTag: start.idTag,
    meterStartWh: String(start.meterStart),
    at: stationTime(start.timestamp) ?? ctx.now().toString(),
    payload: start,
  });
  return {
    transactionId: answer.transactionNumber,
    idTagInfo: idTagInfo(answer.authorization, answer.isConcurrent),
  };
};
