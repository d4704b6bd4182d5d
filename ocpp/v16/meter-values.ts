import { stationMetered } from '../../src/domains/sessions/station-metered.ts';
import type { StationHandler } from '../handler.ts';
import { connectorNumberOf } from './connector-id.ts';
import type { MeterValues } from './messages.ts';
import { readingsOf } from './samples.ts';
import { transactionNumberOf } from './transaction-id.ts';

export const meterValues: StationHandler<MeterValues> = async (ctx, station, report) => {
  await stationMetered(ctx, station, {
    connector: connectorNumberOf(report.connectorId),
    transactionNumber: transactionNumberOf(report.transactionId),
    readings: readingsOf(report.meterValue),
  });
  return {};
};
