import './telemetry-off.ts';
import { mkdirSync } from 'node:fs';
import { openApp } from './server/app.ts';
import { runCommand } from './server/command.ts';
import type { Config } from './server/config.ts';
import { findDatabase } from './server/database.ts';
import { hasNetworks, makeDemoNetwork } from './server/demo-network.ts';
import { openLog } from './server/log.ts';
import { migrate } from './server/migrate.ts';
import { demoFile } from './server/start.ts';

const HELP = `npm run seed     makes the demo network in a database that has none, and ends

  DATABASE_URL   the database (default: the server's own PostgreSQL, which must not be running meanwhile)
  DATA_DIR       where its keys and passwords are written, as demo.json (default .data)
`;

const tell = (message: string): void => {
  process.stdout.write(`${message}\n`);
};

async function seed(config: Config): Promise<undefined> {
  const database = await findDatabase(config, tell);
  try {
    await migrate(database.url);
    mkdirSync(config.DATA_DIR, { recursive: true });
    const log = openLog({ ...config, LOG_LEVEL: 'warn' });
    const app = await openApp({ config: { ...config, ROLES: [] }, databaseUrl: database.url, log });
    try {
      if (await hasNetworks(app)) {
        tell('There are networks already: nothing was made.');
      } else {
        await makeDemoNetwork(app, demoFile(config));
        tell(`The demo network is made; its keys and passwords are in ${demoFile(config)}`);
      }
    } finally {
      await app.close();
    }
  } finally {
    await database.stop();
  }
}

await runCommand({ help: HELP, portSetting: 'PORT', start: seed });
