import type { BatteryOptions } from './battery.ts';
import { within } from './faults.ts';
import type { Scenario, Span } from './scenario.ts';
import type { Station } from './station.ts';

/** What drivers do with their phones rather than with a card. Each answers undefined where it is refused. */
export interface DriverApp {
  /** The session's id. */
  start(uid: string, connectorId: number, idTag: string): Promise<string | undefined>;
  stop(sessionId: string): Promise<void>;
  /** The reservation's id. */
  reserve(uid: string, connectorId: number, idTag: string): Promise<string | undefined>;
  cancelReservation(reservationId: string): Promise<void>;
}

export interface Drivers {
  /** Those who are there leave, and nobody comes any more. Resolves when the last one has gone. */
  stop(): Promise<void>;
}

interface DriversOptions {
  readonly stations: readonly Station[];
  /** One driver for each connector: its own tag, in turn where there are fewer. */
  readonly tags: readonly string[];
  readonly behaviour: Scenario['drivers'];
  readonly app: DriverApp | undefined;
  readonly random: () => number;
  readonly onError: (message: string) => void;
}

/** Coarse, so that thousands of drivers share few timer lists. */
const tickMs = 100;
const turnedDownMs = 60_000;
/** Of those who reserve, never come. */
const noShow = 0.2;
/** Full within seconds of simulated minutes. */
const almostFull: Partial<BatteryOptions> = { capacityWh: 40_000, startSoc: 0.999 };

/** For each connector a driver who comes, charges, leaves, and comes again. */
export function startDrivers(options: DriversOptions): Drivers {
  const { stations, tags, behaviour, app, random } = options;
  const waits = new Set<() => void>();
  let stopped = false;
  const dice = (share: number) => random() < share;

  /** Ends early when all drivers have to go. */
  function wait(ms: number): Promise<void> {
    if (stopped) return Promise.resolve();
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        waits.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.ceil(ms / tickMs) * tickMs);
      waits.add(done);
    });
  }
  const waitWithin = (span: Span) => wait(within(span, random) * 1000);

  const isHere = (station: Station, connectorId: number, tag: string): boolean =>
    station.status().connectors.find(each => each.id === connectorId)?.idTag === tag;

  async function byApp(station: Station, connectorId: number, tag: string, phone: DriverApp): Promise<void> {
    const sessionId = await phone.start(station.uid, connectorId, tag);
    if (sessionId === undefined) return;
    await waitWithin(behaviour.staySeconds);
    if (dice(0.5)) await phone.stop(sessionId);
  }

  /** Whether the station let the driver charge. */
  async function byCard(station: Station, connectorId: number, tag: string): Promise<boolean> {
    const vehicle = dice(behaviour.idle) ? almostFull : undefined;
    const answer = await station.plugIn(connectorId, tag, vehicle);
    if (answer === 'Occupied') return true;
    if (answer !== 'Accepted') return false;
    await waitWithin(behaviour.staySeconds);
    if (dice(0.5) && isHere(station, connectorId, tag)) {
      station.showCard(connectorId);
      await wait(1000);
    }
    return true;
  }

  async function visit(station: Station, connectorId: number, tag: string): Promise<boolean> {
    const online = station.status().connection === 'online';
    if (app && online && dice(behaviour.byApp)) {
      await byApp(station, connectorId, tag, app);
      return true;
    }
    if (app && online && dice(behaviour.reserved)) {
      const reservationId = await app.reserve(station.uid, connectorId, tag);
      await wait(2000);
      if (reservationId !== undefined && dice(noShow)) {
        await app.cancelReservation(reservationId);
        return true;
      }
    }
    return byCard(station, connectorId, tag);
  }

  async function live(station: Station, connectorId: number, tag: string): Promise<void> {
    await waitWithin([0, behaviour.firstWithinSeconds]);
    while (!stopped) {
      let isWelcome = true;
      try {
        isWelcome = await visit(station, connectorId, tag);
      } catch (error) {
        options.onError(`driver at ${station.uid}: ${String(error)}`);
      }
      // meanwhile somebody else may have come, by a remote start
      if (isHere(station, connectorId, tag)) station.unplug(connectorId);
      await (isWelcome ? waitWithin(behaviour.awaySeconds) : wait(turnedDownMs));
    }
  }

  const lives: Promise<void>[] = [];
  for (const station of tags.length > 0 ? stations : []) {
    for (const { id } of station.status().connectors) {
      const tag = tags[lives.length % tags.length];
      if (tag) lives.push(live(station, id, tag));
    }
  }
  return {
    async stop() {
      stopped = true;
      for (const done of [...waits]) done();
      await Promise.all(lives);
    },
  };
}
