import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Resolve } from '../kernel/guarded-fetch.ts';
import { type App, openApp } from './app.ts';
import type { Config } from './config.ts';
import { findDatabase, type RunningDatabase } from './database.ts';
import { type Demo, hasNetworks, makeDemoNetwork } from './demo-network.ts';
import { type HttpHost, openHttpHost } from './http.ts';
import { migrate } from './migrate.ts';
import { sealAnew } from './seal-anew.ts';

export interface Server {
  readonly app: App;
  readonly url: string;
  readonly demo: Demo | null;
  /** Takes no more work, finishes what it has, and stops the database if it is ours. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Progress, for people. */
  readonly tell?: (message: string) => void;
  readonly now?: () => Temporal.Instant;
  readonly onStatement?: (sql: string) => void;
  /** Resolves the host names of others; by DNS where left out. */
  readonly resolve?: Resolve;
}

/** Everything, in order; whatever was opened is closed again if a later step fails. */
export async function startServer(options: StartOptions): Promise<Server> {
  const { config, log, tell = () => {} } = options;
  const database = await findDatabase(config, tell);
  let app: App | undefined;
  let host: HttpHost | undefined;
  try {
    const { applied } = await migrate(database.url);
    if (applied.length > 0) tell(`Database brought up to date (${applied.length} migrations).`);
    app = await openApp({ ...options, databaseUrl: database.url });
    const sealed = await sealAnew(app);
    if (sealed > 0) tell(`${sealed} secrets sealed with the present SECRET_KEY.`);
    const demo = await demoOf(app, database, tell);
    host = await openHttpHost(app);
    return { app, url: host.url, demo, close: () => closeAll(log, host, app, database) };
  } catch (error) {
    await closeAll(log, host, app, database);
    throw error;
  }
}

export const demoFile = (config: Config): string => join(config.DATA_DIR, 'demo.json');

async function demoOf(
  app: App,
  database: RunningDatabase,
  tell: (message: string) => void,
): Promise<Demo | null> {
  const file = demoFile(app.config);
  if (!database.isEmbedded || !app.config.DEMO) return null;
  if (!(await hasNetworks(app))) {
    tell('Making the demo network …');
    return makeDemoNetwork(app, file);
  }
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Demo) : null;
}

async function closeAll(
  log: Logger,
  host: HttpHost | undefined,
  app: App | undefined,
  database: RunningDatabase,
): Promise<void> {
  for (const close of [() => host?.close(), () => app?.close(), () => database.stop()]) {
    try {
      await close();
    } catch (error) {
      log.error({ err: error }, 'not closed cleanly');
    }
  }
}
