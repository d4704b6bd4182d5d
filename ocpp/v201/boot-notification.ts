import { stationBooted } from '../../src/domains/chargers/station-booted.ts';
import type { StationHandler } from '../handler.ts';
import type { BootNotification } from './messages.ts';

export const bootNotification: StationHandler<BootNotification> = async (
  ctx,
  station,
  { chargingStation },
) => {
  const { status, intervalSeconds } = await stationBooted(ctx, station, {
    ocppVersion: '2.0.1',
    manufacturer: chargingStation.vendorName,
    model: chargingStation.model,
    serialNumber: chargingStation.serialNumber ?? null,
    firmwareVersion: chargingStation.firmwareVersion ?? null,
  });
  return { status, currentTime: ctx.now().toString(), interval: intervalSeconds };
};
