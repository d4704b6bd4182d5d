import { DomainError } from '../kernel/errors.ts';
import { everySoOften } from '../kernel/timing.ts';
import type { App } from './app.ts';
import { viewerOf } from './viewer-of.ts';

const CHECK_EVERY_MS = 5_000;

/** What a caller said of itself. */
export interface Credentials extends Record<string, string | undefined> {
  readonly 'x-api-key'?: string;
  readonly authorization?: string;
}

type Dismiss = (reason: string) => void;

/** Those who stay to listen: dismissed when their key is revoked, or key or token expires. */
export class Listeners {
  readonly #app: App;
  readonly #open = new Map<Dismiss, Credentials>();
  readonly #check;

  constructor(app: App) {
    this.#app = app;
    this.#check = everySoOften(CHECK_EVERY_MS, app.log, () => this.#dismissInvalid());
  }

  /** Answers how to leave. */
  watch(credentials: Credentials, dismiss: Dismiss): () => void {
    this.#open.set(dismiss, credentials);
    return () => void this.#open.delete(dismiss);
  }

  close(): Promise<void> {
    return this.#check.stop();
  }

  async #dismissInvalid(): Promise<void> {
    const alike = Map.groupBy(this.#open, ([, credentials]) => JSON.stringify(credentials));
    for (const listeners of alike.values()) {
      const [, credentials] = listeners[0]!;
      if (credentials['x-api-key'] === undefined) continue;
      try {
        await viewerOf(this.#app, credentials);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        for (const [dismiss] of listeners) dismiss(error.message);
      }
    }
  }
}
