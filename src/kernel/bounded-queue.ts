/**
 * A queue between one that pushes and one that iterates. It never grows past `limit`: a reader that is too slow is
 * ended with an error, what it had not read is dropped.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T> {
  readonly #limit: number;
  readonly #onEnd: () => void;
  #items: T[] = [];
  #waiting: PromiseWithResolvers<IteratorResult<T>> | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(limit: number, onEnd: () => void) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#waiting) {
      this.#waiting.resolve({ value: item, done: false });
      this.#waiting = undefined;
    } else if (this.#items.length === this.#limit) {
      this.#items = [];
      this.end(new SlowReaderError(this.#limit));
    } else {
      this.#items.push(item);
    }
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** No more comes. With an error, the reader is told why. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#onEnd();
    if (!this.#waiting) return;
    if (error) this.#waiting.reject(error);
    else this.#waiting.resolve({ value: undefined, done: true });
    this.#waiting = undefined;
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#ended) {
      const error = this.#error;
      this.#error = undefined;
      return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
    }
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export class SlowReaderError extends Error {
  constructor(limit: number) {
    super(
      `The reader was more than ${limit} events behind and was dropped; resume from the last one received.`,
    );
  }
}
