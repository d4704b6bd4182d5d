import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import { UnavailableError } from './errors.ts';

/** Between the processes that share a database: a word to all, and a question to one with its answer. */
export interface Bus {
  readonly nodeId: string;
  /** Tells every process, this one included. `text` is at most 7,000 bytes. */
  publish(channel: string, text: string): Promise<void>;
  subscribe(channel: string, listener: (text: string) => void): Promise<void>;
  /** Asks one process. Throws UnavailableError where no answer came within the time. */
  request(nodeId: string, topic: string, body: unknown, timeoutMs: number): Promise<unknown>;
  /** Answers what other processes ask under the topic. What it throws, the asker gets as an error. */
  serve(topic: string, handler: (body: unknown) => Promise<unknown>): void;
  close(): Promise<void>;
}

type Message =
  | { kind: 'request'; id: string; from: string; topic: string; body: unknown }
  | { kind: 'answer'; id: string; body?: unknown; error?: string };

/** NOTIFY's own limit is 8,000 bytes, its framing included; a longer message travels through a table. */
const MAX_NOTIFY_BYTES = 7_000;
/** A message that its process has not fetched by then will not be fetched. */
const KEPT_FOR = '10 minutes';
const RECONNECT_MS = 500;

const nodeChannel = (nodeId: string) => `node_${nodeId.replaceAll('-', '')}`;

/** The bus on PostgreSQL's LISTEN and NOTIFY, over a connection of its own that is renewed when it breaks. */
export class NotifyBus implements Bus {
  readonly nodeId = randomUUID();
  readonly #connect: () => Promise<pg.Client>;
  readonly #log: Logger;
  readonly #listeners = new Map<string, ((text: string) => void)[]>();
  readonly #handlers = new Map<string, (body: unknown) => Promise<unknown>>();
  readonly #pending = new Map<string, PromiseWithResolvers<unknown>>();
  #client: Promise<pg.Client> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(connect: () => Promise<pg.Client>, log: Logger) {
    this.#connect = connect;
    this.#log = log;
    this.#listeners.set(nodeChannel(this.nodeId), [text => void this.#receive(text)]);
  }

  async start(): Promise<void> {
    await this.#connection();
  }

  async publish(channel: string, text: string): Promise<void> {
    await this.#query('select pg_notify($1, $2)', [channel, text]);
  }

  async subscribe(channel: string, listener: (text: string) => void): Promise<void> {
    const known = this.#listeners.get(channel);
    if (known) {
      known.push(listener);
      return;
    }
    this.#listeners.set(channel, [listener]);
    await this.#query(`listen ${channel}`);
  }

  async request(nodeId: string, topic: string, body: unknown, timeoutMs: number): Promise<unknown> {
    const id = randomUUID();
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    const timer = setTimeout(
      () => answer.reject(new UnavailableError(`No answer within ${timeoutMs / 1000} s.`)),
      timeoutMs,
    );
    try {
      this.#send(nodeId, { kind: 'request', id, from: this.nodeId, topic, body }).catch(error => {
        this.#log.warn({ err: error, topic }, 'bus request not sent');
        answer.reject(new UnavailableError('The process that holds the station cannot be reached.'));
      });
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  serve(topic: string, handler: (body: unknown) => Promise<unknown>): void {
    this.#handlers.set(topic, handler);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  async #send(nodeId: string, message: Message): Promise<void> {
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text) <= MAX_NOTIFY_BYTES) return this.publish(nodeChannel(nodeId), text);
    await this.#query(
      `with gone as (delete from app.bus_messages where created_at < now() - interval '${KEPT_FOR}'),
            stored as (insert into app.bus_messages (body) values ($2) returning id)
       select pg_notify($1, 'stored:' || id) from stored`,
      [nodeChannel(nodeId), text],
    );
  }

  async #receive(text: string): Promise<void> {
    try {
      const message = JSON.parse(
        text.startsWith('stored:') ? await this.#fetch(text.slice(7)) : text,
      ) as Message;
      if (message.kind === 'request') await this.#answer(message);
      else if (message.error === undefined) this.#pending.get(message.id)?.resolve(message.body);
      else this.#pending.get(message.id)?.reject(new UnavailableError(message.error));
    } catch (error) {
      this.#log.error({ err: error }, 'bus message not handled');
    }
  }

  async #answer(request: Extract<Message, { kind: 'request' }>): Promise<void> {
    const handler = this.#handlers.get(request.topic);
    let answer: Message;
    try {
      if (!handler) throw new Error(`Nothing here answers ${request.topic}.`);
      answer = { kind: 'answer', id: request.id, body: await handler(request.body) };
    } catch (error) {
      this.#log.error({ err: error, topic: request.topic }, 'bus request failed');
      answer = {
        kind: 'answer',
        id: request.id,
        error: 'The process that holds the station could not answer.',
      };
    }
    await this.#send(request.from, answer);
  }

  async #fetch(id: string): Promise<string> {
    const { rows } = await this.#query('delete from app.bus_messages where id = $1 returning body', [id]);
    return rows[0].body;
  }

  /** One statement at a time, as they come: a client of `pg` takes no more. */
  #query(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    const turn = this.#turn.then(async () => (await this.#connection()).query(text, values));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #connection(): Promise<pg.Client> {
    if (this.#closed) throw new Error('The bus is closed.');
    this.#client ??= this.#listen();
    return this.#client;
  }

  async #listen(): Promise<pg.Client> {
    let client: pg.Client | undefined;
    try {
      client = await this.#connect();
      client.on('error', error => this.#log.warn({ err: error }, 'bus connection lost'));
      client.on('notification', ({ channel, payload }) => {
        for (const listener of this.#listeners.get(channel) ?? []) listener(payload ?? '');
      });
      for (const channel of this.#listeners.keys()) await client.query(`listen ${channel}`);
      client.once('end', () => this.#reconnect());
      return client;
    } catch (error) {
      client?.end().catch(() => {});
      this.#reconnect();
      throw error;
    }
  }

  #reconnect(): void {
    this.#client = undefined;
    if (this.#closed) return;
    setTimeout(() => {
      if (!this.#closed)
        this.#connection().catch(error => this.#log.warn({ err: error }, 'bus not connected'));
    }, RECONNECT_MS).unref();
  }
}
