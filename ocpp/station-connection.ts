import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Station } from '../src/domains/chargers/station.ts';
import type { RPCServerClient } from './rpc-types.ts';

/** How many answered calls a socket remembers, to give a message that comes again its first answer. */
const REMEMBERED_ANSWERS = 64;
/** A station this far ahead of us has lost count; it is cut off rather than queued without end. */
const QUEUE_LIMIT = 1_000;

/** The library's own members that order and answers depend on; their names are pinned with its version. */
interface Internals {
  _onCall(messageId: string, action: string, payload: unknown): Promise<void>;
  _onCallResult(messageId: string, result: unknown): void;
  readonly _pendingCalls: ReadonlyMap<string, { readonly method: string }>;
  readonly _ws: { close(code: number, reason: string): void };
  sendRaw(message: string): void;
}

/** A station that is being parted from has this long to get the answers to what it has asked, and to give its own. */
const SETTLE_MS = 5_000;

/**
 * One station's socket. Its calls are handled in the order in which they arrive, one at a time; the same message
 * again (id, action and payload) gets the first answer and has no second effect (OCPP lines 6, 7 and 14).
 */
export class StationConnection {
  readonly station: Station;
  readonly connectionId: string;
  readonly client: RPCServerClient;
  readonly #answers = new Map<string, Promise<object>>();
  #calls: Promise<unknown> = Promise.resolve();
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #isDraining = false;
  readonly #closed: Promise<unknown>;
  lastMessageAt: Temporal.Instant;

  constructor(station: Station, connectionId: string, client: RPCServerClient, now: Temporal.Instant) {
    this.station = station;
    this.connectionId = connectionId;
    this.client = client;
    this.lastMessageAt = now;
    this.#closed = once(client, 'close');
    this.#surviveErrorsWhileClosing();
    this.#takeCallsInOrder();
    this.#keepPayloadsOutOfErrors();
  }

  /** Resolves when every call received so far has been answered, or the time is over. */
  async settled(withinMs: number): Promise<void> {
    await within(withinMs, this.#queue);
  }

  /**
   * Calls the station, once the calls before have ended. Rejects when no answer came within the time, or the socket
   * goes. A call that waited for more than half of its time is never sent: nobody might wait for its answer any more.
   */
  call(action: string, payload: object, timeoutMs: number): Promise<unknown> {
    const deadline = Date.now() + timeoutMs;
    const turn = this.#calls.then(() => {
      const callTimeoutMs = deadline - Date.now();
      if (callTimeoutMs < timeoutMs / 2) throw new Error('The station was still busy with the call before.');
      return this.client.call(action, payload, { callTimeoutMs });
    });
    this.#calls = turn.catch(() => {});
    return turn;
  }

  /** The answer to a call, made once for one message. */
  answerOnce(
    messageId: string,
    action: string,
    payload: unknown,
    make: () => Promise<object>,
  ): Promise<object> {
    const digest = createHash('sha256').update(JSON.stringify(payload)).digest('base64url');
    const key = `${messageId}\n${action}\n${digest}`;
    const known = this.#answers.get(key);
    if (known) return known;
    const answer = make();
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    if (this.#answers.size > REMEMBERED_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  }

  /** Mends the payloads of what the station says before they are validated. `schemaId`: `urn:Heartbeat.req`. */
  mendWith(mend: (schemaId: string, payload: unknown) => unknown): void {
    const internals = this.client as unknown as Internals;
    const onCall = internals._onCall;
    internals._onCall = (messageId, action, payload) =>
      onCall(messageId, action, mend(`urn:${action}.req`, payload));
    const onCallResult = internals._onCallResult.bind(this.client);
    internals._onCallResult = (messageId, result) => {
      const asked = internals._pendingCalls.get(messageId);
      onCallResult(messageId, asked ? mend(`urn:${asked.method}.conf`, result) : result);
    };
  }

  /**
   * Takes no more calls, waits for what is in flight in both directions, and closes the socket; within some seconds
   * whatever the station does. A call that comes meanwhile is not answered: the station sends it again elsewhere.
   */
  async drain(code: number, reason: string): Promise<void> {
    this.#isDraining = true;
    const isSettled = await within(SETTLE_MS, Promise.all([this.#queue, this.#calls]));
    // the library's own close waits for what is in flight, without end
    if (isSettled) void this.close(code, reason);
    else (this.client as unknown as Internals)._ws.close(code, reason);
    await this.#closed;
    // whoever closes the database next should not close it under work that is about to end
    if (!isSettled) await within(SETTLE_MS, this.#queue);
  }

  /** Fails what is still asked of the station, and closes the socket. */
  async close(code: number, reason: string): Promise<void> {
    await this.client.close({ code, reason });
  }

  /** The library's close rejects, to nobody, where the socket breaks meanwhile: that would end the process. */
  #surviveErrorsWhileClosing(): void {
    const close = this.client.close.bind(this.client);
    this.client.close = options => close(options).catch(() => undefined);
  }

  #takeCallsInOrder(): void {
    const internals = this.client as unknown as Internals;
    const onCall = internals._onCall.bind(this.client);
    internals._onCall = (messageId, action, payload) => {
      if (this.#isDraining) return Promise.resolve();
      if (++this.#queued > QUEUE_LIMIT) void this.close(1008, 'Too many calls without waiting for answers');
      const done = () => {
        this.#queued--;
      };
      // whatever becomes of a call, the next one gets its turn
      this.#queue = this.#queue.then(() => onCall(messageId, action, payload)).then(done, done);
      return this.#queue;
    };
  }

  /** The library puts the whole payload of an invalid call into its error's details. */
  #keepPayloadsOutOfErrors(): void {
    const internals = this.client as unknown as Internals;
    const sendRaw = internals.sendRaw.bind(this.client);
    internals.sendRaw = message => {
      if (!message.startsWith('[4,')) return sendRaw(message);
      const [type, id, code, description] = JSON.parse(message) as [number, string, string, string];
      sendRaw(JSON.stringify([type, id, code, description.slice(0, 255), {}]));
    };
  }
}

/** Whether the promise settles in time. */
async function within(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = Promise.withResolvers<boolean>();
  const timeout = setTimeout(() => timer.resolve(false), milliseconds);
  const settled = promise.then(() => true);
  return Promise.race([settled, timer.promise]).finally(() => clearTimeout(timeout));
}
