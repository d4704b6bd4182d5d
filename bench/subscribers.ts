import { once } from 'node:events';
import WebSocket from 'ws';

// Those who listen in a soak of events, in a process of their own: forked by soak-events.ts, which sends it an Audience.

/** Subscribers who ask for the same, each on a socket of its own. */
export interface Group {
  readonly count: number;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

export interface Audience {
  readonly url: string;
  readonly apiKey: string;
  readonly groups: readonly Group[];
}

/** What a group's subscribers got: one text for each, the sequences with commas between. */
export interface Heard {
  readonly group: number;
  readonly sequences: readonly string[];
  readonly errors: readonly string[];
}

export type FromSubscribers =
  | { readonly open: number }
  | { readonly deliveries: number; readonly latenciesMs: readonly number[]; readonly cpuSeconds: number }
  | { readonly heard: Heard };

export type ToSubscribers = { readonly audience: Audience } | 'count' | 'report';

interface Subscriber {
  readonly socket: WebSocket;
  readonly sequences: string[];
  readonly errors: string[];
}

const CONNECT_AT_ONCE = 50;
const groups: Subscriber[][] = [];
let deliveries = 0;
let latenciesMs: number[] = [];

const send = (message: FromSubscribers) => process.send?.(message);
const now = () => performance.timeOrigin + performance.now();

/** One subscription by the protocol graphql-transport-ws, no more of it than is needed. */
async function subscribe({ url, apiKey }: Audience, { query, variables }: Group): Promise<Subscriber> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  const subscriber: Subscriber = { socket, sequences: [], errors: [] };
  socket.on('error', error => subscriber.errors.push(String(error)));
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { apiKey } }));
  await once(socket, 'message');
  socket.on('message', data => take(subscriber, String(data)));
  socket.on('close', (code, reason) => subscriber.errors.push(`closed ${code} ${reason}`));
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
  return subscriber;
}

function take(subscriber: Subscriber, text: string): void {
  const message = JSON.parse(text);
  if (message.type === 'ping') {
    subscriber.socket.send('{"type":"pong"}');
    return;
  }
  const event = message.payload?.data?.events;
  if (!event) {
    subscriber.errors.push(text.slice(0, 300));
    return;
  }
  subscriber.sequences.push(event.sequence);
  deliveries += 1;
  // each hundredth is enough to tell how long it takes
  if (deliveries % 100 === 0) latenciesMs.push(now() - event.payload.sentAtMs);
}

process.on('message', async (message: ToSubscribers) => {
  if (message === 'count') {
    const { user, system } = process.cpuUsage();
    send({ deliveries, latenciesMs, cpuSeconds: (user + system) / 1e6 });
    latenciesMs = [];
  } else if (message === 'report') {
    for (const [group, subscribers] of groups.entries()) {
      const errors = subscribers.flatMap(subscriber => subscriber.errors);
      send({
        heard: { group, errors, sequences: subscribers.map(({ sequences }) => sequences.join(',')) },
      });
      for (const { socket } of subscribers) socket.terminate();
    }
  } else {
    const { audience } = message;
    const wanted = audience.groups.flatMap((group, index) =>
      Array.from({ length: group.count }, () => ({ group, index })),
    );
    for (let from = 0; from < wanted.length; from += CONNECT_AT_ONCE) {
      const part = wanted.slice(from, from + CONNECT_AT_ONCE);
      const opened = await Promise.all(part.map(({ group }) => subscribe(audience, group)));
      for (const [each, { index }] of part.entries()) {
        groups[index] ??= [];
        groups[index].push(opened[each]!);
      }
    }
    send({ open: wanted.length });
  }
});
