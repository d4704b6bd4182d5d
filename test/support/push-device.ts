import { createECDH } from 'node:crypto';
import ece from 'http_ece';
import { pushKeys } from './push-keys.ts';
import type { Received } from './receiver.ts';

/** A browser: its keys, and what it makes of a message. */
export function pushDevice(endpoint: string) {
  const pair = createECDH('prime256v1');
  const keys = pushKeys(pair);
  return {
    subscription: { endpoint, keys },
    read: ({ raw }: Received): unknown =>
      JSON.parse(
        ece.decrypt(raw, { version: 'aes128gcm', privateKey: pair, authSecret: keys.auth }).toString(),
      ),
  };
}
