import { type Config, ConfigError, readConfig } from './config.ts';

export interface Command {
  readonly help: string;
  /** The setting that another port is given by. */
  readonly portSetting: 'PORT' | 'GATEWAY_PORT';
  /** Answers what goes on; nothing where all is done. */
  start(config: Config): Promise<{ close(): Promise<void> } | undefined>;
}

/** Runs a command of ours with the settings of the environment. One that fails says why, and ends with 1. */
export async function runCommand({ help, portSetting, start }: Command): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(help);
    return;
  }
  const fail = (error: unknown): never => {
    process.stderr.write(`${explain(error, portSetting)}\n`);
    process.exit(1);
  };
  // the gateway's server does not reject where its port is taken
  process.once('uncaughtException', fail);
  const started = await start(readConfig(process.env)).catch(fail);
  process.off('uncaughtException', fail);
  if (started) stopOnSignal(() => started.close());
}

/** The first signal stops cleanly, a second one at once. */
function stopOnSignal(close: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      process.stdout.write('Stopping …\n');
      void close().then(() => process.exit(0));
    });
  }
}

function explain(error: unknown, portSetting: string): string {
  if (error instanceof ConfigError) return `A setting cannot be used:\n${error.message}`;
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken: stop what uses it, or set ${portSetting} to another one.`;
  }
  return `Chargegraph did not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
