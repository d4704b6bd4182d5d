import { configurationNumber } from './configuration.ts';
import { sendStatus } from './connector.ts';
import {
  after,
  cancel,
  emit,
  errorText,
  isOnline,
  reportError,
  type StationState,
  setConnection,
} from './state.ts';

/** when the central system names no interval for the next BootNotification, or does not answer one */
const bootRetrySeconds = 10;
/** smaller differences are the network's, and would only make time stamps jump */
const clockToleranceMs = 2000;

/** BootNotification, again at the given interval until it is accepted (OCPP 1.6, 4.2). */
export function boot(station: StationState): void {
  station.bootTimer = cancel(station, station.bootTimer);
  const { uid } = station.options;
  const askedMs = station.options.now().getTime();
  station.dialect.boot(station).then(
    ({ status, interval, currentTime }) => {
      station.registration = status;
      setClock(station, currentTime, askedMs);
      emit(station, { uid, kind: 'boot', status, intervalSeconds: interval });
      if (status === 'Accepted') {
        if (interval > 0) station.configuration.set('HeartbeatInterval', String(interval));
        comeOnline(station);
      } else {
        setConnection(station, 'registering');
        bootLater(station, interval > 0 ? interval : bootRetrySeconds);
      }
    },
    (error: unknown) => {
      if (!station.link.isOpen) return;
      reportError(station, `BootNotification: ${errorText(error)}`);
      bootLater(station, bootRetrySeconds);
    },
  );
}

/**
 * A new connection after a loss needs no new boot. A central system which has forgotten the station refuses its first
 * word, and then the station boots.
 */
export function resumeRegistration(station: StationState): void {
  station.dialect.greet(station).then(
    () => comeOnline(station, 1),
    () => {
      if (!station.link.isOpen) return;
      station.registration = undefined;
      boot(station);
    },
  );
}

/** All connectors as they are now, then what has waited in the outbox. */
function comeOnline(station: StationState, fromConnector = 0): void {
  setConnection(station, 'online');
  for (let id = fromConnector; id <= station.connectors.length; id++) sendStatus(station, id);
  scheduleHeartbeat(station);
  station.outbox.resume();
}

function bootLater(station: StationState, seconds: number): void {
  station.bootTimer = after(station, seconds * 1000, () => {
    if (station.link.isOpen) boot(station);
  });
}

export function scheduleHeartbeat(station: StationState): void {
  station.heartbeat = cancel(station, station.heartbeat);
  const seconds = configurationNumber(station.configuration, 'HeartbeatInterval');
  if (seconds <= 0 || !isOnline(station)) return;
  station.heartbeat = after(station, seconds * 1000, () => {
    if (!isOnline(station)) return;
    heartbeat(station);
    scheduleHeartbeat(station);
  });
}

export function heartbeat(station: StationState): void {
  const askedMs = station.options.now().getTime();
  station.dialect.heartbeat(station).then(
    ({ currentTime }) => setClock(station, currentTime, askedMs),
    (error: unknown) => {
      if (station.link.isOpen) reportError(station, `Heartbeat: ${errorText(error)}`);
    },
  );
}

/** The time was told at some instant between the question and its answer, which may be long under load. */
function setClock(station: StationState, currentTime: string, askedMs: number): void {
  if (station.options.faults.clockSkewMs !== undefined) return;
  const toldMs = Date.parse(currentTime);
  if (!Number.isFinite(toldMs)) return;
  const leastMs = toldMs - station.options.now().getTime();
  const mostMs = toldMs - askedMs;
  const { clockOffsetMs } = station;
  if (clockOffsetMs < leastMs - clockToleranceMs || clockOffsetMs > mostMs + clockToleranceMs) {
    station.clockOffsetMs = Math.round((leastMs + mostMs) / 2);
  }
}
