import { endCharge } from './charging-v16.ts';
import { after, cancel, type StationState } from './state-v16.ts';

/** A soft reset waits this long at most for what is still to be acknowledged. */
const drainMs = 5000;
const lookMs = 50;

/**
 * Ends the transactions, then boots anew. A soft reset first sends what is queued; a hard one goes at once, and the
 * transactions' ends follow after the boot.
 */
export function resetStation(station: StationState, type: 'Hard' | 'Soft'): void {
  for (const connector of station.connectors) {
    endCharge(station, connector, type === 'Hard' ? 'HardReset' : 'SoftReset');
  }
  const reboot = () => {
    station.registration = undefined;
    station.heartbeat = cancel(station, station.heartbeat);
    station.bootTimer = cancel(station, station.bootTimer);
    station.link.restart(station.options.rebootMs);
  };
  const rebootWhenDrained = (waitedMs: number) => {
    if (type === 'Hard' || station.outbox.size === 0 || waitedMs >= drainMs || !station.link.isOpen) reboot();
    else after(station, lookMs, () => rebootWhenDrained(waitedMs + lookMs));
  };
  rebootWhenDrained(0);
}
