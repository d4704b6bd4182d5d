import type { Demo } from './demo-network.ts';
import type { Server } from './start.ts';
import { demoFile } from './start.ts';

/** What a person who started the server wants to know, for the terminal. */
export function startPage({ url, demo, app }: Server): string {
  const socket = url.replace(/^http/, 'ws');
  return [
    '',
    '  Chargegraph is ready.',
    '',
    `  GraphQL and GraphiQL   ${url}/graphql`,
    `  Subscriptions          ${socket}/graphql   (graphql-ws; SSE at the same address)`,
    `  REST                   ${url}/emsp/v1`,
    `  REST reference         ${url}/docs`,
    `  Charging stations      ${socket}/ocpp/<identity>   (OCPP 2.0.1, 1.6J)`,
    `  Health                 ${url}/healthz, ${url}/readyz`,
    '',
    ...(demo
      ? demoLines(url, demo, demoFile(app.config))
      : ['  No demo network here: npm run seed makes one.']),
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n');
}

function demoLines(url: string, demo: Demo, file: string): string[] {
  return [
    `  Demo API key           ${demo.apiKey}`,
    `  All keys, passwords    ${file}`,
    '',
    '  Next, in another terminal:',
    `    npm run simulate -- --stations 5`,
    `    curl -s ${url}/emsp/v1/chargers -H 'X-API-Key: ${demo.apiKey}'`,
  ];
}
