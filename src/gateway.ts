import './telemetry-off.ts';
import { ConfigError, readConfig } from './server/config.ts';
import { startGateway } from './server/federated-gateway.ts';
import { openLog } from './server/log.ts';

try {
  const config = readConfig(process.env);
  const gateway = await startGateway({
    port: config.GATEWAY_PORT,
    subgraphsUrl: config.GATEWAY_SUBGRAPHS_URL,
    log: openLog(config),
  });
  process.stdout.write(
    `The gateway is at ${gateway.url}, over the subgraphs at ${config.GATEWAY_SUBGRAPHS_URL}\n`,
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void gateway.close().then(() => process.exit(0)));
  }
} catch (error) {
  process.stderr.write(
    error instanceof ConfigError
      ? `A setting cannot be used:\n${error.message}\n`
      : `The gateway did not start: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}
