import { Readable } from 'node:stream';

/** One Server-Sent Event (HTML Standard, section 9.2). */
export interface ServerSentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

export interface SseOptions {
  readonly commentEveryMs: number;
  /** Asked with each comment; the stream ends where it is no longer so. */
  readonly isStillAllowed: () => Promise<boolean>;
}

/** After an end the client comes back this soon. */
const RETRY_MS = 2000;
/** A reader that takes nothing for so many comments is cut off. */
const PATIENCE = 2;

const texts = new WeakMap<ServerSentEvent, string>();
/** An event that many readers share is written out once. */
const written = (event: ServerSentEvent): string =>
  texts.getOrInsertComputed(
    event,
    ({ id, event: type, data }) => `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`,
  );

/**
 * Events as bytes, pulled no faster than the reader takes them. It ends when they end, and breaks off when they break
 * off or the reader stands still; however it goes, the events are left.
 */
export class SseStream extends Readable {
  readonly #events: AsyncIterator<ServerSentEvent>;
  readonly #options: SseOptions;
  readonly #timer: NodeJS.Timeout;
  #isPulling = false;
  #isOver = false;
  #blockedFor = 0;

  constructor(events: AsyncIterator<ServerSentEvent>, options: SseOptions) {
    super();
    this.#events = events;
    this.#options = options;
    this.#timer = setInterval(() => void this.#tick(), options.commentEveryMs);
    this.on('resume', () => {
      this.#blockedFor = 0;
    });
    // the first bytes carry the headers
    this.push(`retry: ${RETRY_MS}\n\n`);
  }

  /** Ends it well: the client may come back for what follows. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.push(null);
  }

  override _read(): void {
    if (!this.#isPulling) void this.#pull();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    const left = this.#events.return?.() ?? Promise.resolve();
    left.then(
      () => done(error),
      reason => done(error ?? reason),
    );
  }

  async #pull(): Promise<void> {
    this.#isPulling = true;
    try {
      const { value, done } = await this.#events.next();
      this.#isPulling = false;
      if (done) this.finish();
      else if (!this.#isOver) this.push(written(value));
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  async #tick(): Promise<void> {
    if (this.isPaused() && ++this.#blockedFor >= PATIENCE) {
      this.destroy(new Error('The reader of an event stream stands still and was cut off.'));
    } else if (!(await this.#options.isStillAllowed())) {
      this.finish();
    } else if (!this.isPaused() && !this.#isOver) {
      this.push(': still here\n\n');
    }
  }
}
