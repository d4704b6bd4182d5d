import './telemetry-off.ts';
import { runCommand } from './server/command.ts';
import { openLog } from './server/log.ts';
import { startServer } from './server/start.ts';
import { startPage } from './server/start-page.ts';

const HELP = `Chargegraph: the back end of an EV-charging network.

Usage: npm start            starts everything: PostgreSQL, migrations, demo network, server
       npm run seed         makes the demo network in a database that has none, and ends
       npm run simulate     runs simulated charging stations (-- --help tells how)
       npm run gateway      serves the subgraphs of a running server as one graph (Apollo Federation)
       npm run stripe       a Stripe of one's own, on this machine only (-- --help tells how)

Settings are environment variables (or lines of a file .env); .env.example lists them all.
`;

await runCommand({
  help: HELP,
  portSetting: 'PORT',
  async start(config) {
    const tell = (message: string) => void process.stdout.write(`${message}\n`);
    const server = await startServer({ config, log: openLog(config), tell });
    process.stdout.write(startPage(server));
    return server;
  },
});
