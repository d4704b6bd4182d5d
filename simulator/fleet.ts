import type { BatteryOptions } from './battery.ts';
import type { StationChange, StationTotals } from './state-v16.ts';
import { type Station, type StationOptions, type StationSnapshot, startStation } from './station-v16.ts';

export interface FleetCharger {
  readonly uid: string;
  readonly password: string;
  readonly connectors?: number;
}

export interface FleetOptions {
  readonly url: string;
  readonly chargers: readonly FleetCharger[];
  /** Drivers come and go by themselves, with these tags in turn; none: only what the server and its users ask for. */
  readonly autostartTags?: readonly string[];
  /** new connections in a second, so that thousands do not knock at once */
  readonly connectsPerSecond?: number;
  /** for every station */
  readonly station?: Partial<
    Omit<StationOptions, 'url' | 'uid' | 'password' | 'connectors' | 'connectDelayMs'>
  >;
  readonly onChange?: (change: StationChange) => void;
}

export interface FleetTotals extends StationTotals {
  readonly stations: number;
  readonly online: number;
  readonly charging: number;
  readonly powerW: number;
  readonly queued: number;
}

export interface Fleet {
  readonly stations: readonly Station[];
  snapshots(): StationSnapshot[];
  stop(): Promise<void>;
}

/** Cars which come to the stations, so that a fleet does not charge in step. */
const vehicles: readonly Partial<BatteryOptions>[] = [
  { capacityWh: 77_000, maxPowerW: 11_000 },
  { capacityWh: 52_000, maxPowerW: 22_000 },
  { capacityWh: 40_000, maxPowerW: 6_600 },
  { capacityWh: 14_000, maxPowerW: 3_700 },
];

export function startFleet(options: FleetOptions): Fleet {
  const random = options.station?.random ?? Math.random;
  const perSecond = options.connectsPerSecond ?? 100;
  const stations = options.chargers.map((charger, i) =>
    startStation({
      batteryOptions: vehicles[i % vehicles.length],
      ...options.station,
      url: options.url,
      uid: charger.uid,
      password: charger.password,
      connectors: charger.connectors ?? 1,
      connectDelayMs: (i * 1000) / perSecond,
      onChange: options.onChange,
    }),
  );
  const drivers = startDrivers(stations, options.autostartTags ?? [], random);
  return {
    stations,
    snapshots: () => stations.map(each => each.status()),
    async stop() {
      drivers.stop();
      await Promise.all(stations.map(each => each.stop()));
    },
  };
}

export function fleetTotals(snapshots: readonly StationSnapshot[]): FleetTotals {
  const sum = (of: (each: StationSnapshot) => number) =>
    snapshots.reduce((total, each) => total + of(each), 0);
  return {
    stations: snapshots.length,
    online: sum(each => Number(each.connection === 'online')),
    charging: sum(each => each.connectors.filter(({ status }) => status === 'Charging').length),
    powerW: sum(each => each.connectors.reduce((total, { powerW }) => total + powerW, 0)),
    queued: sum(each => each.queued),
    transactionsStarted: sum(each => each.totals.transactionsStarted),
    transactionsEnded: sum(each => each.totals.transactionsEnded),
    energyWh: sum(each => each.totals.energyWh),
    errors: sum(each => each.totals.errors),
  };
}

/** For each connector a driver: away 1 to 10 s, plugged in 15 to 60 s, and a minute away when turned down. */
function startDrivers(stations: readonly Station[], tags: readonly string[], random: () => number) {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  const later = (ms: number, run: () => void) => {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const between = (fromMs: number, toMs: number) => fromMs + random() * (toMs - fromMs);

  const arriveLater = (station: Station, connectorId: number, tag: string, ms: number) =>
    later(ms, async () => {
      const online = station.status().connection === 'online';
      const answer = online ? await station.plugIn(connectorId, tag) : 'Occupied';
      if (answer === 'Accepted') {
        later(between(15_000, 60_000), () => {
          // meanwhile somebody else may have come, by a remote start
          const here = station.status().connectors.find(each => each.id === connectorId);
          if (here?.idTag === tag) station.unplug(connectorId);
          arriveLater(station, connectorId, tag, between(1000, 10_000));
        });
      } else {
        arriveLater(station, connectorId, tag, answer === 'Occupied' ? between(1000, 10_000) : 60_000);
      }
    });

  let next = 0;
  for (const station of tags.length > 0 ? stations : []) {
    for (const { id } of station.status().connectors) {
      const tag = tags[next++ % tags.length];
      if (tag) arriveLater(station, id, tag, between(500, 5000));
    }
  }
  return {
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
