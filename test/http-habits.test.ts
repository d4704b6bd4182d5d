import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootedStation, demoCharger } from './support/charge.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const newUser = (email: string) => ({ email, firstName: 'Ana', lastName: 'Cruz' });
const post = (path: string, body: object, key: string) =>
  server.rest('POST', path, { body, headers: { 'idempotency-key': key } });
const usersWith = async (email: string) =>
  (await server.rest('GET', `/users?search=${email}`)).body.pagination.totalCount as number;

describe('a POST under an Idempotency-Key', () => {
  it('has one effect and one answer, however often it comes', async () => {
    const first = await post('/users', newUser('once@example.com'), 'a-key');
    const again = await post('/users', newUser('once@example.com'), 'a-key');
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(await usersWith('once@example.com')).toBe(1);
  });

  it('is answered again with the refusal that it got', async () => {
    const taken = await post('/users', newUser('once@example.com'), 'refused');
    expect([taken.status, taken.body.error]).toEqual([409, 'email_taken']);
    expect((await post('/users', newUser('once@example.com'), 'refused')).body).toEqual(taken.body);
  });

  it('is a conflict with another body, and another thing on another route', async () => {
    await post('/users', newUser('first@example.com'), 'shared');
    const other = await post('/users', newUser('second@example.com'), 'shared');
    expect([other.status, other.body.error]).toEqual([409, 'conflict']);
    const price = { tariffId: (await server.rest('GET', '/tariffs')).body.data[0].id, energyKwh: 1 };
    expect((await post('/pricing/calculate', price, 'shared')).status).toBe(200);
  });

  it('starts one charge of ten requests at once', async () => {
    const station = await bootedStation(server, 'DEMO-AC-01');
    const body = {
      chargerId: demoCharger(server, 'DEMO-AC-01').id,
      connectorNumber: 1,
      idTag: server.demo.idTag,
    };
    const asked = Array.from({ length: 10 }, () => post('/charging/start', body, 'start'));
    const call = await station.expectCall('RemoteStartTransaction');
    station.reply(call.id, { status: 'Accepted' });
    const answers = await Promise.all(asked);
    const statuses = answers.map(answer => answer.status);
    expect(statuses.filter(status => status === 200).length).toBeGreaterThanOrEqual(1);
    expect(statuses.every(status => status === 200 || status === 409)).toBe(true);
    const again = await post('/charging/start', body, 'start');
    expect(again.status).toBe(200);
    expect(await server.sql(`select 1 from sessions where status = 'pending'`)).toHaveLength(1);
    await station.close();
  });

  it('keeps no answer in the clear, and none for longer than a day', async () => {
    await post('/users', newUser('sealed@example.com'), 'sealed');
    const rows = await server.sql('select * from idempotent_answers');
    expect(JSON.stringify(rows)).not.toContain('sealed@example.com');
    await server.sql(`update idempotent_answers set created_at = created_at - interval '25 hours'`);
    expect((await post('/users', newUser('sealed@example.com'), 'sealed')).body.error).toBe('email_taken');
  });

  it('is told when the key cannot be one', async () => {
    const { status, body } = await post('/users', newUser('x@example.com'), 'no spaces please');
    expect([status, body.details[0].field]).toEqual([400, 'Idempotency-Key']);
  });
});

describe('the HTTP host', () => {
  it('answers HEAD like GET, without the body', async () => {
    const { status, body, headers } = await server.rest('HEAD', '/chargers');
    expect([status, body]).toEqual([200, '']);
    expect(headers.get('content-type')).toContain('application/json');
  });

  it('tells with OPTIONS what a path takes', async () => {
    const { status, headers } = await server.rest('OPTIONS', '/users/x', { apiKey: null });
    expect([status, headers.get('allow')]).toEqual([204, 'GET, PUT, HEAD, OPTIONS']);
  });

  it('lets a page of any origin call, with its key in a header', async () => {
    const preflight = await server.rest('OPTIONS', '/charging/start', {
      apiKey: null,
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-api-key,content-type,idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/X-API-Key.*Idempotency-Key/);
    const answer = await server.rest('GET', '/chargers', { headers: { origin: 'https://app.example.com' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('slows down an address that asks too often without a key, and nobody with one', async () => {
    const path = `/networks/${server.demo.networkId}/branding`;
    const statuses = new Set<number>();
    let limited: Awaited<ReturnType<typeof server.rest>> | undefined;
    for (let i = 0; i < 130; i++) {
      const answer = await server.rest('GET', path, { apiKey: null });
      statuses.add(answer.status);
      if (answer.status === 429) limited = answer;
    }
    expect([...statuses]).toEqual([200, 429]);
    expect(limited!.body.error).toBe('rate_limited');
    expect(Number(limited!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await server.rest('GET', path)).status).toBe(200);
  });

  it('says that a value cannot be, where no column takes it', async () => {
    const nul = await server.graphql('query ($text: String) { drivers(text: $text) { totalCount } }', {
      text: 'a\u0000b',
    });
    expect(nul.errors?.[0]?.extensions.code).toBe('validation_error');
    const year = await server.graphql(
      'query ($from: DateTime) { sessions(filter: { from: $from }) { totalCount } }',
      {
        from: '-009999-01-01T00:00:00Z',
      },
    );
    expect(year.errors?.[0]?.message).toContain('no ISO 8601 instant');
  });
});
