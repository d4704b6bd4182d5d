/**
 * Messages which must arrive, in order: each is kept until it is acknowledged, whatever happens to the connection
 * (OCPP 1.6, 3.7). A refusal by the other side is tried again a few times, then given up, so that one bad message
 * does not hold back the rest for ever (TransactionMessageAttempts).
 */
export interface OutboxMessage<Answer = unknown> {
  /** false for messages which may be thinned out when a long time offline fills the memory */
  readonly essential: boolean;
  /** Undefined where there turned out to be nothing to send. */
  send(): Promise<Answer | undefined>;
  /** Once, with the answer that counted. */
  answered?(answer: Answer): void;
  givenUp(error: unknown): void;
}

interface OutboxOptions {
  readonly ready: () => boolean;
  readonly attempts: () => number;
  readonly retryDelayMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly maxMessages?: number;
  readonly faults: {
    readonly losesAnswer: () => boolean;
    readonly repeatsMessage: () => boolean;
    readonly swapsMessages: () => boolean;
    readonly lostAnswerMs: number;
  };
}

export interface Outbox {
  readonly size: number;
  push<Answer>(message: OutboxMessage<Answer>): void;
  /** Goes on sending; to be called whenever `ready` has become true. */
  resume(): void;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const maxMessages = options.maxMessages ?? 1000;
  const { faults } = options;
  let queue: OutboxMessage[] = [];
  let draining = false;

  async function drain(): Promise<void> {
    let refusals = 0;
    try {
      while (queue[0] && options.ready()) {
        const message: OutboxMessage = (faults.swapsMessages() && queue[1]) || queue[0];
        try {
          const answer = await message.send();
          if (answer !== undefined && faults.losesAnswer()) {
            await options.wait(faults.lostAnswerMs);
            continue;
          }
          // one too many, as from a station that had not noted the answer when it was switched off
          if (answer !== undefined && faults.repeatsMessage()) await message.send().catch(() => undefined);
          remove(message);
          refusals = 0;
          if (answer !== undefined) message.answered?.(answer);
        } catch (error) {
          if (isRefusal(error) && ++refusals >= Math.max(1, options.attempts())) {
            remove(message);
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

  function remove(message: OutboxMessage): void {
    queue = queue.filter(each => each !== message);
  }

  const resume = () => {
    if (draining) return;
    draining = true;
    // what is said in one breath is queued in one breath
    queueMicrotask(() => void drain());
  };

  return {
    get size() {
      return queue.length;
    },
    push(message) {
      queue.push(message as OutboxMessage);
      // the first ones may be on their way already, so they stay
      if (queue.length > maxMessages)
        queue = queue.filter((each, i) => each.essential || i < 2 || i % 2 === 1);
      resume();
    },
    resume,
  };
}

/** An answer which says no (CALLERROR, or a payload the schema refuses), unlike a lost connection or a time-out. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'rpcErrorCode' in error;
}
