import './telemetry-off.ts';
import { mkdirSync } from 'node:fs';
import { openApp } from './server/app.ts';
import { readConfig } from './server/config.ts';
import { findDatabase } from './server/database.ts';
import { hasNetworks, makeDemoNetwork } from './server/demo-network.ts';
import { openLog } from './server/log.ts';
import { migrate } from './server/migrate.ts';
import { demoFile } from './server/start.ts';

const config = { ...readConfig(process.env), ROLES: [] };
const tell = (message: string) => process.stdout.write(`${message}\n`);
const database = await findDatabase(config, tell);
try {
  await migrate(database.url);
  mkdirSync(config.DATA_DIR, { recursive: true });
  const app = await openApp({
    config,
    databaseUrl: database.url,
    log: openLog({ ...config, LOG_LEVEL: 'warn' }),
  });
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
