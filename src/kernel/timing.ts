import type { Logger } from 'pino';

/** Runs the work soon, once for all calls within `withinMs`. Failures are logged. */
export function coalesced(withinMs: number, log: Logger, work: () => Promise<void>): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      work().catch(error => log.warn({ err: error }, 'coalesced work failed'));
    }, withinMs);
  };
}

/** Runs the work when woken, never twice at a time, and once more where it was woken meanwhile. Failures are logged. */
export function oneAtATime(log: Logger, work: () => Promise<void>) {
  let running: Promise<void> | undefined;
  let isWokenAgain = false;
  let isStopped = false;
  const wake = (): void => {
    if (isStopped) return;
    if (running) {
      isWokenAgain = true;
      return;
    }
    isWokenAgain = false;
    running = work()
      .catch(error => log.error({ err: error }, 'work failed'))
      .finally(() => {
        running = undefined;
        if (isWokenAgain) wake();
      });
  };
  return {
    wake,
    async stop(): Promise<void> {
      isStopped = true;
      await running;
    },
  };
}

/** Runs the work now and then again and again, never twice at a time. Failures are logged, save the first. */
export function everySoOften(everyMs: number, log: Logger, work: () => Promise<void>) {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const again = () => {
    if (isStopped) return;
    timer = setTimeout(() => {
      running = work()
        .catch(error => log.error({ err: error }, 'periodic work failed'))
        .finally(again);
    }, everyMs);
  };
  let running = work();
  const first = running.finally(again);
  return {
    first,
    async stop(): Promise<void> {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
