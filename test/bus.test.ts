import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Logger, pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NotifyBus } from '../src/kernel/bus.ts';
import { connectAsOwner } from '../src/kernel/database.ts';
import { UnavailableError } from '../src/kernel/errors.ts';
import { eventually } from './support/eventually.ts';
import { cloneDatabase } from './support/server.ts';

let databaseUrl: string;
let owner: pg.Client;
const open: NotifyBus[] = [];
const log: Logger = pino({ level: 'silent' });

beforeAll(async () => {
  databaseUrl = await cloneDatabase();
  owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
});
afterEach(async () => {
  for (const bus of open.splice(0)) await bus.close();
});
afterAll(() => owner?.end());

/** A process's bus; its connection is known to PostgreSQL by the name. */
async function startBus(name: string): Promise<NotifyBus> {
  const bus = new NotifyBus(() => connectAsOwner(databaseUrl, name), log);
  open.push(bus);
  await bus.start();
  return bus;
}

async function kill(name: string): Promise<void> {
  const { rowCount } = await owner.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
    [name],
  );
  expect(rowCount).toBe(1);
}

const connections = async (name: string): Promise<number> =>
  (await owner.query('select from pg_stat_activity where application_name = $1', [name])).rowCount!;

describe('a question to one process', () => {
  it('gets that process’s answer, each of many at once its own', async () => {
    const [asker, answerer, other] = [await startBus('a'), await startBus('b'), await startBus('c')];
    answerer.serve('double', async body => (body as number) * 2);
    other.serve('double', async () => 'not asked');
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.map(number => asker.request(answerer.nodeId, 'double', number, 10_000)),
    );
    expect(answers).toEqual(numbers.map(number => number * 2));
  });

  it('a process may ask itself', async () => {
    const bus = await startBus('a');
    bus.serve('echo', async body => body);
    expect(await bus.request(bus.nodeId, 'echo', { deep: [1, null, 'x'] }, 5_000)).toEqual({
      deep: [1, null, 'x'],
    });
  });

  it('may be of any length, and so may the answer; none of it is kept', async () => {
    const [asker, answerer] = [await startBus('a'), await startBus('b')];
    answerer.serve('echo', async body => body);
    for (const text of ['x'.repeat(7_000), 'x'.repeat(8_000), 'é€😀'.repeat(3_000), 'y'.repeat(500_000)]) {
      expect(await asker.request(answerer.nodeId, 'echo', text, 10_000)).toBe(text);
    }
    expect((await owner.query('select from app.bus_messages')).rowCount).toBe(0);
  });

  it('a long one to a process that is gone is thrown away in time', async () => {
    const asker = await startBus('a');
    const ask = () => asker.request(randomUUID(), 'echo', 'x'.repeat(10_000), 20);
    await expect(ask()).rejects.toThrow(UnavailableError);
    expect((await owner.query('select from app.bus_messages')).rowCount).toBe(1);
    await owner.query(`update app.bus_messages set created_at = now() - interval '1 hour'`);
    await expect(ask()).rejects.toThrow(UnavailableError);
    expect((await owner.query('select from app.bus_messages')).rowCount).toBe(1);
    await owner.query('delete from app.bus_messages');
  });

  it('without an answer in time: unavailable, and an answer that comes late disturbs nothing', async () => {
    const [asker, answerer] = [await startBus('a'), await startBus('b')];
    const late = Promise.withResolvers<string>();
    answerer.serve('slow', () => late.promise);
    answerer.serve('quick', async () => 'here');
    const before = Date.now();
    const asking = asker.request(answerer.nodeId, 'slow', null, 100);
    await expect(asking).rejects.toThrow(UnavailableError);
    await expect(asking).rejects.toThrow('No answer within 0.1 s.');
    expect(Date.now() - before).toBeGreaterThanOrEqual(99);
    late.resolve('too late');
    expect(await asker.request(answerer.nodeId, 'quick', null, 5_000)).toBe('here');
  });

  it('to nobody: unavailable', async () => {
    const asker = await startBus('a');
    await expect(asker.request(randomUUID(), 'echo', null, 50)).rejects.toThrow(UnavailableError);
  });

  it.each([
    ['the handler fails', 'fail'],
    ['nothing there answers such a question', 'unknown'],
  ])('where %s: unavailable at once, with no inner detail', async (_, topic) => {
    const [asker, answerer] = [await startBus('a'), await startBus('b')];
    answerer.serve('fail', async () => {
      throw new Error('secret of the database');
    });
    const error = await asker.request(answerer.nodeId, topic, null, 10_000).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(UnavailableError);
    expect((error as Error).message).toBe('The process that holds the station could not answer.');
  });
});

describe('a word to all', () => {
  it('reaches every process that listens, the speaker too, in order', async () => {
    const buses = [await startBus('a'), await startBus('b'), await startBus('c')];
    const heard = buses.map(() => [] as string[]);
    for (const [index, bus] of buses.entries()) {
      await bus.subscribe('news', text => void heard[index]!.push(text));
    }
    const words = Array.from({ length: 50 }, (_, index) => `word ${index}`);
    for (const word of words) await buses[0]!.publish('news', word);
    await eventually(() => heard.every(texts => texts.length >= words.length));
    expect(heard).toEqual([words, words, words]);
  });

  it('reaches each listener of a process, and none of another channel', async () => {
    const bus = await startBus('a');
    const heard: string[] = [];
    await bus.subscribe('one', text => void heard.push(`first ${text}`));
    await bus.subscribe('one', text => void heard.push(`second ${text}`));
    await bus.subscribe('two', text => void heard.push(`other ${text}`));
    await bus.publish('one', 'x');
    await eventually(() => heard.length === 2);
    expect(heard).toEqual(['first x', 'second x']);
  });
});

describe('when its connection breaks', () => {
  it('it makes a new one and hears each word once again', async () => {
    const [asker, answerer] = [await startBus('a'), await startBus('b')];
    answerer.serve('echo', async body => body);
    const heard: string[] = [];
    await answerer.subscribe('news', text => void heard.push(text));
    for (let round = 0; round < 3; round++) {
      await kill('b');
      await eventually(async () => (await connections('b')) === 1);
      await eventually(() => asker.request(answerer.nodeId, 'echo', 'back', 200).catch(() => false));
      heard.length = 0;
      await asker.publish('news', `round ${round}`);
      await eventually(() => heard.length > 0);
      await asker.request(answerer.nodeId, 'echo', 'after', 5_000);
      expect(heard).toEqual([`round ${round}`]);
      expect(await connections('b')).toBe(1);
    }
  });

  it('who asks meanwhile is told that the other is unavailable, and nothing else', async () => {
    const [asker, answerer] = [await startBus('a'), await startBus('b')];
    answerer.serve('never', () => new Promise(() => {}));
    answerer.serve('echo', async body => body);
    const waiting = asker.request(answerer.nodeId, 'never', null, 300).catch(reason => reason);
    await kill('a');
    const outcomes = [await waiting];
    for (let index = 0; index < 20; index++) {
      outcomes.push(await asker.request(answerer.nodeId, 'echo', 'answer', 100).catch(reason => reason));
    }
    for (const outcome of outcomes) {
      if (outcome !== 'answer') expect(outcome).toBeInstanceOf(UnavailableError);
    }
    await eventually(() => asker.request(answerer.nodeId, 'echo', true, 200).catch(() => false));
  });

  it('while the database is away it tries again and again, then serves as before', async () => {
    let isAway = false;
    let attempts = 0;
    const bus = new NotifyBus(async () => {
      attempts++;
      if (isAway) throw new Error('connect ECONNREFUSED');
      return connectAsOwner(databaseUrl, 'd');
    }, log);
    open.push(bus);
    await bus.start();
    bus.serve('echo', async body => body);
    isAway = true;
    await kill('d');
    await eventually(() => attempts >= 3);
    await expect(bus.request(bus.nodeId, 'echo', 1, 100)).rejects.toThrow(UnavailableError);
    isAway = false;
    expect(await eventually(() => bus.request(bus.nodeId, 'echo', 'back', 200).catch(() => false))).toBe(
      'back',
    );
    expect(await connections('d')).toBe(1);
  });

  it('and the new one does not come about, who asks still has an answer in time', async () => {
    let isStuck = false;
    const bus = new NotifyBus(
      () => (isStuck ? new Promise(() => {}) : connectAsOwner(databaseUrl, 'f')),
      log,
    );
    await bus.start();
    bus.serve('echo', async body => body);
    isStuck = true;
    await kill('f');
    await eventually(async () => (await connections('f')) === 0);
    const before = Date.now();
    await expect(bus.request(bus.nodeId, 'echo', 1, 100)).rejects.toThrow(UnavailableError);
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  it('closed, it leaves no connection and makes no new one', async () => {
    const bus = await startBus('e');
    await bus.close();
    await eventually(async () => (await connections('e')) === 0);
    await expect(bus.publish('news', 'x')).rejects.toThrow('closed');
    expect(await connections('e')).toBe(0);
  });
});
