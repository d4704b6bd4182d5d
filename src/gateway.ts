import './telemetry-off.ts';
import { runCommand } from './server/command.ts';
import { startGateway } from './server/federated-gateway.ts';
import { openLog } from './server/log.ts';

const HELP = `npm run gateway     the subgraphs of a running server as one graph (docs/federation.md)

  GATEWAY_SUBGRAPHS_URL   where the server is (default http://localhost:4000)
  GATEWAY_PORT, HOST      where the gateway listens (default 4001, 127.0.0.1)
`;

await runCommand({
  help: HELP,
  portSetting: 'GATEWAY_PORT',
  async start(config) {
    const gateway = await startGateway({
      host: config.HOST,
      port: config.GATEWAY_PORT,
      subgraphsUrl: config.GATEWAY_SUBGRAPHS_URL,
      log: openLog(config),
    });
    process.stdout.write(
      `The gateway is at ${gateway.url}, over the subgraphs at ${config.GATEWAY_SUBGRAPHS_URL}\n`,
    );
    return gateway;
  },
});
