import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import type { Demo } from '../../src/server/demo-network.ts';
import { eventually } from './eventually.ts';
import { type Footprint, footprint, INSPECTED } from './footprint.ts';
import { type Dice, deed, dice } from './hostile-frames.ts';
import type { ServerProcess } from './process.ts';

/** What `stormServer` needs the process to be started with: an inspector, and no limit to reconnecting. */
export const STORM_SETTINGS = {
  ...INSPECTED,
  LOG_LEVEL: 'error',
  LOG_FORMAT: 'json',
  STATION_CONNECTS_PER_MINUTE: '10000',
};

export interface StormReport {
  readonly frames: number;
  readonly reconnects: number;
  readonly answers: number;
  readonly seconds: number;
  readonly before: Footprint;
  readonly after: Footprint;
  /** Log lines of the level error or above: each is a fault of ours that a frame has found. */
  readonly errors: readonly string[];
}

/** How many deeds go out before it is waited for what comes back. */
const BURST = 20;
/** Half of the stations speak each. */
const PROTOCOLS = ['ocpp1.6', 'ocpp2.0.1'];

/** So many hostile frames by all of the demo's stations at once, and what they leave behind in the process. */
export async function stormServer(
  server: ServerProcess,
  demo: Demo,
  { frames, seed }: { readonly frames: number; readonly seed: number },
): Promise<StormReport> {
  // what is compiled and cached once is no leak
  await wave(server, demo, Math.min(frames, 3_000), seed ^ 0x5eed);
  const before = await footprint(server);
  const from = server.output().length;
  const began = performance.now();
  const counts = await wave(server, demo, frames, seed);
  const seconds = (performance.now() - began) / 1000;
  // sockets that were cut are found dead in their time
  const after = await eventually(
    async () => {
      const now = await footprint(server);
      return now.descriptors <= before.descriptors + 2 && now;
    },
    { timeoutMs: 90_000, everyMs: 1_000 },
  );
  const lines = server.output().slice(from).split('\n');
  return { ...counts, seconds, before, after, errors: lines.filter(line => /"level":[56]0/.test(line)) };
}

async function wave(server: ServerProcess, demo: Demo, frames: number, seed: number) {
  const counts = { frames: 0, reconnects: 0, answers: 0 };
  await Promise.all(
    demo.chargers.map((charger, index) =>
      storm(
        server,
        charger,
        PROTOCOLS[index % PROTOCOLS.length]!,
        Math.ceil(frames / demo.chargers.length),
        dice(seed + index),
        counts,
      ),
    ),
  );
  return counts;
}

async function storm(
  server: ServerProcess,
  charger: Demo['chargers'][number],
  protocol: string,
  frames: number,
  on: Dice,
  counts: { frames: number; reconnects: number; answers: number },
): Promise<void> {
  let socket = await knock(server, charger, protocol);
  let sent = 0;
  while (sent < frames) {
    for (let each = 0; each < BURST && sent < frames && socket.readyState === WebSocket.OPEN; each++) {
      sent += 1;
      act(on, socket);
    }
    if (!(await answered(socket))) {
      if (socket.readyState !== WebSocket.CLOSED) socket.terminate();
      if (on.below(4) === 0) halfOpen(server, charger);
      counts.reconnects += 1;
      socket = await knock(server, charger, protocol).catch(async error => {
        await Promise.race([server.ended, delay(2_000)]);
        throw new Error(`The server ended:\n${server.output().slice(-4_000)}`, { cause: error });
      });
    } else counts.answers += 1;
  }
  counts.frames += sent;
  socket.close();
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
}

const authorization = ({ uid, password }: Demo['chargers'][number]) =>
  `Basic ${Buffer.from(`${uid}:${password}`).toString('base64')}`;

async function knock(
  server: ServerProcess,
  charger: Demo['chargers'][number],
  protocol: string,
): Promise<WebSocket> {
  const socket = new WebSocket(`${server.socketUrl}/ocpp/${charger.uid}`, [protocol], {
    headers: { authorization: authorization(charger) },
  });
  await once(socket, 'open');
  socket.on('error', () => {});
  return socket;
}

function act(on: Dice, socket: WebSocket): void {
  const what = deed(on);
  if ('ping' in what) {
    for (let each = 0; each < what.ping; each++) socket.ping();
  } else if ('leave' in what) {
    if (what.leave === 'unfinished') socket.send('[2,"never', { fin: false });
    if (what.leave === 'close') socket.close(1000);
    else socket.terminate();
  } else if (what.pieces) {
    const text = String(what.send);
    const length = Math.ceil(text.length / what.pieces);
    for (let piece = 0; piece < what.pieces; piece++) {
      socket.send(text.slice(piece * length, (piece + 1) * length), { fin: piece === what.pieces - 1 });
    }
  } else socket.send(what.send, { binary: what.binary ?? false });
}

/** Whether the socket still answers a heartbeat, when all that was sent before it has been dealt with. */
async function answered(socket: WebSocket): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) return false;
  const id = `sync-${Math.random()}`;
  const reply = Promise.withResolvers<boolean>();
  const listen = (data: WebSocket.RawData) => {
    if (String(data).includes(id)) reply.resolve(true);
  };
  const gone = () => reply.resolve(false);
  socket.on('message', listen);
  socket.once('close', gone);
  const timer = setTimeout(() => reply.reject(new Error('The server answers nothing.')), 60_000);
  socket.send(JSON.stringify([2, id, 'Heartbeat', {}]));
  try {
    return await reply.promise;
  } finally {
    clearTimeout(timer);
    socket.off('message', listen);
    socket.off('close', gone);
  }
}

/** Upgrades, or begins to, and says nothing more; the other end is gone without a word. */
function halfOpen(server: ServerProcess, charger: Demo['chargers'][number]): void {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  const head = `GET /ocpp/${charger.uid} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
  const rest = `Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: ${authorization(charger)}\r\n\r\n`;
  const whole = Math.random() < 0.5;
  socket.write(whole ? head + key + rest : head);
  setTimeout(() => (whole ? socket.resetAndDestroy() : socket.destroy()), 200);
}
