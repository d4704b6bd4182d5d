import pg from 'pg';
import { Webhook as Standard } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../src/kernel/event-catalogue.ts';
import { eventually } from './support/eventually.ts';
import { type Received, type Receiver, startReceiver } from './support/receiver.ts';
import { secretOf, startTestServer, type TestServer } from './support/server.ts';
import {
  deliveriesOf,
  deliveryIn,
  detailOf,
  happen,
  makeJobsDue,
  subscribe,
  type Webhook,
  webhookId,
  webhookOf,
} from './support/webhooks.ts';

let server: TestServer;
let offsetMs = 0;
const receivers: Receiver[] = [];

beforeAll(async () => {
  server = await startTestServer({
    now: () => Temporal.Now.instant().add({ milliseconds: offsetMs }),
    settings: { OUTGOING_ALLOW_LOOPBACK: 'true', OUTGOING_TIMEOUT_SECONDS: '1' },
  });
});
afterAll(() => server.close());
afterEach(async () => {
  for (const receiver of receivers.splice(0)) receiver.close();
  await server.sql('delete from webhook_subscriptions');
  offsetMs = 0;
});

async function receive(...args: Parameters<typeof startReceiver>): Promise<Receiver> {
  const receiver = await startReceiver(...args);
  receivers.push(receiver);
  return receiver;
}

const markOf = ({ text }: Received): string => JSON.parse(text).chargerUid;
const verified = ({ secret }: { secret: string }, { text, headers }: Received): unknown =>
  new Standard(secret).verify(text, headers);
const mutate = <Result>(field: string, variables: object, declared: string, fields = '') =>
  server.graphql<{ result: Result }>(
    `mutation (${declared}) { result: ${field} { __typename ... on Error { code message } ${fields} } }`,
    variables,
  );

describe('a delivery', () => {
  it('is the flat event, signed as Standard Webhooks says, and found again by its id', async () => {
    const receiver = await receive();
    const webhook = await subscribe(server, receiver.url, 'charger.online, session.started');
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await happen(server, 'one');
    const [received] = await receiver.expect(1);
    expect(verified(webhook, received!)).toEqual({
      event: 'charger.online',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sequence: expect.any(Number),
      networkId: server.demo.networkId,
      occurredAt: expect.stringMatching(/:\d\dZ$/),
      chargerId: expect.any(String),
      chargerUid: 'one',
      isOnline: true,
    });
    expect(received!.headers['content-type']).toBe('application/json');
    const delivery = await deliveryIn(server, webhook, 'Delivered');
    expect(delivery).toMatchObject({
      id: received!.headers['webhook-id'],
      event_type: 'charger.online',
      payload: received!.text,
      http_status: 200,
      response_body: 'OK',
      success: true,
      attempts: 1,
      max_attempts: 5,
      next_retry_at: null,
    });
    const forged = { ...received!, text: received!.text.replace('one', 'two') };
    expect(() => verified(webhook, forged)).toThrow('No matching signature');
  });

  it('keeps its secret in no table in the clear', async () => {
    const receiver = await receive();
    const { secret } = await subscribe(server, receiver.url);
    const tables = await server.sql<{ found: boolean }>(
      `select position($1 in query_to_xml('select * from ' || relname, false, true, '')::text) > 0 as found
         from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
      [secret.slice(6)],
    );
    expect(tables.length).toBeGreaterThan(30);
    expect(tables.filter(({ found }) => found)).toEqual([]);
  });

  it('is made of what the subscription listens to alone, from its making on', async () => {
    const receiver = await receive();
    await happen(server, 'before');
    const wide = await subscribe(server, receiver.url);
    const narrow = await subscribe(server, receiver.url, 'session.started');
    await happen(server, 'after');
    await receiver.expect(1);
    await eventually(async () => (await webhookCursor()) >= (await lastSequence()));
    expect(receiver.received.map(markOf)).toEqual(['after']);
    expect(await deliveriesOf(server, wide)).toHaveLength(1);
    expect(await deliveriesOf(server, narrow)).toEqual([]);
  });

  it('is one for each event and subscription, however many processes read the log', async () => {
    const receiver = await receive();
    const others = await Promise.all(
      [1, 2].map(() =>
        startTestServer({
          databaseUrl: server.databaseUrl,
          settings: { OUTGOING_ALLOW_LOOPBACK: 'true', SECRET_KEY: secretOf(server) },
        }),
      ),
    );
    const webhooks = [await subscribe(server, receiver.url), await subscribe(server, receiver.url)];
    const marks = Array.from({ length: 120 }, (_, index) => `event ${index}`);
    await Promise.all(marks.map(mark => happen(server, mark)));
    await receiver.expect(240);
    await eventually(async () => (await webhookCursor()) >= (await lastSequence()));
    for (const webhook of webhooks) {
      const sent = receiver.received.filter(one => isSignedWith(webhook, one));
      expect(sent.map(markOf).sort()).toEqual(marks.toSorted());
    }
    expect(receiver.received).toHaveLength(240);
    await Promise.all(others.map(other => other.close()));
  });

  it('is of no event that was rolled back, and of the one that committed late', async () => {
    const receiver = await receive();
    await subscribe(server, receiver.url, 'charger.online');
    const insert = `insert into events (id, network_id, type, occurred_at, payload)
                    values (gen_random_uuid(), '${server.demo.networkId}', 'charger.online', now(), $1)`;
    const [late, undone] = [0, 1].map(() => new pg.Client({ connectionString: server.databaseUrl }));
    await Promise.all([late!.connect(), undone!.connect()]);
    await late!.query('begin');
    await late!.query(insert, [{ chargerUid: 'late' }]);
    await undone!.query('begin');
    await undone!.query(insert, [{ chargerUid: 'undone' }]);
    await happen(server, 'early');
    await undone!.query('rollback');
    await late!.query('commit');
    await receiver.expect(2);
    await eventually(async () => (await webhookCursor()) >= (await lastSequence()));
    expect(receiver.received.map(markOf).sort()).toEqual(['early', 'late']);
    await Promise.all([late!.end(), undone!.end()]);
  });

  it('is tried five times, further and further apart, and then given up', async () => {
    const receiver = await receive(response => response.writeHead(500).end('no'));
    const webhook = await subscribe(server, receiver.url);
    await happen(server, 'one');
    for (const [attempt, seconds] of [5, 300, 1800, 7200].entries()) {
      const delivery = await eventually(async () => {
        const [found] = await deliveriesOf(server, webhook);
        return found?.attempts === attempt + 1 && found;
      });
      expect(delivery).toMatchObject({ status: 'Pending', http_status: 500, success: false });
      const [job] = await eventually(async () => {
        const jobs = await server.sql<{ runAt: string }>(
          `select extract(epoch from run_at - now()) as "runAt" from graphile_worker._private_jobs
            where key = $1 and locked_at is null and run_at > now()`,
          [`send-webhooks:${webhook.id}:due`],
        );
        return jobs.length > 0 && jobs;
      });
      const untilSeconds = Number(job!.runAt) - offsetMs / 1000;
      expect(untilSeconds).toBeGreaterThan(seconds - 5);
      expect(untilSeconds).toBeLessThanOrEqual(seconds * 1.2);
      offsetMs += seconds * 1200;
      await makeJobsDue(server);
    }
    const given = await deliveryIn(server, webhook, 'Failed');
    expect(given).toMatchObject({ attempts: 5, max_attempts: 5, next_retry_at: null, response_body: 'no' });
    expect(given.completed_at).not.toBeNull();
    expect(receiver.received).toHaveLength(5);
    expect(new Set(receiver.received.map(one => one.headers['webhook-id']))).toEqual(new Set([given.id]));
    expect(await webhookOf(server, webhook)).toMatchObject({ consecutive_failures: 1, is_active: true });
    const { data } = await server.graphql<{ node: { attempts: object[] } }>(
      'query ($id: ID!) { node(id: $id) { ... on WebhookDelivery { attempts { number httpStatus error } } } }',
      { id: Buffer.from(`WebhookDelivery:${given.id}`).toString('base64') },
    );
    expect(data.node.attempts).toEqual(
      [1, 2, 3, 4, 5].map(number => ({ number, httpStatus: 500, error: null })),
    );
  });

  it('that is answered at the second attempt ends the run of failures', async () => {
    let answers = 0;
    const receiver = await receive(response => response.writeHead(answers++ === 0 ? 503 : 204).end());
    const webhook = await subscribe(server, receiver.url);
    await server.sql('update webhook_subscriptions set consecutive_failures = 7');
    await happen(server, 'one');
    await deliveryIn(server, webhook, 'Pending');
    await receiver.expect(1);
    await eventually(async () => (await deliveriesOf(server, webhook))[0]?.attempts === 1);
    offsetMs += 6_000;
    await makeJobsDue(server);
    const delivery = await deliveryIn(server, webhook, 'Delivered');
    expect(delivery).toMatchObject({ attempts: 2, http_status: 204 });
    expect(await webhookOf(server, webhook)).toMatchObject({ consecutive_failures: 0 });
  });

  it('keeps 2 KB of an answer, whatever its length, and lets the rest be', async () => {
    const receiver = await receive(response => {
      response.writeHead(200);
      response.on('error', () => {});
      const flood = () => {
        while (!response.destroyed && response.write('é'.repeat(8192)));
        if (!response.destroyed) response.once('drain', flood);
      };
      flood();
    });
    const webhook = await subscribe(server, receiver.url);
    await happen(server, 'one');
    const { response_body: body } = await deliveryIn(server, webhook, 'Delivered');
    expect(body).toBe('é'.repeat(1024));
  });

  it('may be answered with anything, also with what no database holds as text', async () => {
    const receiver = await receive(response => response.end(Buffer.from([0x61, 0, 0xff, 0x62])));
    const webhook = await subscribe(server, receiver.url);
    await happen(server, 'one');
    expect((await deliveryIn(server, webhook, 'Delivered')).response_body).toBe('a\uFFFD\uFFFDb');
  });

  it('follows no redirect', async () => {
    const target = await receive();
    const receiver = await receive(response => response.writeHead(307, { location: target.url }).end());
    const webhook = await subscribe(server, receiver.url);
    await happen(server, 'one');
    await receiver.expect(1);
    const delivery = await eventually(async () => {
      const [found] = await deliveriesOf(server, webhook);
      return found?.attempts === 1 && found;
    });
    expect(delivery).toMatchObject({ status: 'Pending', http_status: 307 });
    expect(target.received).toEqual([]);
  });

  it.each([
    ['hangs', () => {}],
    [
      'hangs in the middle of its answer',
      (response: { write(text: string): void }) => response.write('half'),
    ],
  ])('to an endpoint that %s fails at the time-out, and delays no other endpoint', async (_, hang) => {
    const hanging = await receive(hang as never);
    const fast = await receive();
    const slow = await subscribe(server, hanging.url);
    const quick = await subscribe(server, fast.url);
    const marks = Array.from({ length: 40 }, (_, index) => `event ${index}`);
    await happen(server, ...marks);
    await eventually(
      async () => (await deliveriesOf(server, quick)).filter(one => one.success).length === 40,
    );
    // of those that hang only a few are on their way at a time
    expect(hanging.received.length).toBeLessThan(40);
    expect((await deliveriesOf(server, slow)).filter(one => one.success)).toEqual([]);
    const { id } = await eventually(async () =>
      (await deliveriesOf(server, slow)).find(one => one.attempts === 1),
    );
    const { data } = await server.graphql<{ node: { lastAttempt: object } }>(
      'query ($id: ID!) { node(id: $id) { ... on WebhookDelivery { lastAttempt { httpStatus error } } } }',
      { id: Buffer.from(`WebhookDelivery:${id}`).toString('base64') },
    );
    expect(data.node.lastAttempt).toEqual({ httpStatus: null, error: 'No whole answer within 1 s.' });
  });
});

describe('the secret', () => {
  const rotate = async (webhook: Webhook, overlapHours?: number) => {
    const { data } = await mutate<{ secret: string }>(
      'rotateWebhookSecret(id: $id, overlapHours: $hours)',
      { id: webhookId(webhook), hours: overlapHours },
      '$id: ID!, $hours: Int',
      '... on WebhookSecret { secret }',
    );
    return data.result;
  };

  it('that was rotated signs with the new one, for a day with the old one as well', async () => {
    const receiver = await receive();
    const old = await subscribe(server, receiver.url);
    const fresh = await rotate(old);
    expect(fresh.secret).not.toBe(old.secret);
    await happen(server, 'within the day');
    const [first] = await receiver.expect(1);
    expect(first!.headers['webhook-signature']!.split(' ')).toHaveLength(2);
    expect(verified(old, first!)).toEqual(verified(fresh, first!));
    await server.sql(`update webhook_subscriptions set previous_secret_until = now() - interval '1 s'`);
    await happen(server, 'later');
    const second = (await receiver.expect(2))[1]!;
    expect(verified(fresh, second)).toMatchObject({ chargerUid: 'later' });
    expect(() => verified(old, second)).toThrow('No matching signature');
  });

  it('is replaced at once where no overlap is asked for', async () => {
    const receiver = await receive();
    const old = await subscribe(server, receiver.url);
    const fresh = await rotate(old, 0);
    await happen(server, 'one');
    const [received] = await receiver.expect(1);
    expect(verified(fresh, received!)).toMatchObject({ chargerUid: 'one' });
    expect(() => verified(old, received!)).toThrow('No matching signature');
    expect((await rotate(old, 169)) as object).toMatchObject({ __typename: 'ValidationError' });
  });
});

describe('a subscription', () => {
  it('that failed 20 times in a row is disabled, with an event and an alert, and can be enabled again', async () => {
    let status = 500;
    const receiver = await receive(response => response.writeHead(status).end());
    const watcher = await receive();
    const webhook = await subscribe(server, receiver.url, 'charger.online');
    await subscribe(server, watcher.url, 'webhook.disabled,alert.raised');
    const marks = Array.from({ length: 30 }, (_, index) => `event ${index}`);
    await happen(server, ...marks);
    await eventually(async () => (await deliveriesOf(server, webhook)).length === 30);
    await receiver.expect(30);
    await eventually(async () => (await deliveriesOf(server, webhook)).every(one => one.attempts === 1));
    // the next one is their last
    await server.sql(`update webhook_deliveries set max_attempts = 2 where event_type = 'charger.online'`);
    offsetMs += 10_000;
    await makeJobsDue(server);
    const disabled = await eventually(async () => {
      const found = await webhookOf(server, webhook);
      return !found.is_active && found;
    });
    expect(disabled).toMatchObject({ disabled_reason: '20 deliveries in a row failed.' });
    expect(disabled.disabled_at).not.toBeNull();
    const told = await watcher.expect(2);
    expect(told.map(one => JSON.parse(one.text).event).sort()).toEqual(['alert.raised', 'webhook.disabled']);
    expect(told.map(one => one.text).join()).not.toContain('/hook');
    const { data } = await server.graphql<{ alerts: { nodes: { type: string }[] } }>(
      '{ alerts { nodes { type } } }',
    );
    expect(data.alerts.nodes).toEqual([{ type: 'WEBHOOK_DISABLED' }]);
    // what is left is not sent, and waits to be recovered
    await eventually(async () =>
      (await deliveriesOf(server, webhook)).every(one => ['Failed', 'Skipped'].includes(one.status)),
    );
    expect(receiver.received.length).toBeLessThan(60);

    const missed = Temporal.Now.instant().subtract({ hours: 1 }).toString();
    await happen(server, 'while it was disabled');
    await eventually(async () => (await webhookCursor()) >= (await lastSequence()));
    status = 200;
    const recover = () =>
      mutate<{ __typename: string; code?: string }>(
        'recoverWebhookDeliveries(webhookId: $id, from: $from, to: $to)',
        { id: webhookId(webhook), from: missed, to: server.app.now().add({ hours: 1 }).toString() },
        '$id: ID!, $from: DateTime!, $to: DateTime!',
      );
    expect((await recover()).data.result).toMatchObject({ code: 'conflict' });
    const patched = await server.rest('PATCH', `/webhooks/${webhook.id}`, { body: { isActive: true } });
    expect(patched.body.data).toMatchObject({
      is_active: true,
      consecutive_failures: 0,
      disabled_at: null,
      disabled_reason: null,
    });
    const before = receiver.received.length;
    expect((await recover()).data.result).toEqual({ __typename: 'WebhookSubscription' });
    await receiver.expect(before + 31);
    await eventually(async () => (await deliveriesOf(server, webhook)).every(one => one.success));
    const recovered = receiver.received.slice(before).map(markOf);
    expect(recovered.toSorted()).toEqual([...marks, 'while it was disabled'].toSorted());
    expect(await deliveriesOf(server, webhook)).toHaveLength(31);
  });

  it('whose receiver answers 410 Gone is disabled at once, with the reason, an event and an alert', async () => {
    const receiver = await receive(response => response.writeHead(410).end());
    const watcher = await receive();
    const webhook = await subscribe(server, receiver.url, 'charger.online');
    await subscribe(server, watcher.url, 'webhook.disabled,alert.raised');
    await happen(server, 'one');
    expect(await deliveryIn(server, webhook, 'Failed')).toMatchObject({ attempts: 1, http_status: 410 });
    expect(await webhookOf(server, webhook)).toMatchObject({
      is_active: false,
      consecutive_failures: 1,
      disabled_reason: 'The receiver answered 410 Gone.',
    });
    const told = (await watcher.expect(2)).map(({ text }) => JSON.parse(text));
    expect(told.find(({ event }) => event === 'webhook.disabled')).toMatchObject({
      webhookId: webhook.id,
      reason: 'The receiver answered 410 Gone.',
    });
    expect(told.find(({ event }) => event === 'alert.raised').message).toContain('410 Gone');
    await happen(server, 'two');
    await eventually(async () => (await webhookCursor()) >= (await lastSequence()));
    expect(await deliveriesOf(server, webhook)).toHaveLength(1);
    expect(receiver.received).toHaveLength(1);
  });

  it('recovers nothing from outside the range, and nothing twice', async () => {
    const receiver = await receive();
    const webhook = await subscribe(server, receiver.url, 'charger.online');
    await server.rest('PATCH', `/webhooks/${webhook.id}`, { body: { isActive: false } });
    const start = server.app.now();
    for (const mark of ['first', 'second', 'third']) {
      offsetMs += 60_000;
      await happen(server, mark);
    }
    await eventually(async () => (await webhookCursor()) >= (await lastSequence()));
    await server.rest('PATCH', `/webhooks/${webhook.id}`, { body: { isActive: true } });
    const range = {
      id: webhookId(webhook),
      from: start.add({ seconds: 90 }).toString(),
      to: start.add({ seconds: 150 }).toString(),
    };
    for (let time = 0; time < 2; time++) {
      await mutate(
        'recoverWebhookDeliveries(webhookId: $id, from: $from, to: $to)',
        range,
        '$id: ID!, $from: DateTime!, $to: DateTime!',
      );
      await eventually(async () => (await server.sql(recovering)).length === 0);
    }
    await deliveryIn(server, webhook, 'Delivered');
    expect(receiver.received.map(markOf)).toEqual(['second']);
  });

  it('has any delivery sent again under its id: one that succeeded, and one that was given up', async () => {
    let status = 200;
    const receiver = await receive(response => response.writeHead(status).end());
    const webhook = await subscribe(server, receiver.url);
    await happen(server, 'one');
    const { id } = await deliveryIn(server, webhook, 'Delivered');
    const retry = () => server.rest('POST', `/webhooks/${webhook.id}/deliveries/${id}/retry`);
    status = 500;
    const answer = await retry();
    expect([answer.status, answer.body]).toEqual([202, { data: { delivery_id: id, retry_enqueued: true } }]);
    await receiver.expect(2);
    // the attempts of the first round are not over
    expect(await eventually(async () => (await attempts()) === 2 && detail())).toMatchObject({
      status: 'Pending',
      max_attempts: 5,
    });
    await server.sql('update webhook_deliveries set max_attempts = 3');
    await retry();
    expect(await deliveryIn(server, webhook, 'Failed')).toMatchObject({ attempts: 3 });
    status = 200;
    await retry();
    expect(await deliveryIn(server, webhook, 'Delivered')).toMatchObject({ attempts: 4, max_attempts: 4 });
    expect(new Set(receiver.received.map(one => one.headers['webhook-id']))).toEqual(new Set([id]));

    async function attempts() {
      return (await deliveriesOf(server, webhook))[0]?.attempts;
    }
    async function detail() {
      return detailOf(server, webhook, id);
    }
  });

  it('is tested, also while it is disabled, and nobody else with it', async () => {
    const [receiver, other] = [await receive(), await receive()];
    const webhook = await subscribe(server, receiver.url, 'session.started');
    await subscribe(server, other.url);
    await server.rest('PATCH', `/webhooks/${webhook.id}`, { body: { isActive: false } });
    const answer = await server.rest('POST', `/webhooks/${webhook.id}/test`);
    expect([answer.status, answer.body]).toEqual([
      200,
      { data: { webhook_id: webhook.id, test_enqueued: true } },
    ]);
    const [received] = await receiver.expect(1);
    expect(verified(webhook, received!)).toMatchObject({ event: 'webhook.test', webhookId: webhook.id });
    await deliveryIn(server, webhook, 'Delivered');
    expect(other.received).toEqual([]);
  });

  it('that is disabled by its operator says so, and sends nothing that was waiting', async () => {
    const receiver = await receive(response => response.writeHead(500).end());
    const webhook = await subscribe(server, receiver.url);
    await happen(server, 'one');
    await eventually(async () => (await deliveriesOf(server, webhook))[0]?.attempts === 1);
    const { body } = await server.rest('PATCH', `/webhooks/${webhook.id}`, { body: { isActive: false } });
    expect(body.data).toMatchObject({ is_active: false, disabled_reason: 'Disabled by an operator.' });
    await deliveryIn(server, webhook, 'Skipped');
    offsetMs += 20_000;
    await makeJobsDue(server);
    await happen(server, 'two');
    await eventually(async () => (await webhookCursor()) >= (await lastSequence()));
    await eventually(async () => (await server.sql(sending)).length === 0);
    expect(receiver.received).toHaveLength(1);
  });

  it('takes its deliveries with it when it is deleted, also on their way', async () => {
    let release = () => {};
    const receiver = await receive(response => {
      release = () => response.end();
    });
    const webhook = await subscribe(server, receiver.url);
    await happen(server, 'one');
    await receiver.expect(1);
    expect((await server.rest('DELETE', `/webhooks/${webhook.id}`)).status).toBe(204);
    release();
    await eventually(async () => (await server.sql(sending)).length === 0);
    expect(await server.sql('select from webhook_deliveries')).toEqual([]);
    expect((await server.rest('GET', `/webhooks/${webhook.id}/deliveries`)).status).toBe(404);
  });

  it('is made once under an Idempotency-Key, its secret shown again', async () => {
    const body = { url: 'https://example.com/hook', events: '*', description: 'Once' };
    const create = () => server.rest('POST', '/webhooks', { body, headers: { 'idempotency-key': 'hook-1' } });
    const [first, second] = [await create(), await create()];
    expect(second.body).toEqual(first.body);
    expect((await server.rest('GET', '/webhooks')).body.data).toHaveLength(1);
  });

  it('is refused for events that there are not, and for none', async () => {
    const url = 'https://example.com/hook';
    for (const events of ['', ' , ', 'session.start', '*,session.started', 'session.started,*,x']) {
      const answer = await server.rest('POST', '/webhooks', { body: { url, events, description: '' } });
      expect([events, answer.status, answer.body]).toEqual([
        events,
        422,
        { error: 'invalid_events', message: expect.any(String) },
      ]);
    }
    const webhook = await subscribe(server, url);
    for (const events of [[], ['nothing'], ['*', 'session.started']]) {
      const answer = await server.rest('PATCH', `/webhooks/${webhook.id}`, { body: { events } });
      expect([answer.status, answer.body.error]).toEqual([422, 'invalid_events']);
    }
    const types = await server.rest('GET', '/webhooks/event-types');
    expect(types.body).toEqual({ data: [...EVENT_TYPES] });
  });

  it('is there a hundred times in a network, and not once more', async () => {
    await server.sql(
      `insert into webhook_subscriptions (id, network_id, url, events, description, sealed_secret, is_active,
                                          consecutive_failures, starts_behind)
       select gen_random_uuid(), $1, 'https://example.com', '{*}', '', '', false, 0, 0 from generate_series(1, 100)`,
      [server.demo.networkId],
    );
    const answer = await server.rest('POST', '/webhooks', {
      body: { url: 'https://example.com/', events: '*', description: '' },
    });
    expect([answer.status, answer.body.error]).toEqual([409, 'conflict']);
  });
});

const recovering = `select from graphile_worker.jobs where task_identifier = 'recover-webhooks' and run_at <= now()`;
const sending = `select from graphile_worker.jobs where task_identifier = 'send-webhooks' and run_at <= now()`;

const webhookCursor = async (): Promise<number> =>
  Number(
    (await server.sql<{ sequence: string }>(`select sequence from event_cursors where id = 'webhooks'`))[0]!
      .sequence,
  );
const lastSequence = async (): Promise<number> =>
  Number((await server.sql<{ last: string }>('select max(sequence) as last from events'))[0]!.last);

function isSignedWith(webhook: Webhook, received: Received): boolean {
  try {
    verified(webhook, received);
    return true;
  } catch {
    return false;
  }
}
