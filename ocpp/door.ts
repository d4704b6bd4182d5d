import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createRPCError, RPCServer as RPCServerImplementation } from 'ocpp-rpc';
import type { Logger } from 'pino';
import {
  chargerConnected,
  chargerDisconnected,
  chargerWasHeard,
  type StationSocket,
} from '../src/domains/chargers/charger-connections.ts';
import { countMessageFaults } from '../src/domains/chargers/message-faults.ts';
import type { Station } from '../src/domains/chargers/station.ts';
import { registrationStatus } from '../src/domains/chargers/station-booted.ts';
import { clientAddress } from '../src/kernel/client-address.ts';
import type { Context } from '../src/kernel/context.ts';
import { inScopeOf } from '../src/kernel/context.ts';
import { authenticateStation, type Doorkeeper } from './authenticate.ts';
import { isRpcError, toRpcError } from './errors.ts';
import { FaultLog } from './fault-log.ts';
import type { StationHandler } from './handler.ts';
import { mend } from './mend.ts';
import { withPlainText } from './plain-text.ts';
import { StationRegistry } from './registry.ts';
import type { HandledCall, RPCServer, RPCServerClient } from './rpc-types.ts';
import { StationConnection } from './station-connection.ts';
import { upgradeLimits } from './upgrade-limits.ts';
import { chooseProtocol, VERSIONS } from './versions.ts';

const SOCKET_OPTIONS = {
  /** Larger than any message of either version, save logs and firmware, which do not come this way. */
  maxPayload: 256 * 1024,
  /** A station that does not answer a close is cut off after this many milliseconds. */
  closeTimeout: 5_000,
};
/** Between the sockets of few stations; many are closed in quicker succession, within `drainSeconds`. */
const DRAIN_GAP_MS = 100;
/** What a station is told that cannot be let in for now. */
const BUSY_RETRY_SECONDS = 10;
/** A sign of life is written at most this often, between heartbeats. */
const HEARD_EVERY_MS = 30_000;

export interface OcppDoorOptions extends Doorkeeper {
  readonly nodeId: string;
  readonly log: Logger;
  /** How often a station may connect from one address. */
  readonly connectsPerMinute: number;
  /** Over which time the sockets are closed at the end. */
  readonly drainSeconds: number;
  /** A context for one call of a station, acting within its network. */
  readonly contextFor: (station: Station, requestId: string) => Context;
  /** Closes a socket of the station that another process holds. */
  readonly closeElsewhere: (station: Station, socket: StationSocket) => Promise<void>;
}

export interface OcppDoor {
  readonly registry: StationRegistry;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
}

/** `/ocpp/<identity>`, or `/ocpp/n/<networkId>/<identity>` for a station that names its network. */
const STATION_PATH = /^\/ocpp\/(?:n\/[^/?#]+\/)?[^/?#]+$/;
/** No identity has one, and PostgreSQL takes no text with a zero byte. */
const CONTROL_CHARACTER = /\p{Cc}/u;

/** Where charging stations connect. */
export function openOcppDoor(options: OcppDoorOptions): OcppDoor {
  const { log } = options;
  const registry = new StationRegistry();
  const limits = upgradeLimits(options.connectsPerMinute);
  let isClosing = false;
  const server = new RPCServerImplementation({
    protocols: Object.keys(VERSIONS),
    strictMode: true,
    callTimeoutMs: 30_000,
    maxBadMessages: 50,
    wssOptions: SOCKET_OPTIONS,
  }) as unknown as RPCServer;

  server.auth(async (accept, reject, handshake) => {
    // without a subprotocol the library's validation is silently off
    const protocol = chooseProtocol(handshake.protocols);
    if (!protocol) return reject(400, `Offer one of the subprotocols ${Object.keys(VERSIONS).join(', ')}`);
    const admission = await limits.inTurn(async () =>
      handshake.request.socket.destroyed ? null : authenticateStation(options, handshake),
    );
    if (!admission) return reject(503, 'Too many stations connect at once');
    if ('station' in admission) return accept({ station: admission.station }, protocol);
    log.info({ chargerUid: handshake.identity, status: admission.refusal }, 'station refused');
    reject(admission.refusal, admission.message);
  });

  server.on('client', (client: RPCServerClient) => {
    const connection = new StationConnection(
      client.session.station as Station,
      randomUUID(),
      client,
      Temporal.Now.instant(),
    );
    serve(connection, registry, options);
  });
  server.on('error', error => log.error({ err: error }, 'OCPP server error'));

  return {
    registry,
    upgrade(request, socket, head) {
      const identity = identityIn(request.url);
      if (identity === null) return refuse(socket, '404 Not Found');
      if (isClosing) return refuse(socket, '503 Service Unavailable', BUSY_RETRY_SECONDS);
      limits
        .secondsToWait(identity, clientAddress(options, request))
        .then(seconds => {
          if (seconds !== null) {
            log.info({ chargerUid: identity, status: 429 }, 'station refused');
            return refuse(socket, '429 Too Many Requests', seconds);
          }
          return server.handleUpgrade(request, socket, head);
        })
        .catch(error => {
          log.error({ err: error }, 'OCPP upgrade failed');
          socket.destroy();
        });
    },
    async close() {
      isClosing = true;
      const connections = registry.all();
      // all at once they would all knock at the next server at once
      const gapMs = Math.min(DRAIN_GAP_MS, (options.drainSeconds * 1000) / connections.length);
      await Promise.all(
        connections.map(async (connection, index) => {
          await delay(index * gapMs);
          await connection.drain(1012, 'The server restarts; connect again');
        }),
      );
      await server.close({ code: 1012 });
      await registry.recorded();
    },
  };
}

function refuse(socket: Duplex, status: string, retryAfterSeconds?: number): void {
  const retry = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`;
  const answer = `HTTP/1.1 ${status}\r\nConnection: close\r\n${retry}Content-Length: 0\r\n\r\n`;
  socket.end(answer, () => socket.destroy());
}

/** Null for a path that names no station: one that is not valid percent-encoding would end the process in the library. */
function identityIn(url: string | undefined): string | null {
  try {
    const path = new URL(url ?? '', 'http://localhost').pathname;
    const decoded = decodeURIComponent(path);
    const isOne = STATION_PATH.test(path) && decoded.length <= 512 && !CONTROL_CHARACTER.test(decoded);
    return isOne ? decodeURIComponent(path.split('/').at(-1)!) : null;
  } catch {
    return null;
  }
}

function serve(connection: StationConnection, registry: StationRegistry, options: OcppDoorOptions): void {
  const { station, connectionId, client } = connection;
  const log = options.log.child({ chargerUid: station.uid, connectionId });
  const context = () => options.contextFor(station, randomUUID());
  let heardAt = 0;

  registry.add(connection);
  // the first call waits for this: a station's words never come before its being there
  const connected = registry
    .inTurn(station.id, () =>
      inScope(context(), ctx => chargerConnected(ctx, station, { nodeId: options.nodeId, connectionId })),
    )
    .then(older => {
      if (older && older.nodeId !== options.nodeId) closeOlder(older);
    })
    .catch(error => log.error({ err: error }, 'connection not recorded'));
  log.info('station connected');

  const frames = registry.frames.open(station.id);
  client.on('message', ({ message, outbound }: { message: unknown; outbound: boolean }) => {
    connection.lastMessageAt = Temporal.Now.instant();
    frames.note(outbound ? 'out' : 'in', String(message));
  });
  // also an answer that comes after its time-out: nobody waits for it, and the socket stays
  client.on('badMessage', ({ error }: { error: Error }) => {
    log.warn({ reason: error.message.slice(0, 200) }, 'message not usable');
  });
  // handlers by name, no catch-all: the library answers NotImplemented to what has none
  for (const [action, handler] of Object.entries(VERSIONS[client.protocol]!.routes)) {
    client.handle(action, call => connected.then(() => answer(call, handler)));
  }
  client.once('close', () => {
    log.info('station disconnected');
    if (!registry.remove(connection)) return;
    const lastMessageAt = connection.lastMessageAt.toString({ smallestUnit: 'millisecond' });
    registry
      .inTurn(station.id, () =>
        inScope(context(), ctx =>
          chargerDisconnected(ctx, { chargerId: station.id, connectionId, lastMessageAt }),
        ),
      )
      .catch(error => log.error({ err: error }, 'disconnection not recorded'));
  });

  if (station.messageValidation === 'relaxed') {
    const faultsNotCounted = (error: Error) => log.error({ err: error }, 'mended faults not counted');
    const faults = new FaultLog(counts =>
      inScope(context(), ctx => countMessageFaults(ctx, station, counts)),
    );
    connection.mendWith((schemaId, payload) => {
      const mended = mend(client.protocol, schemaId, payload);
      if (mended.faults.length === 0) return payload;
      const action = schemaId.split(/[:.]/)[1]!;
      log.warn({ action, faults: mended.faults.slice(0, 20) }, 'message mended');
      faults.add(action, mended.faults).catch(faultsNotCounted);
      return mended.payload;
    });
    client.once('close', () => faults.flush().catch(faultsNotCounted));
  }

  /** The older socket may be half dead, and so may be its process: nobody waits for this. */
  function closeOlder(older: StationSocket): void {
    options
      .closeElsewhere(station, older)
      .catch(error => log.warn({ err: error }, 'older connection elsewhere not closed'));
  }

  function answer(
    { messageId, method, params }: HandledCall,
    handler: StationHandler<never>,
  ): Promise<object> {
    return connection.answerOnce(messageId, method, params, () =>
      inScope(context(), async ctx => {
        try {
          await requireRegistration(ctx, method);
          const reply = await handler(ctx, station, withPlainText(params) as never);
          await noteLife(ctx, method);
          return reply;
        } catch (error) {
          if (isRpcError(error)) throw error;
          log.error({ err: error, action: method, messageId }, 'call failed');
          throw toRpcError(error);
        }
      }),
    );
  }

  /** Until its boot is accepted a station may only boot. */
  async function requireRegistration(ctx: Context, action: string): Promise<void> {
    if (action === 'BootNotification' || (await registrationStatus(ctx, station)) === 'Accepted') return;
    throw createRPCError('SecurityError', 'The boot has not been accepted') as unknown as Error;
  }

  async function noteLife(ctx: Context, action: string): Promise<void> {
    const isHeartbeat = action === 'Heartbeat' || action === 'StatusNotification';
    if (!isHeartbeat && Date.now() - heardAt < HEARD_EVERY_MS) return;
    heardAt = Date.now();
    await chargerWasHeard(ctx, station.id, connectionId, isHeartbeat);
  }
}

const inScope = <T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> =>
  inScopeOf(ctx, () => work(ctx));
