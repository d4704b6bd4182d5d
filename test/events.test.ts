import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { system } from '../src/auth/viewer.ts';
import { db } from '../src/domains/db.ts';
import { BoundedQueue, SlowReaderError } from '../src/kernel/bounded-queue.ts';
import { type Context, inScopeOf } from '../src/kernel/context.ts';
import { emit, type LoggedEvent } from '../src/kernel/events.ts';
import { followEvents } from '../src/kernel/follow-events.ts';
import { networksScope } from '../src/kernel/scope.ts';
import { inTransaction } from '../src/kernel/transaction.ts';
import { eventually } from './support/eventually.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
/** A second process on the same database. */
let neighbour: TestServer;
let networkId: string;
const writers: pg.Client[] = [];
const readers: { end: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  server = await startTestServer({ settings: { ROLES: 'api' } });
  neighbour = await startTestServer({ databaseUrl: server.databaseUrl, settings: { ROLES: 'api' } });
  networkId = server.demo.networkId;
});
beforeEach(async () => {
  // both processes have read all that stands in the log: what a reader hears is of its own test
  const [row] = await server.sql<{ last: string }>(
    'select coalesce(max(sequence), 0)::text as last from events',
  );
  for (const { app } of [server, neighbour]) {
    app.hub.wake();
    await eventually(() => BigInt(app.hub.position()) >= BigInt(row!.last));
  }
});
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.end();
  for (const reader of readers.splice(0)) await reader.end();
});
afterAll(async () => {
  await neighbour?.close();
  await server?.close();
});

/** A connection that writes to the log by hand, so that the test says when it commits. */
async function writer(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.databaseUrl });
  await client.connect();
  writers.push(client);
  return client;
}

async function write(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `insert into events (id, network_id, type, occurred_at, payload)
     values ($1, $2, 'charger.status', now(), '{}') returning sequence::text`,
    [randomUUID(), networkId],
  );
  return rows[0].sequence;
}

/** All that the iterator yields from now on; `error` is what it ended with. */
function collect(events: AsyncIterableIterator<LoggedEvent>) {
  const collected = { sequences: [] as string[], error: undefined as unknown, end: () => events.return!() };
  readers.push(collected);
  void (async () => {
    try {
      for await (const event of events) collected.sequences.push(event.sequence);
    } catch (error) {
      collected.error = error;
    }
  })();
  return collected;
}

/** Resolves when the reader has looked at the log this many times more. */
async function readsOfTheLog(times: number): Promise<void> {
  const reads = () => server.statements.filter(sql => sql.includes('with page as')).length;
  const before = reads();
  await eventually(() => {
    server.app.hub.wake();
    return reads() >= before + times;
  });
}

const subscribe = (to: TestServer = server) => collect(to.app.hub.subscribe(() => true));
const context = (): Context => server.app.context(system, 'test', { scope: networksScope([networkId]) });
const inLog = async (after: string): Promise<string[]> =>
  (
    await server.sql<{ sequence: string }>(
      'select sequence::text from events where sequence > $1 order by events.sequence',
      [after],
    )
  ).map(row => row.sequence);

describe('the reader of the log', () => {
  it('waits for a transaction that drew its number first and commits last', async () => {
    const [slow, fast] = [await writer(), await writer()];
    const subscriber = subscribe();
    await slow.query('begin');
    const first = await write(slow);
    const second = await write(fast);
    await readsOfTheLog(5);
    expect(subscriber.sequences).toEqual([]);
    await slow.query('commit');
    server.app.hub.wake();
    await eventually(() => subscriber.sequences.length >= 2);
    expect(subscriber.sequences).toEqual([first, second]);
  });

  it('waits also for a transaction that is younger than all that have ended', async () => {
    const [old, young] = [await writer(), await writer()];
    const subscriber = subscribe();
    await old.query('begin');
    await old.query('select pg_current_xact_id()');
    await young.query('begin');
    const first = await write(young);
    const second = await write(old);
    await old.query('commit');
    await readsOfTheLog(5);
    expect(subscriber.sequences).toEqual([]);
    await young.query('commit');
    server.app.hub.wake();
    await eventually(() => subscriber.sequences.length >= 2);
    expect(subscriber.sequences).toEqual([first, second]);
  });

  it('passes the hole that a rollback leaves, and no other', async () => {
    const [slow, fast, failing] = [await writer(), await writer(), await writer()];
    const subscriber = subscribe();
    await slow.query('begin');
    const first = await write(slow);
    await failing.query('begin');
    const hole = await write(failing);
    const third = await write(fast);
    await failing.query('rollback');
    await readsOfTheLog(5);
    expect(subscriber.sequences).toEqual([]);
    await slow.query('commit');
    const fourth = await write(fast);
    server.app.hub.wake();
    await eventually(() => subscriber.sequences.length >= 3);
    expect(subscriber.sequences).toEqual([first, third, fourth]);
    expect(BigInt(third)).toBe(BigInt(hole) + 1n);
  });

  it('is not held up by a long transaction that drew no number', async () => {
    const [long, fast] = [await writer(), await writer()];
    const subscriber = subscribe();
    await long.query('begin');
    await long.query('select pg_current_xact_id()');
    const first = await write(fast);
    server.app.hub.wake();
    await eventually(() => subscriber.sequences.length === 1);
    const second = await write(long);
    await long.query('commit');
    server.app.hub.wake();
    await eventually(() => subscriber.sequences.length === 2);
    expect(subscriber.sequences).toEqual([first, second]);
  });

  it('hands each event of a burst to every process once, in order: 20 writers, commits out of order, rollbacks', async () => {
    const start = server.app.hub.position();
    const subscribers = [subscribe(), subscribe(), subscribe(neighbour)];
    const follower = collect(followEvents(context(), { wants: () => true, since: start }));
    const clients = await Promise.all(Array.from({ length: 20 }, writer));
    await Promise.all(
      clients.map(async (client, index) => {
        for (let round = 0; round < 100; round++) {
          await client.query('begin');
          await write(client);
          if (round % 10 === index % 10) await client.query('select pg_sleep(0.004)');
          await client.query((round + index) % 7 === 0 ? 'rollback' : 'commit');
          if (round % 5 === 0) server.app.hub.wake();
        }
      }),
    );
    server.app.hub.wake();
    const committed = await inLog(start);
    expect(committed.length).toBeGreaterThan(1_600);
    expect(committed.length).toBeLessThan(1_800);
    for (const reader of [...subscribers, follower]) {
      await eventually(() => reader.error ?? reader.sequences.at(-1) === committed.at(-1));
      expect(reader.error).toBeUndefined();
      expect(reader.sequences).toEqual(committed);
    }
  });

  it('another process hears of a commit here without waiting for its own next look', async () => {
    const queue = neighbour.app.hub.subscribe(() => true);
    const ctx = context();
    const took: number[] = [];
    // by itself it looks once a second: each but the first would then wait about that long
    for (let told = 0; told < 5; told++) {
      const before = Date.now();
      await inScopeOf(ctx, () =>
        inTransaction(ctx, tx =>
          emit(tx, { type: 'webhook.test', networkId, payload: { webhookId: networkId } }),
        ),
      );
      expect((await queue.next()).value).toMatchObject({ type: 'webhook.test' });
      took.push(Date.now() - before);
    }
    expect(Math.min(...took.slice(1))).toBeLessThan(500);
    queue.end();
  });
});

describe('an event', () => {
  it('is there if, and only if, the change is', async () => {
    const subscriber = subscribe();
    const start = server.app.hub.position();
    const rename = (name: string, then: () => void) => {
      const ctx = context();
      return inScopeOf(ctx, () =>
        inTransaction(ctx, async tx => {
          await db(tx).updateTable('networks').set({ name }).where('id', '=', networkId).execute();
          await emit(tx, { type: 'webhook.test', networkId, payload: { webhookId: name } });
          then();
        }),
      );
    };
    const failing = rename('Never', () => {
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await inLog(start)).toEqual([]);
    await rename('Renamed', () => {});
    await eventually(() => subscriber.sequences.length > 0);
    expect(subscriber.sequences).toEqual(await inLog(start));
    expect(await server.sql('select payload from events where sequence > $1', [start])).toEqual([
      { payload: { webhookId: 'Renamed' } },
    ]);
    expect(await server.sql('select name from networks')).toEqual([{ name: 'Renamed' }]);
  });

  it('cannot be told of outside the transaction of its change', async () => {
    const ctx = context();
    const telling = inScopeOf(ctx, () =>
      emit(ctx, { type: 'webhook.test', networkId, payload: { webhookId: networkId } }),
    );
    await expect(telling).rejects.toThrow('outside a transaction');
  });
});

describe('following from a starting point', () => {
  it('misses none and repeats none, wherever it starts, while events keep coming', async () => {
    const start = server.app.hub.position();
    const client = await writer();
    const followers: { since: string; events: ReturnType<typeof collect> }[] = [];
    const written: string[] = [];
    for (let index = 0; index < 1_400; index++) {
      written.push(await write(client));
      if (index % 20 === 0) server.app.hub.wake();
      if (index % 100 === 99) {
        const since = [start, written[Math.floor(index / 2)]!, written.at(-1)!][followers.length % 3]!;
        const events = collect(followEvents(context(), { wants: () => true, since }));
        followers.push({ since, events });
      }
    }
    server.app.hub.wake();
    expect(await inLog(start)).toEqual(written);
    for (const { since, events } of followers) {
      await eventually(() => events.error ?? events.sequences.at(-1) === written.at(-1));
      expect(events.sequences).toEqual(written.filter(sequence => BigInt(sequence) > BigInt(since)));
    }
  });

  it('without one: all from the moment of subscribing, also what comes before the first is asked for', async () => {
    const client = await writer();
    const events = followEvents(context(), { wants: () => true });
    const written = [await write(client), await write(client)];
    server.app.hub.wake();
    await eventually(() => BigInt(server.app.hub.position()) >= BigInt(written[1]!));
    const read = [(await events.next()).value, (await events.next()).value] as LoggedEvent[];
    expect(read.map(event => event.sequence)).toEqual(written);
    await events.return!();
  });

  it('one that this process has not reached yet, as a reader brings it from another: nothing twice', async () => {
    const [slow, fast] = [await writer(), await writer()];
    await slow.query('begin');
    await write(slow);
    const received = await write(fast);
    const events = collect(followEvents(context(), { wants: () => true, since: received }));
    const next = await write(fast);
    await slow.query('commit');
    server.app.hub.wake();
    await eventually(() => events.sequences.at(-1) === next);
    expect(events.sequences).toEqual([next]);
  });

  it('is not cut off by what happens meanwhile, however much, nor does it keep that for a reader that takes its time', async () => {
    const client = await writer();
    const flood = async (count: number) => {
      const { rows } = await client.query(
        `insert into events (id, network_id, type, occurred_at, payload)
         select gen_random_uuid(), $1, 'charger.status', now(), '{}' from generate_series(1, $2)
         returning sequence::text`,
        [networkId, count],
      );
      server.app.hub.wake();
      await eventually(() => server.app.hub.position() === rows.at(-1).sequence);
    };
    const start = server.app.hub.position();
    await flood(700);
    const events = followEvents(context(), { wants: () => true, since: start });
    const got: string[] = [];
    const take = async (count: number) => {
      for (let taken = 0; taken < count; taken++) got.push((await events.next()).value!.sequence);
    };
    await take(10);
    await flood(3_000);
    await take(1_000);
    await flood(3_000);
    await take(5_690);
    expect(got).toEqual(await inLog(start));
    // it has caught up: what comes now comes live, and no more is read for it
    const reads = () => server.statements.filter(sql => sql.includes('from events')).length;
    const [before, waiting] = [reads(), events.next()];
    await eventually(() => reads() > before);
    await flood(1);
    expect([...got, (await waiting).value!.sequence]).toEqual(await inLog(start));
    await events.return!();
    expect(server.app.hub.size).toBe(0);
  });

  it('of two processes in turn, each left in the middle of a burst: every event once, in order', async () => {
    const start = server.app.hub.position();
    const clients = await Promise.all(Array.from({ length: 8 }, writer));
    const written = Promise.all(
      clients.map(async (client, index) => {
        for (let round = 0; round < 120; round++) {
          await client.query('begin');
          await write(client);
          await client.query((round + index) % 7 === 0 ? 'rollback' : 'commit');
          if (round % 4 === 0) [server, neighbour][round % 8 ? 0 : 1]!.app.hub.wake();
        }
      }),
    );
    let last: string | undefined;
    void written.then(async () => {
      last = await write(clients[0]!);
    });
    const got: string[] = [];
    const isOver = () => last !== undefined && got.at(-1) === last;
    for (let move = 0; !isOver(); move++) {
      const { app } = [server, neighbour][move % 2]!;
      const ctx = app.context(system, 'test', { scope: networksScope([networkId]) });
      const events = followEvents(ctx, { wants: () => true, since: got.at(-1) ?? start });
      for (let taken = 0; taken < 30 && !isOver(); taken++) got.push((await events.next()).value!.sequence);
      await events.return!();
    }
    expect(got).toEqual(await inLog(start));
    expect(got.length).toBeGreaterThan(700);
  });

  it('tells of the follower’s own networks only, live and from the log', async () => {
    const start = server.app.hub.position();
    const client = await writer();
    const stranger = server.app.context(system, 'test', { scope: networksScope([randomUUID()]) });
    const own = collect(followEvents(context(), { wants: () => true, since: start }));
    const theirs = [undefined, start].map(since =>
      collect(followEvents(stranger, { wants: () => true, since })),
    );
    const written = await write(client);
    server.app.hub.wake();
    await eventually(() => own.sequences.length > 0);
    expect(own.sequences).toEqual([written]);
    expect(theirs.map(events => events.sequences)).toEqual([[], []]);
  });

  it('refuses what is no sequence', () => {
    for (const since of ['abc', '-1', '1.5', '9'.repeat(19), '']) {
      expect(() => followEvents(context(), { wants: () => true, since })).toThrow(
        'since: must be the sequence',
      );
    }
    expect(server.app.hub.size).toBe(0);
  });
});

describe('a reader that is too slow', () => {
  it('is dropped with the reason, and holds no more than its limit', async () => {
    const queue = server.app.hub.subscribe(() => true, 100);
    const quick = collect(server.app.hub.subscribe(() => true));
    const client = await writer();
    await client.query(
      `insert into events (id, network_id, type, occurred_at, payload)
       select gen_random_uuid(), $1, 'charger.status', now(), '{}' from generate_series(1, 300)`,
      [networkId],
    );
    server.app.hub.wake();
    await eventually(() => quick.sequences.length === 300);
    // nothing of what it had not read is kept for it, and the hub has forgotten it
    expect(server.app.hub.size).toBe(1);
    await expect(queue.next()).rejects.toThrow(SlowReaderError);
    await expect(queue.next()).resolves.toEqual({ value: undefined, done: true });
    await quick.end();
    expect(server.app.hub.size).toBe(0);
  });

  it('loses nothing up to the limit', async () => {
    let ended = 0;
    const queue = new BoundedQueue<number>(3, () => ended++);
    for (const item of [1, 2, 3]) queue.push(item);
    expect([(await queue.next()).value, (await queue.next()).value]).toEqual([1, 2]);
    for (const item of [4, 5]) queue.push(item);
    expect(ended).toBe(0);
    queue.push(6);
    expect(ended).toBe(1);
    await expect(queue.next()).rejects.toThrow('more than 3 events behind');
    queue.push(7);
    expect((await queue.next()).done).toBe(true);
    expect(ended).toBe(1);
  });

  it('a reader that waits is given the event at once, and the end, and the error', async () => {
    const queue = new BoundedQueue<number>(1, () => {});
    const waiting = queue.next();
    queue.push(1);
    expect(await waiting).toEqual({ value: 1, done: false });
    const failing = queue.next();
    queue.end(new Error('gone'));
    await expect(failing).rejects.toThrow('gone');
    const done = new BoundedQueue<number>(1, () => {});
    const last = done.next();
    await done.return();
    expect(await last).toEqual({ value: undefined, done: true });
  });
});
