import { continueCharge, endCharge, pauseCharge } from './charging.ts';
import { after, cancel, type StationState } from './state.ts';

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
    forgetBoot(station, 'RemoteReset');
    station.link.restart(station.options.rebootMs);
  };
  const rebootWhenDrained = (waitedMs: number) => {
    if (type === 'Hard' || station.outbox.size === 0 || waitedMs >= drainMs || !station.link.isOpen) reboot();
    else after(station, lookMs, () => rebootWhenDrained(waitedMs + lookMs));
  };
  rebootWhenDrained(0);
}

/**
 * The power goes, and is back after `darkMs`: the station boots, and tells what it kept. What charged goes on then, or
 * has ended when the power went.
 */
export function losePower(station: StationState, darkMs: number, continues: () => boolean): void {
  forgetBoot(station, 'PowerUp');
  station.link.cut(darkMs);
  const waiting = station.connectors.flatMap(connector => {
    const { session } = connector;
    if (!session) return [];
    if (session.phase !== 'charging' || !continues()) {
      endCharge(station, connector, 'PowerLoss');
      return [];
    }
    pauseCharge(station, connector, session);
    return [{ connector, session }];
  });
  after(station, darkMs, () => {
    for (const { connector, session } of waiting) continueCharge(station, connector, session);
  });
}

function forgetBoot(station: StationState, cause: StationState['bootCause']): void {
  station.registration = undefined;
  station.bootCause = cause;
  station.heartbeat = cancel(station, station.heartbeat);
  station.bootTimer = cancel(station, station.bootTimer);
}
