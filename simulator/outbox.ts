/**
 * Messages which must arrive, in order: each is kept until it is acknowledged, whatever happens to the connection
 * (OCPP 1.6, 3.7). A refusal by the other side is tried again a few times, then given up, so that one bad message
 * does not hold back the rest for ever (TransactionMessageAttempts).
 */
export interface OutboxMessage {
  /** false for messages which may be thinned out when a long time offline fills the memory */
  readonly essential: boolean;
  send(): Promise<void>;
  givenUp(error: unknown): void;
}

interface OutboxOptions {
  readonly ready: () => boolean;
  readonly attempts: () => number;
  readonly retryDelayMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly maxMessages?: number;
}

export interface Outbox {
  readonly size: number;
  push(message: OutboxMessage): void;
  /** Goes on sending; to be called whenever `ready` has become true. */
  resume(): void;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const maxMessages = options.maxMessages ?? 1000;
  let queue: OutboxMessage[] = [];
  let draining = false;

  async function drain(): Promise<void> {
    draining = true;
    let refusals = 0;
    try {
      while (queue[0] && options.ready()) {
        const message = queue[0];
        try {
          await message.send();
          queue.shift();
          refusals = 0;
        } catch (error) {
          if (isRefusal(error) && ++refusals >= Math.max(1, options.attempts())) {
            queue.shift();
            refusals = 0;
            message.givenUp(error);
          } else if (options.ready()) {
            await options.wait(options.retryDelayMs() * Math.max(1, refusals));
          }
        }
      }
    } finally {
      draining = false;
    }
  }

  const resume = () => {
    if (!draining) void drain();
  };

  return {
    get size() {
      return queue.length;
    },
    push(message) {
      queue.push(message);
      // the first one may be on its way already, so it stays
      if (queue.length > maxMessages)
        queue = queue.filter((each, i) => each.essential || i === 0 || i % 2 === 1);
      resume();
    },
    resume,
  };
}

/** An answer which says no (CALLERROR, or a payload the schema refuses), unlike a lost connection or a time-out. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'rpcErrorCode' in error;
}
