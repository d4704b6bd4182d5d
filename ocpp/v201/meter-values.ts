import { stationMetered } from '../../src/domains/sessions/station-metered.ts';
import type { StationHandler } from '../handler.ts';
import { evsePlace } from './evse-place.ts';
import type { MeterValues } from './messages.ts';
import { readingsOf } from './samples.ts';

/** Of an EVSE; what is measured for a transaction comes with its events. */
export const meterValues: StationHandler<MeterValues> = async (ctx, station, report) => {
  await stationMetered(ctx, station, {
    connector: evsePlace({ id: report.evseId }) ?? 0,
    transactionNumber: null,
    readings: readingsOf(report.meterValue),
  });
  return {};
};
