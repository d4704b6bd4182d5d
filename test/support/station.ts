import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import WebSocket from 'ws';

export type Frame =
  | [2, string, string, unknown]
  | [3, string, unknown]
  | [4, string, string, string, unknown];

export interface StationOptions {
  readonly socketUrl: string;
  readonly uid: string;
  readonly password: string | Buffer;
  readonly protocols?: string[];
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** A charging station that speaks raw frames: what it sends and hears is exactly what is on the wire. */
export class RawStation {
  readonly socket: WebSocket;
  readonly #frames: Frame[] = [];
  readonly #waiting: { wants: (frame: Frame) => boolean; resolve: (frame: Frame) => void }[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', data => this.#receive(JSON.parse(String(data)) as Frame));
  }

  /** Connects; rejects with a `RefusedUpgrade` that has the HTTP status where the server refuses. */
  static async connect(options: StationOptions): Promise<RawStation> {
    const { socketUrl, uid, password, protocols = ['ocpp1.6'], headers = {} } = options;
    const credentials = Buffer.concat([Buffer.from(`${uid}:`), Buffer.from(password as string)]);
    const socket = new WebSocket(`${socketUrl}${options.path ?? `/ocpp/${uid}`}`, protocols, {
      headers: { authorization: `Basic ${credentials.toString('base64')}`, ...headers },
    });
    const opened = Promise.withResolvers<void>();
    socket.on('open', () => opened.resolve());
    socket.on('unexpected-response', (request, response) => {
      opened.reject(new RefusedUpgrade(response.statusCode ?? 0, response.headers));
      request.destroy();
    });
    socket.on('error', error => opened.reject(error));
    const station = new RawStation(socket);
    await opened.promise;
    return station;
  }

  /** Sends a frame, or any text as it is. */
  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Sends a call and answers the frame that comes back for it, result or error. */
  async callFrame(action: string, payload: unknown, id: string = randomUUID()): Promise<Frame> {
    const answer = this.next(frame => frame[0] !== 2 && frame[1] === id);
    this.send([2, id, action, payload]);
    return answer;
  }

  /** Sends a call and answers its result; throws on a CALLERROR. */
  async call<Result = Record<string, unknown>>(
    action: string,
    payload: unknown,
    id?: string,
  ): Promise<Result> {
    const frame = await this.callFrame(action, payload, id);
    if (frame[0] !== 3) throw new Error(`${action} failed: ${JSON.stringify(frame)}`);
    return frame[2] as Result;
  }

  /** The server's next call of this action; answer it with `reply`. */
  async expectCall<Payload = Record<string, unknown>>(
    action: string,
  ): Promise<{ id: string; payload: Payload }> {
    const frame = await this.next(candidate => candidate[0] === 2 && candidate[2] === action);
    const [, id, , payload] = frame as [2, string, string, unknown];
    return { id, payload: payload as Payload };
  }

  reply(id: string, result: object): void {
    this.send([3, id, result]);
  }

  /** The first frame, of those that came and are not taken yet or of those to come, that is wanted. */
  next(wants: (frame: Frame) => boolean, timeoutMs = 10_000): Promise<Frame> {
    const at = this.#frames.findIndex(wants);
    if (at >= 0) return Promise.resolve(this.#frames.splice(at, 1)[0]!);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The frame did not come in time.')), timeoutMs);
      this.#waiting.push({
        wants,
        resolve: frame => {
          clearTimeout(timer);
          resolve(frame);
        },
      });
    });
  }

  /** Resolves with the close code once the socket is closed. */
  closed(): Promise<number> {
    if (this.socket.readyState === WebSocket.CLOSED) return Promise.resolve(1005);
    return new Promise(resolve => this.socket.once('close', code => resolve(code)));
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = this.closed();
    this.socket.close();
    await closed;
  }

  #receive(frame: Frame): void {
    const at = this.#waiting.findIndex(waiting => waiting.wants(frame));
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.resolve(frame);
    else this.#frames.push(frame);
  }
}

export class RefusedUpgrade extends Error {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  constructor(status: number, headers: IncomingHttpHeaders) {
    super(`The upgrade was refused with ${status}.`);
    this.status = status;
    this.headers = headers;
  }
}
