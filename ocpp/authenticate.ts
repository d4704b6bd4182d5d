import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { admitsPassword } from '../src/domains/chargers/charger-password-change.ts';
import { findStation, type Station, type StationCredentials } from '../src/domains/chargers/station.ts';
import { unknownChargerKnocked } from '../src/domains/chargers/unknown-chargers.ts';
import { isUuid } from '../src/kernel/ids.ts';
import type { Handshake } from './rpc-types.ts';

export type Admission =
  | { readonly station: Station }
  | { readonly refusal: 401 | 404; readonly message: string };

export interface Doorkeeper {
  readonly em: SqlEntityManager;
  /** Whether a peer's forwarded headers count. */
  readonly isTrustedProxy: (address: string) => boolean;
}

/**
 * Who knocks, decided at the HTTP upgrade (OCPP security whitepaper, profiles 1 to 3): unknown identities get 404
 * and are listed, wrong credentials and a connection that is less safe than the station's profile get 401.
 */
export async function authenticateStation(keeper: Doorkeeper, handshake: Handshake): Promise<Admission> {
  const station = await findStation(keeper.em, handshake.identity);
  const namedNetwork = networkInPath(handshake.endpoint);
  if (!station || (namedNetwork && namedNetwork !== station.networkId)) {
    if (!station) {
      await unknownChargerKnocked(keeper.em, {
        uid: handshake.identity,
        networkId: namedNetwork && isUuid(namedNetwork) ? namedNetwork : null,
        remoteAddress: handshake.remoteAddress ?? null,
      });
    }
    return { refusal: 404, message: 'Unknown charging station' };
  }
  if (!(await hasCredentials(station, handshake, keeper))) return { refusal: 401, message: 'Unauthorized' };
  return { station };
}

/** `/ocpp/n/<networkId>` names a network, though perhaps none that can be; `/ocpp` none. */
function networkInPath(endpoint: string): string | null {
  return /^\/ocpp\/n\/([^/]+)$/.exec(endpoint)?.[1]?.toLowerCase() ?? null;
}

async function hasCredentials(
  station: StationCredentials,
  handshake: Handshake,
  keeper: Doorkeeper,
): Promise<boolean> {
  const { request, password } = handshake;
  if (station.securityProfile >= 2 && !isEncrypted(request, keeper)) return false;
  if (station.securityProfile === 3) return certificateName(request) === station.uid;
  return password !== undefined && (await admitsPassword(keeper.em, station, password));
}

function isEncrypted(request: IncomingMessage, keeper: Doorkeeper): boolean {
  if ((request.socket as TLSSocket).encrypted) return true;
  const forwarded = request.headers['x-forwarded-proto'];
  return (
    (forwarded === 'https' || forwarded === 'wss') &&
    keeper.isTrustedProxy(request.socket.remoteAddress ?? '')
  );
}

/** The common name of a client certificate that our own authority signed. */
function certificateName(request: IncomingMessage): string | undefined {
  const socket = request.socket as TLSSocket;
  const name = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
  return Array.isArray(name) ? name[0] : name;
}
