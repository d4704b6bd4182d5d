import type { StationConnection } from './station-connection.ts';

/** The sockets that this process holds: one for a charger, the newest. */
export class StationRegistry {
  readonly #connections = new Map<string, StationConnection>();

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
    void older?.close(1008, 'Replaced by a newer connection');
  }

  /** The late close of a socket that was replaced removes nothing; answers whether this one was current. */
  remove(connection: StationConnection): boolean {
    if (this.#connections.get(connection.station.id) !== connection) return false;
    return this.#connections.delete(connection.station.id);
  }
}
