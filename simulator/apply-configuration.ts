import { rescheduleSamples } from './charging.ts';
import { configurationNumber } from './configuration.ts';
import { scheduleHeartbeat } from './registration.ts';
import type { StationState } from './state.ts';

/** Makes what was set hold from now on. */
export function configurationApplied(station: StationState, key: string): void {
  if (key === 'MeterValueSampleInterval') {
    station.meterIntervalMs = configurationNumber(station.configuration, key) * 1000;
    rescheduleSamples(station);
  }
  if (key === 'HeartbeatInterval') scheduleHeartbeat(station);
  if (key === 'WebSocketPingInterval') {
    station.link.setPingInterval(configurationNumber(station.configuration, key) * 1000);
  }
}
