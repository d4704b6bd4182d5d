import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

interface Keeper {
  isTrustedProxy(address: string): boolean;
}

/** Where an upgrade comes from: what a configured proxy says of it, else the socket's other end. */
export function clientAddress(keeper: Keeper, request: IncomingMessage): string {
  const peer = request.socket.remoteAddress ?? '';
  if (!keeper.isTrustedProxy(peer)) return peer;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  // each proxy adds who it heard it from at the end
  const addresses = forwarded.map(part => part.trim()).filter(part => isIP(part) !== 0);
  return addresses.findLast(address => !keeper.isTrustedProxy(address)) ?? peer;
}
