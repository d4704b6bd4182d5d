import type { CountedFault } from '../src/domains/chargers/message-faults.ts';
import type { MendedFault } from './mend.ts';

/** A fault that was counted lately is written at most this often. */
const WRITE_EVERY_MS = 30_000;

/** Counts what was mended in one socket's messages: a new fault is written at once, a known one now and then. */
export class FaultLog {
  readonly #write: (faults: readonly CountedFault[]) => Promise<void>;
  readonly #known = new Set<string>();
  #counts = new Map<string, CountedFault>();
  #writtenAt = 0;

  constructor(write: (faults: readonly CountedFault[]) => Promise<void>) {
    this.#write = write;
  }

  async add(action: string, faults: readonly MendedFault[]): Promise<void> {
    let hasNew = false;
    for (const { fault, member } of faults) {
      const key = `${action}\n${member}\n${fault}`;
      const count = (this.#counts.get(key)?.count ?? 0) + 1;
      this.#counts.set(key, { action, member, fault, count });
      hasNew ||= !this.#known.has(key);
      this.#known.add(key);
    }
    if (hasNew || Date.now() - this.#writtenAt >= WRITE_EVERY_MS) await this.flush();
  }

  /** Writes what is counted and not written yet. */
  async flush(): Promise<void> {
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    this.#writtenAt = Date.now();
    if (counts.length > 0) await this.#write(counts);
  }
}
