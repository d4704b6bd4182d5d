import { setTimeout as wait } from 'node:timers/promises';

/** Looks now, and again and again until the reader goes; hands out one by one what each look finds. */
export function polled<T>(everyMs: number, look: () => Promise<readonly T[]>): AsyncIterableIterator<T> {
  const gone = new AbortController();
  const found = lookAgain(everyMs, look, gone.signal);
  return {
    next: () => found.next(),
    // a generator that waits hears of its end only afterwards: the wait is ended first
    return: () => {
      gone.abort();
      return found.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* lookAgain<T>(
  everyMs: number,
  look: () => Promise<readonly T[]>,
  signal: AbortSignal,
): AsyncGenerator<T, undefined> {
  while (!signal.aborted) {
    yield* await look();
    await wait(everyMs, undefined, { signal, ref: false }).catch(() => {});
  }
  return undefined;
}
