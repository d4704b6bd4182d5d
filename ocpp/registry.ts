import { FrameLogs } from './frame-log.ts';
import type { StationConnection } from './station-connection.ts';

const REPLACED = 'Replaced by a newer connection';

/** The sockets that this process holds: one for a charger, the newest. */
export class StationRegistry {
  readonly #connections = new Map<string, StationConnection>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly frames = new FrameLogs();

  get(chargerId: string): StationConnection | undefined {
    return this.#connections.get(chargerId);
  }

  get size(): number {
    return this.#connections.size;
  }

  all(): StationConnection[] {
    return [...this.#connections.values()];
  }

  /** Takes the place of an older socket, whose pending calls fail. */
  add(connection: StationConnection): void {
    const older = this.#connections.get(connection.station.id);
    this.#connections.set(connection.station.id, connection);
    void older?.close(1008, REPLACED);
  }

  /** Closes this very socket, where the station has a newer one in another process. */
  closeReplaced(chargerId: string, connectionId: string): void {
    const connection = this.#connections.get(chargerId);
    if (connection?.connectionId === connectionId) void connection.close(1008, REPLACED);
  }

  /** The late close of a socket that was replaced removes nothing; answers whether this one was current. */
  remove(connection: StationConnection): boolean {
    if (this.#connections.get(connection.station.id) !== connection) return false;
    this.frames.leave(connection.station.id);
    return this.#connections.delete(connection.station.id);
  }

  /** Runs what is recorded of one charger's sockets in the order in which they came and went. */
  inTurn<T>(chargerId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(chargerId) ?? Promise.resolve()).then(work, work);
    this.#turns.set(chargerId, turn);
    const forget = () => {
      if (this.#turns.get(chargerId) === turn) this.#turns.delete(chargerId);
    };
    turn.then(forget, forget);
    return turn;
  }

  /** Resolves when all of that is recorded. */
  async recorded(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
  }
}
