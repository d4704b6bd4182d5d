import './telemetry-off.ts';
import { ConfigError, readConfig } from './server/config.ts';
import { openLog } from './server/log.ts';
import { startServer } from './server/start.ts';
import { startPage } from './server/start-page.ts';

const HELP = `Chargegraph: the back end of an EV-charging network.

Usage: npm start            starts everything: PostgreSQL, migrations, demo network, server
       npm run seed         makes the demo network in a database that has none
       npm run simulate     runs simulated charging stations

Settings are environment variables (or lines of a file .env); .env.example lists them all.
`;

const tell = (message: string): void => {
  process.stdout.write(`${message}\n`);
};

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(HELP);
} else {
  await main();
}

async function main(): Promise<void> {
  try {
    const config = readConfig(process.env);
    const server = await startServer({ config, log: openLog(config), tell });
    process.stdout.write(startPage(server));
    stopOnSignal(server.close);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
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

function explain(error: unknown): string {
  if (error instanceof ConfigError) return `A setting cannot be used:\n${error.message}`;
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken: stop what uses it, or set PORT to another one.`;
  return `Chargegraph did not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
