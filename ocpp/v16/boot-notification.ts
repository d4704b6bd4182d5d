import { stationBooted } from '../../src/domains/chargers/station-booted.ts';
import type { StationHandler } from '../handler.ts';
import type { BootNotification } from './messages.ts';

export const bootNotification: StationHandler<BootNotification> = async (ctx, station, boot) => {
  const { status, intervalSeconds } = await stationBooted(ctx, station, {
    ocppVersion: '1.6',
    manufacturer: boot.chargePointVendor,
    model: boot.chargePointModel,
    serialNumber: boot.chargePointSerialNumber ?? boot.chargeBoxSerialNumber ?? null,
    firmwareVersion: boot.firmwareVersion ?? null,
  });
  return { status, currentTime: ctx.now().toString(), interval: intervalSeconds };
};
