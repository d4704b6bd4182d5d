import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { eventually } from './eventually.ts';

/** What a receiver got. */
export interface Received {
  readonly headers: Record<string, string>;
  readonly raw: Buffer;
  readonly text: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** Waits until so many have come in all. */
  expect(count: number): Promise<Received[]>;
  close(): void;
}

type Answer = (response: ServerResponse, received: Received, request: IncomingMessage) => void;

/** A receiver of webhooks on loopback; it answers with 200 where nothing else is said. */
export async function startReceiver(
  answer: Answer = response => response.end('OK'),
  port = 0,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const raw = await buffer(request).catch(() => null);
    // whoever posted has died over it
    if (!raw) return;
    const one = { headers: request.headers as Record<string, string>, raw, text: raw.toString() };
    received.push(one);
    answer(response, one, request);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    port: address.port,
    received,
    async expect(count) {
      await eventually(() => received.length >= count);
      return received;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
