import type { Config } from './config.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

export interface RunningDatabase {
  readonly url: string;
  /** Ours, started with us and stopped with us. */
  readonly isEmbedded: boolean;
  stop(): Promise<void>;
}

/** The server that `DATABASE_URL` names, or a PostgreSQL of our own in `DATA_DIR`. */
export async function findDatabase(
  config: Config,
  tell: (message: string) => void,
): Promise<RunningDatabase> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, isEmbedded: false, stop: async () => {} };
  tell(`Starting PostgreSQL in ${config.DATA_DIR} …`);
  const embedded = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log: tell });
  return { url: embedded.url, isEmbedded: true, stop: () => embedded.stop() };
}
