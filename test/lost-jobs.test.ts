import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { secretOf, startTestServer, type TestServer } from './support/server.ts';
import { deliveryIn, happen, subscribe } from './support/webhooks.ts';

const settings = { OUTGOING_ALLOW_LOOPBACK: 'true', OUTGOING_TIMEOUT_SECONDS: '60' };
let server: TestServer;
let receiver: Receiver;
let answer = Promise.withResolvers<void>();

beforeAll(async () => {
  server = await startTestServer({ settings });
  receiver = await startReceiver(async response => {
    await answer.promise;
    response.end('OK');
  });
});
afterEach(async () => {
  answer.resolve();
  await server.sql('delete from webhook_subscriptions');
  await server.sql('delete from graphile_worker._private_jobs where locked_by is not null');
  receiver.received.length = 0;
  answer = Promise.withResolvers();
});
afterAll(async () => {
  await server?.close();
  receiver?.close();
});

/** Begins to post and is not answered. */
async function beginToPost() {
  const webhook = await subscribe(server, receiver.url, 'charger.online');
  await happen(server, 'one');
  await receiver.expect(1);
  return webhook;
}

const holders = async () =>
  (
    await server.sql<{ pool: string }>(
      `select locked_by as pool from graphile_worker.jobs
        where locked_by is not null and task_identifier = 'send-webhooks'`,
    )
  ).map(({ pool }) => pool);

const HOURS_PASS = `update graphile_worker._private_jobs set locked_at = locked_at - interval '3 hours' where locked_at is not null`;
/** A pool of workers whose process died. */
const nobody = () => `pool-${randomUUID()}`;
const waiting = 'select from graphile_worker.jobs where key = $1';
/** Another job that does the same, begun just now. */
const alsoHeldBy = `
  insert into graphile_worker._private_jobs (task_id, payload, locked_at, locked_by)
  select task_id, payload, clock_timestamp(), $1 from graphile_worker._private_jobs
   where locked_by is not null and payload ->> 'subscriptionId' is not null`;

/** Another process, which has looked for lost jobs when this resolves. */
const startBeside = () =>
  startTestServer({
    databaseUrl: server.databaseUrl,
    settings: { ...settings, SECRET_KEY: secretOf(server) },
  });

describe('a job that takes long', () => {
  it('is left to the process that lives, however long it takes', async () => {
    const webhook = await beginToPost();
    const [holder] = await holders();
    await server.sql(HOURS_PASS);
    const beside = await startBeside();
    expect(await holders()).toEqual([holder]);
    answer.resolve();
    expect(await deliveryIn(server, webhook, 'Delivered')).toMatchObject({ attempts: 1 });
    expect(receiver.received).toHaveLength(1);
    await beside.close();
  });

  it('is done anew where nobody shows life for it, and its lease with it', async () => {
    const webhook = await beginToPost();
    const [holder] = await holders();
    // what the queue knows when another process had begun it, and died
    await server.sql('update graphile_worker._private_jobs set locked_by = $1 where locked_by = $2', [
      nobody(),
      holder,
    ]);
    // one that lives looks in vain at this moment
    await server.sql(alsoHeldBy, [holder]);
    await eventually(() => receiver.received.length === 2, { timeoutMs: 60_000 });
    answer.resolve();
    const [first, second] = receiver.received;
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    await deliveryIn(server, webhook, 'Delivered');
  }, 90_000);

  it('is not done twice at a time because another one for the same endpoint was lost', async () => {
    const webhook = await beginToPost();
    const [holder] = await holders();
    const dead = nobody();
    await server.sql(alsoHeldBy, [dead]);
    await eventually(async () => !(await holders()).includes(dead), { timeoutMs: 60_000 });
    // who takes it up finds the lease taken, and comes again when it ends
    await eventually(
      async () => (await server.sql(waiting, [`send-webhooks:${webhook.id}:lease`])).length === 1,
    );
    await eventually(async () => (await holders()).join() === holder);
    expect(receiver.received).toHaveLength(1);
    answer.resolve();
    expect(await deliveryIn(server, webhook, 'Delivered')).toMatchObject({ attempts: 1 });
  }, 90_000);
});

it('a process whose session breaks shows life again, and keeps what it is doing', async () => {
  const lives = async () =>
    server.sql<{ objid: string; pid: number }>(
      `select objid::text, pid from pg_locks join pg_stat_activity using (pid)
        where locktype = 'advisory' and application_name = 'chargegraph life' and datname = current_database()
        order by objid`,
    );
  await beginToPost();
  const [before, [holder]] = [await lives(), await holders()];
  expect(before.length).toBeGreaterThan(0);
  await server.sql('select pg_terminate_backend($1)', [before[0]!.pid]);
  const after = await eventually(async () => {
    const now = await lives();
    return now.length === before.length && now[0]!.pid !== before[0]!.pid && now;
  });
  expect(after.map(({ objid }) => objid)).toEqual(before.map(({ objid }) => objid));
  expect(await holders()).toEqual([holder]);
});
