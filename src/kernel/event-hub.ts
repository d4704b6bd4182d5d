import { BoundedQueue } from './bounded-queue.ts';
import type { LoggedEvent } from './events.ts';

const QUEUE_LIMIT = 1000;

export interface EventSource {
  /** The last event that has been handed out; every committed event up to it has been. */
  readonly position: () => string;
  /** The same, where it is certain that no event up to it is still to be committed; null until then. */
  readonly settled: () => string | null;
  /** Looks for new events now. */
  readonly wake: () => void;
}

/** One who listens, or is about to. */
export interface HubReader {
  readonly queue: BoundedQueue<LoggedEvent>;
  /** From now on it is handed what happens. */
  readonly goLive: () => void;
}

interface Interest {
  readonly wants: (event: LoggedEvent) => boolean;
  /** Where only events of these chargers come into question: it is not asked about others. */
  readonly chargerIds?: ReadonlySet<string> | null;
  readonly limit?: number;
}

interface Reader {
  readonly wants: (event: LoggedEvent) => boolean;
  readonly queue: BoundedQueue<LoggedEvent>;
}

/** Whom it concerns what happens at no charger in particular, or at any. */
const ANY = '';

/** Hands the log's new events to this process's readers, in the log's order. */
export class EventHub {
  readonly #readers = new Set<Reader>();
  /** Those of them who have caught up with the log, by the chargers that they listen to. */
  readonly #live = new Map<string, Set<Reader>>();
  readonly #wakeListeners: (() => void)[] = [];
  readonly #readListeners: (() => void)[] = [];
  #source: EventSource | undefined;

  attach(source: EventSource): void {
    this.#source = source;
  }

  /** Events were committed here. */
  readonly wake = (): void => {
    this.#source?.wake();
    for (const listener of this.#wakeListeners) listener();
  };

  onWake(listener: () => void): void {
    this.#wakeListeners.push(listener);
  }

  /** Called each time that the log has been looked at: on news, and now and then without. */
  onRead(listener: () => void): void {
    this.#readListeners.push(listener);
  }

  /** The log has been looked at. */
  wasRead(): void {
    for (const listener of this.#readListeners) listener();
  }

  /** Every event up to it is committed, or never will be; null while that is not certain. */
  settled(): string | null {
    return this.#source?.settled() ?? null;
  }

  position(): string {
    return this.#source?.position() ?? '0';
  }

  /** How many readers there are. */
  get size(): number {
    return this.#readers.size;
  }

  publish(event: LoggedEvent): void {
    for (const chargerId of event.chargerId === null ? [ANY] : [ANY, event.chargerId]) {
      for (const reader of this.#live.get(chargerId) ?? []) if (reader.wants(event)) reader.queue.push(event);
    }
  }

  /** All events from now on that the reader wants. End the iteration to leave. */
  subscribe(wants: (event: LoggedEvent) => boolean, limit = QUEUE_LIMIT): BoundedQueue<LoggedEvent> {
    const { queue, goLive } = this.join({ wants, limit });
    goLive();
    return queue;
  }

  /** The same for one who has the log to read first: it is here, and is handed nothing until it goes live. */
  join({ wants, chargerIds, limit = QUEUE_LIMIT }: Interest): HubReader {
    const places = chargerIds ?? [ANY];
    const queue = new BoundedQueue<LoggedEvent>(limit, () => {
      this.#readers.delete(reader);
      for (const place of places) {
        const there = this.#live.get(place);
        there?.delete(reader);
        if (there?.size === 0) this.#live.delete(place);
      }
    });
    const reader = { wants, queue };
    this.#readers.add(reader);
    return {
      queue,
      goLive: () => {
        if (!this.#readers.has(reader)) return;
        for (const place of places) this.#live.getOrInsertComputed(place, () => new Set()).add(reader);
      },
    };
  }

  /** Ends every reader: the process is going down. */
  close(): void {
    for (const reader of this.#readers) reader.queue.end();
  }
}
