import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { StationSocket } from '../src/domains/chargers/charger-connections.ts';
import type { Station } from '../src/domains/chargers/station.ts';
import { db } from '../src/domains/db.ts';
import type { Bus } from '../src/kernel/bus.ts';
import type {
  ChargerCommandMap,
  ChargerCommandName,
  ChargerCommands,
  StationFrame,
} from '../src/kernel/charger-commands.ts';
import {
  ChargerOfflineError,
  ChargerRejectedError,
  NotFoundError,
  UnavailableError,
} from '../src/kernel/errors.ts';
import { networksScope, runInScope, systemScope } from '../src/kernel/scope.ts';
import type { StationLine } from './commands.ts';
import { isRpcError } from './errors.ts';
import type { StationRegistry } from './registry.ts';
import { VERSIONS } from './versions.ts';

const TOPIC = 'charger-command';
const FRAMES_TOPIC = 'charger-frames';
const REPLACED_TOPIC = 'charger-connection-replaced';
/** How much longer than for the station the asking process waits for the one that holds the socket. */
const BUS_SLACK_MS = 2_000;

interface Command {
  readonly chargerId: string;
  readonly name: ChargerCommandName;
  readonly args: unknown;
  /** How long the station may take. */
  readonly timeoutMs: number;
}

type Outcome = { readonly answer: unknown } | { readonly failure: 'offline' | 'refused' | 'unavailable' };

/** Sends commands to the process that holds the charger's socket, this one or another, over the bus. */
export class BusChargerCommands implements ChargerCommands {
  readonly #em: SqlEntityManager;
  readonly #bus: Bus;
  readonly #timeoutMs: number;

  constructor(em: SqlEntityManager, bus: Bus, timeoutSeconds: number) {
    this.#em = em;
    this.#bus = bus;
    this.#timeoutMs = timeoutSeconds * 1000;
  }

  async ask<Name extends ChargerCommandName>(
    chargerId: string,
    name: Name,
    args: ChargerCommandMap[Name]['args'],
  ): Promise<ChargerCommandMap[Name]['answer']> {
    const nodeId = await this.#holder(chargerId);
    if (!nodeId) throw new ChargerOfflineError('The charger is offline.');
    const timeoutMs = this.#timeoutMs;
    const command: Command = { chargerId, name, args, timeoutMs };
    const outcome = (await this.#bus.request(nodeId, TOPIC, command, timeoutMs + BUS_SLACK_MS)) as Outcome;
    if ('answer' in outcome) return outcome.answer as ChargerCommandMap[Name]['answer'];
    if (outcome.failure === 'offline') throw new ChargerOfflineError('The charger is offline.');
    if (outcome.failure === 'refused') throw new ChargerRejectedError('The charger refused the command.');
    throw new UnavailableError('The charger did not answer in time.');
  }

  /** A station that left, or came back elsewhere, has frames on several nodes. One that does not answer has none. */
  async lastFrames(chargerId: string): Promise<StationFrame[]> {
    const nodes = await runInScope(systemScope, () =>
      db({ em: this.#em })
        .selectFrom('nodes')
        .select('id')
        .where('lastSeenAt', '>', sql<string>`now() - interval '30 seconds'`)
        .execute(),
    );
    const answers = await Promise.allSettled(
      nodes.map(({ id }) => this.#bus.request(id, FRAMES_TOPIC, { chargerId }, BUS_SLACK_MS)),
    );
    const frames = answers.flatMap(answer =>
      answer.status === 'fulfilled' ? (answer.value as StationFrame[]) : [],
    );
    return frames.sort((a, b) => Temporal.Instant.compare(a.at, b.at));
  }

  async #holder(chargerId: string): Promise<string | null> {
    const connection = await runInScope(systemScope, () =>
      db({ em: this.#em })
        .selectFrom('charger_connections')
        .select('nodeId')
        .where('chargerId', '=', chargerId)
        .executeTakeFirst(),
    );
    return connection?.nodeId ?? null;
  }
}

interface Replaced {
  readonly chargerId: string;
  readonly connectionId: string;
}

/** Has another process close a station's socket, since the station has a newer one here. */
export async function closeElsewhere(bus: Bus, chargerId: string, socket: StationSocket): Promise<void> {
  const body: Replaced = { chargerId, connectionId: socket.connectionId };
  await bus.request(socket.nodeId, REPLACED_TOPIC, body, BUS_SLACK_MS);
}

/** Carries out what other processes ask of the stations that this one holds. */
export function serveCommands(em: SqlEntityManager, bus: Bus, registry: StationRegistry): void {
  bus.serve(REPLACED_TOPIC, async body => {
    const { chargerId, connectionId } = body as Replaced;
    registry.closeReplaced(chargerId, connectionId);
  });
  bus.serve(TOPIC, async (body): Promise<Outcome> => {
    const { chargerId, name, args, timeoutMs } = body as Command;
    const connection = registry.get(chargerId);
    if (!connection) return { failure: 'offline' };
    const { station, client } = connection;
    const line: StationLine = {
      call: (action, payload) => connection.call(action, payload, timeoutMs),
      evseOf: connectorNumber => evseOf(em, station, connectorNumber),
    };
    try {
      return { answer: await VERSIONS[client.protocol]!.commands[name](line, args as never) };
    } catch (error) {
      // a CALLERROR is an answer; after a time-out, or a lost socket, whether the station acts is not known
      return { failure: isRpcError(error) ? 'refused' : 'unavailable' };
    }
  });
}

/** Answers what this process knows of a station's last frames; one without stations knows nothing. */
export function serveFrames(bus: Bus, registry: StationRegistry | null): void {
  bus.serve(
    FRAMES_TOPIC,
    async body => registry?.frames.last((body as { chargerId: string }).chargerId) ?? [],
  );
}

/** What OCPP 2.0.1 calls the station's connector. */
async function evseOf(em: SqlEntityManager, station: Station, connectorNumber: number) {
  const connector = await runInScope(networksScope([station.networkId]), () =>
    db({ em })
      .selectFrom('connectors')
      .select(['evseNumber as evseId', 'evseConnectorNumber as connectorId'])
      .where('chargerId', '=', station.id)
      .where('number', '=', connectorNumber)
      .executeTakeFirst(),
  );
  if (!connector) throw new NotFoundError('connector');
  return connector;
}
