import type { BatteryOptions } from './battery.ts';
import { type DriverApp, startDrivers } from './drivers.ts';
import { type Faults, faultsOf, type Recurring, strike, type Trouble, within } from './faults.ts';
import type { Scenario } from './scenario.ts';
import type { CountedTransaction, OcppVersion, StationChange, StationTotals } from './state.ts';
import { type Station, type StationOptions, type StationSnapshot, startStation } from './station.ts';

export interface FleetCharger {
  readonly uid: string;
  readonly password: string;
  readonly connectors?: number | undefined;
  /** 1.6 where left out */
  readonly version?: OcppVersion | undefined;
}

export interface FleetOptions {
  readonly url: string;
  readonly chargers: readonly FleetCharger[];
  /** Who comes, and what goes wrong; none: only what the server and its users ask for. */
  readonly scenario?: Scenario | undefined;
  /** The drivers' tags, one for each connector, in turn where there are fewer. */
  readonly tags?: readonly string[] | undefined;
  readonly app?: DriverApp | undefined;
  /** new connections in a second, so that thousands do not knock at once */
  readonly connectsPerSecond?: number | undefined;
  /** for every station */
  readonly station?: Partial<
    Omit<StationOptions, 'url' | 'uid' | 'password' | 'version' | 'connectors' | 'connectDelayMs' | 'faults'>
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
  counted(): CountedTransaction[];
  /** How often each fault has struck. */
  struck(): ReadonlyMap<string, number>;
  /** Nothing goes wrong any more, drivers leave, lines come back. What is queued is still to be sent. */
  settle(): Promise<void>;
  /** Every station online, nothing charging, nothing queued. Ends what still charges. */
  isSettled(): boolean;
  stop(): Promise<void>;
}

/** Cars which come to the stations, so that a fleet does not charge in step. */
const vehicles: readonly Partial<BatteryOptions>[] = [
  { capacityWh: 77_000, maxPowerW: 11_000 },
  { capacityWh: 52_000, maxPowerW: 22_000 },
  { capacityWh: 40_000, maxPowerW: 6_600 },
  { capacityWh: 14_000, maxPowerW: 3_700 },
];

const singlePhase = { phases: 1, maxPowerW: 7360 };
/** Coarse, so that thousands of stations share few timer lists. */
const tickMs = 100;

export function startFleet(options: FleetOptions): Fleet {
  const random = options.station?.random ?? Math.random;
  const perSecond = options.connectsPerSecond ?? 50;
  const trouble: Trouble = { isOver: false, struck: new Map() };
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        run();
      },
      Math.ceil(ms / tickMs) * tickMs,
    );
    timers.add(timer);
  };

  const stations = options.chargers.map((charger, i) => {
    const faults = faultsOf(options.scenario?.faults ?? {}, random, trouble);
    const station = startStation({
      batteryOptions: vehicles[i % vehicles.length],
      ...(faults.isSinglePhase && singlePhase),
      ...options.station,
      url: options.url,
      uid: charger.uid,
      password: charger.password,
      version: charger.version ?? '1.6',
      connectors: charger.connectors ?? 1,
      connectDelayMs: (i * 1000) / perSecond,
      faults,
      onChange: options.onChange,
    });
    afflict(station, faults);
    return station;
  });
  const drivers = options.scenario
    ? startDrivers({
        stations,
        tags: options.tags ?? [],
        behaviour: options.scenario.drivers,
        app: options.app,
        random,
        onError: message => options.onChange?.({ uid: 'drivers', kind: 'error', message }),
      })
    : undefined;

  function afflict(station: Station, { offline, reboot }: Faults): void {
    const again = (name: string, fault: Recurring, hit: (ms: number) => void) => {
      later(within(fault.everySeconds, random) * 1000, () => {
        if (trouble.isOver) return;
        if (station.status().connection === 'online') {
          strike(trouble, name);
          hit(within(fault.forSeconds, random) * 1000);
        }
        again(name, fault, hit);
      });
    };
    if (offline) again('lines cut', offline, ms => station.cutLine(ms));
    if (reboot) again('power cuts', reboot, ms => station.losePower(ms, () => random() < reboot.continues));
  }

  return {
    stations,
    snapshots: () => stations.map(each => each.status()),
    counted: () => stations.flatMap(each => each.counted()),
    struck: () => trouble.struck,
    async settle() {
      trouble.isOver = true;
      await drivers?.stop();
      for (const [i, station] of stations.entries()) {
        later((i * 1000) / perSecond, () => station.hurry());
      }
    },
    isSettled() {
      let settled = true;
      for (const station of stations) {
        const { connection, connectors, queued } = station.status();
        if (connection !== 'online' || queued > 0) settled = false;
        for (const { id, isTaken } of connectors) {
          if (!isTaken) continue;
          station.unplug(id);
          settled = false;
        }
      }
      return settled;
    },
    async stop() {
      trouble.isOver = true;
      for (const timer of timers) clearTimeout(timer);
      await drivers?.stop();
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
    putOff: sum(each => each.totals.putOff),
  };
}
