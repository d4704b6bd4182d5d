import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../rest-compat/row.ts';
import { rows } from '../rest-compat/rows.ts';
import { newSecret } from '../src/auth/api-key-secret.ts';
import type { Audience } from '../src/auth/authorize.ts';
import { KEY_SCOPES, type KeyScope } from '../src/auth/viewer.ts';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { type ContractField, documentedRoute } from './support/contract.ts';
import { eventually } from './support/eventually.ts';
import { globalId, rowId } from './support/global-id.ts';
import { enablePayments, saveCard, startPayingServer, type TestStripe } from './support/paying.ts';
import { pushKeys } from './support/push-keys.ts';
import type { RestAnswer, RestOptions, TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

const MAX_BODY_BYTES = 256 * 1024;
const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';

/** A request that gets past every check but, where it says so, that of the state. */
interface GoodRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly status: 200 | 201 | 202 | 204 | 401 | 409;
}

/** An answer, and whether the route's envelope is the barer one of webhooks. */
interface RouteAnswer extends RestAnswer {
  readonly isBare?: boolean;
}
const isBare = (row: Row): boolean => row.path.startsWith('/webhooks');

/** A function where a request is good once only. */
type Good = GoodRequest | (() => GoodRequest | Promise<GoodRequest>);

let server: TestServer;
let stripe: TestStripe;
let appKey: string;
let driver: { readonly id: string; readonly accessToken: string };
let good: Record<string, Good>;
beforeAll(async () => {
  ({ server, stripe } = await startPayingServer());
  appKey = (await makeKey('APP', ['read', 'write', 'control'])).secret;
  const registered = await server.rest('POST', '/auth/driver/register', {
    apiKey: appKey,
    body: newAccount(),
  });
  const { accessToken, refreshToken } = registered.body.data;
  driver = { id: registered.body.data.driver.id, accessToken };
  const station = await bootedStation(server, 'DEMO-AC-01');
  for (const day of ['18', '19', '20']) {
    await playCharge(station, {
      idTag: server.demo.idTag,
      at: `2026-06-${day}T10:00:00.250Z`,
      steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
      stop: { minute: 20, meter: 8_000 },
    });
  }
  const { tokenUid } = registered.body.data.driver;
  await playCharge(station, {
    idTag: tokenUid,
    at: '2026-06-17T10:00:00.250Z',
    steps: [],
    stop: { minute: 20, meter: 8_000 },
  });
  const ownSessions = await server.rest('GET', '/charging/sessions', asDriver());
  const reservationIds = [await reserveAndCancel(station), await reserveAndCancel(station)];
  await station.close();
  await enablePayments(server, stripe);
  good = await goodRequests({
    refreshToken,
    reservationId: reservationIds[0]!,
    ownSessionId: ownSessions.body.data[0].id,
  });
});
afterAll(async () => {
  await server?.close();
  await stripe?.close();
});
// those who guess passwords or ask for mail are slowed down
beforeEach(() => server.sql('delete from failed_attempts'));

/** A reservation of the driver's, given up again: its UUID. */
async function reserveAndCancel(station: RawStation): Promise<string> {
  const body = { chargerId: demoCharger(server, 'DEMO-AC-01').id };
  const made = server.rest('POST', '/reservations', { ...asDriver(), body });
  station.reply((await station.expectCall('ReserveNow')).id, { status: 'Accepted' });
  const { id } = (await made).body.data;
  const cancelled = server.rest('DELETE', `/reservations/${id}`, asDriver());
  station.reply((await station.expectCall('CancelReservation')).id, { status: 'Accepted' });
  await cancelled;
  return id;
}

interface Prepared {
  readonly refreshToken: string;
  readonly reservationId: string;
  /** Of the registered driver. */
  readonly ownSessionId: string;
}

async function goodRequests(prepared: Prepared): Promise<Record<string, Good>> {
  const first = async (path: string) => (await server.rest('GET', path)).body.data[0];
  const chargerId = server.demo.chargers[1]!.id;
  const [session, tariff, transaction, location] = await Promise.all(
    ['/charging/sessions', '/tariffs', '/transactions', '/locations'].map(first),
  );
  const transactionsOf = (await server.rest('GET', '/transactions')).body.data.map(
    ({ id }: { id: string }) => id,
  );
  const cards = await server.rest('GET', '/auth/tokens?tokenType=rfid');
  const { id: tokenId, userId } = cards.body.data[0];
  const ended = await server.rest('POST', '/auth/tokens', { body: { userId: driver.id } });
  const connectorId = (await server.rest('GET', `/chargers/${chargerId}`)).body.data.connectors[0].id;
  const { email, password } = server.demo.driver;

  let current = prepared.refreshToken;
  const refresh = async (refreshToken: string): Promise<string> =>
    (await server.rest('POST', '/auth/driver/refresh', { apiKey: appKey, body: { refreshToken } })).body.data
      .refreshToken;
  const favorite = { targetType: 'location', targetId: location.id, label: 'Home' };
  const account = () => {
    const { phone: _phone, password: _password, ...names } = newAccount();
    return names;
  };
  const details = {
    phoneNumber: '+17875551234',
    address: '123 Calle Sol',
    city: 'San Juan',
    state: 'PR',
    postalCode: '00901',
    country: 'US',
  };
  const plain = (path: string): GoodRequest => ({ path, status: 200 });
  const schedule = {
    chargerId,
    connectorNumber: 1,
    scheduledTime: Temporal.Now.instant().add({ hours: 24 }).toString(),
  };
  const scheduled = await server.rest('POST', '/charging/schedule', { ...asDriver(), body: schedule });
  // the charger is offline: what is no error to a driver is told in the answer
  const remote = `/remote-control/${chargerId}`;
  const limit = `/smart-charging/${chargerId}/limit`;
  const june = { from: '2026-06-01T00:00:00Z', to: '2026-06-30T23:59:59Z' };
  const hooks = await makeWebhooks();
  const device = { endpoint: 'https://push.invalid/1', keys: pushKeys() };
  await server.rest('POST', '/push/subscribe', { ...asDriver(), body: device });
  return {
    'GET /analytics/sessions': { ...plain('/analytics/sessions'), query: { ...june, period: 'week' } },
    'GET /analytics/revenue': { ...plain('/analytics/revenue'), query: { ...june, period: 'month' } },
    'GET /analytics/energy': { ...plain('/analytics/energy'), query: june },
    'GET /reports/export': {
      ...plain('/reports/export'),
      query: {
        ...june,
        type: 'by-user',
        format: 'json',
        locationId: session.locationId,
        userId: transaction.userId,
      },
    },
    'GET /auth/tokens': { ...plain('/auth/tokens'), query: { userId } },
    'POST /auth/tokens': {
      path: '/auth/tokens',
      body: { userId: driver.id, tokenType: 'other', alias: 'Card', expiresAt: '2099-12-31T00:00:00Z' },
      status: 201,
    },
    'GET /auth/tokens/{id}': plain(`/auth/tokens/${tokenId}`),
    'DELETE /auth/tokens/{id}': plain(`/auth/tokens/${ended.body.data.id}`),
    'POST /auth/driver/register': () => ({
      path: '/auth/driver/register',
      body: newAccount(),
      status: 201,
    }),
    'POST /auth/driver/login': { ...plain('/auth/driver/login'), body: { email, password } },
    // a token that has just been used gets its successor again, which stays unused
    'POST /auth/driver/refresh': async () => {
      const refreshToken = await refresh(current);
      current = await refresh(refreshToken);
      return { ...plain('/auth/driver/refresh'), body: { refreshToken } };
    },
    'POST /auth/driver/forgot-password': { ...plain('/auth/driver/forgot-password'), body: { email } },
    // each token is mailed, and good once: this one was never mailed
    'POST /auth/driver/reset-password': {
      path: '/auth/driver/reset-password',
      body: { token: 'a'.repeat(75), newPassword: 'quite another one' },
      status: 401,
    },
    'GET /auth/driver/me': plain('/auth/driver/me'),
    'GET /chargers': plain('/chargers'),
    'GET /chargers/{id}': plain(`/chargers/${chargerId}`),
    'GET /chargers/{identifier}/info': plain(`/chargers/${chargerId}/info`),
    'GET /connectors/{id}/status': plain(`/connectors/${connectorId}/status`),
    'GET /charging/sessions': plain('/charging/sessions'),
    'GET /charging/sessions/{id}': plain(`/charging/sessions/${session.id}`),
    'POST /charging/start': {
      path: '/charging/start',
      body: { chargerId, connectorNumber: 1, idTag: server.demo.idTag },
      status: 409,
    },
    'POST /charging/stop': { ...plain('/charging/stop'), body: { sessionId: session.id } },
    'POST /chargers/{id}/reboot': {
      path: `/chargers/${chargerId}/reboot`,
      body: { type: 'Hard' },
      status: 409,
    },
    'POST /remote-control/{chargerId}/unlock': { ...plain(`${remote}/unlock`), body: { connectorNumber: 1 } },
    'POST /remote-control/{chargerId}/trigger': {
      ...plain(`${remote}/trigger`),
      body: { message: 'MeterValues', connectorNumber: 1 },
    },
    'POST /remote-control/{chargerId}/reset': { ...plain(`${remote}/reset`), body: { type: 'Soft' } },
    'POST /charging/schedule': { path: '/charging/schedule', body: schedule, status: 201 },
    'GET /charging/schedules': plain('/charging/schedules'),
    'DELETE /charging/schedule/{id}': {
      path: `/charging/schedule/${scheduled.body.data.id}`,
      status: 204,
    },
    'GET /reservations': plain('/reservations'),
    'POST /reservations': {
      path: '/reservations',
      body: { chargerId, connectorNumber: 1, expiryMinutes: 30 },
      status: 409,
    },
    'GET /reservations/{id}': plain(`/reservations/${prepared.reservationId}`),
    // it is given up already, and stays so
    'DELETE /reservations/{id}': plain(`/reservations/${prepared.reservationId}`),
    'GET /smart-charging/{chargerId}/limit': { ...plain(limit), query: { connector: '1', unit: 'W' } },
    'PUT /smart-charging/{chargerId}/limit': {
      ...plain(limit),
      body: { connectorNumber: 1, unit: 'A', limit: 16 },
    },
    'DELETE /smart-charging/{chargerId}/limit': { ...plain(limit), query: { connector: '1' } },
    'GET /favorites': plain('/favorites'),
    'POST /favorites': { ...plain('/favorites'), body: favorite },
    'DELETE /favorites/{id}': async () => {
      const saved = await server.rest('POST', '/favorites', { ...asDriver(), body: favorite });
      return { path: `/favorites/${saved.body.data.id}`, status: 204 };
    },
    // each transaction stands on one invoice
    'POST /invoices': async () => {
      await server.sql('delete from invoice_lines');
      const [transactionId, ...transactionIds] = transactionsOf.slice(0, 2);
      return { path: '/invoices', body: { transactionId, transactionIds }, status: 201 };
    },
    'GET /locations': plain('/locations'),
    'GET /locations/search': { ...plain('/locations/search'), query: { lat: '18.46', lng: '-66.1' } },
    'GET /locations/{id}': plain(`/locations/${location.id}`),
    'GET /locations/{id}/chargers': plain(`/locations/${location.id}/chargers`),
    'GET /locations/{id}/reviews': plain(`/locations/${location.id}/reviews`),
    'POST /locations/{id}/reviews': {
      ...plain(`/locations/${location.id}/reviews`),
      body: { rating: 5, comment: 'Easy to find' },
    },
    'POST /locations/{id}/report': {
      ...plain(`/locations/${location.id}/report`),
      body: { category: 'other', note: 'Dark at night' },
    },
    'GET /networks/{networkId}/branding': plain(`/networks/${server.demo.networkId}/branding`),
    'GET /notifications/preferences': plain('/notifications/preferences'),
    'PUT /notifications/preferences': {
      ...plain('/notifications/preferences'),
      body: { pushEnabled: true, email: 'elsewhere@example.com', phoneNumber: '+17875559876' },
    },
    'GET /push/config': plain('/push/config'),
    'POST /push/subscribe': { ...plain('/push/subscribe'), body: device },
    'POST /push/unsubscribe': { path: '/push/unsubscribe', body: { endpoint: device.endpoint }, status: 204 },
    'POST /push/test': plain('/push/test'),
    'GET /webhooks': plain('/webhooks'),
    'POST /webhooks': async () => {
      await server.sql(`delete from webhook_subscriptions where description = 'Made again and again'`);
      return { path: '/webhooks', body: webhook, status: 201 };
    },
    'PATCH /webhooks/{webhookId}': {
      ...plain(hooks.changed!),
      body: {
        url: 'https://hooks.invalid/other',
        events: ['session.started'],
        description: 'Changed',
        isActive: true,
      },
    },
    'DELETE /webhooks/{webhookId}': async () => {
      const { body } = await server.rest('POST', '/webhooks', { body: webhook });
      return { path: `/webhooks/${body.data.id}`, status: 204 };
    },
    'POST /webhooks/{webhookId}/test': plain(`${hooks.changed}/test`),
    'GET /webhooks/{webhookId}/deliveries': plain(`${hooks.listed}/deliveries`),
    'GET /webhooks/{webhookId}/deliveries/{deliveryId}': plain(hooks.delivery!),
    'POST /webhooks/{webhookId}/deliveries/{deliveryId}/retry': {
      path: `${hooks.retried}/retry`,
      status: 202,
    },
    'GET /webhooks/event-types': plain('/webhooks/event-types'),
    'GET /payments/config': plain('/payments/config'),
    'GET /payments/methods': plain('/payments/methods'),
    'POST /payments/setup-intent': plain('/payments/setup-intent'),
    'POST /payments/setup-checkout': plain('/payments/setup-checkout'),
    'POST /payments/methods/{id}/default': {
      path: `/payments/methods/${await saveCard(stripe, { rest: asDriverRest })}/default`,
      status: 204,
    },
    'DELETE /payments/methods/{id}': async () => ({
      path: `/payments/methods/${await saveCard(stripe, { rest: asDriverRest })}`,
      status: 204,
    }),
    'POST /payments/checkout': {
      ...plain('/payments/checkout'),
      body: { sessionId: prepared.ownSessionId, amount: 5, currency: 'USD' },
    },
    'POST /pricing/calculate': {
      ...plain('/pricing/calculate'),
      body: { tariffId: tariff.id, chargerId: null, energyKwh: 10, durationMinutes: 20, idleMinutes: 5 },
    },
    'GET /tariffs': plain('/tariffs'),
    'GET /tariffs/{id}': plain(`/tariffs/${tariff.id}`),
    'GET /transactions': plain('/transactions'),
    'GET /transactions/{id}': plain(`/transactions/${transaction.id}`),
    'GET /users': { ...plain('/users'), query: { search: '@example.com' } },
    'POST /users': () => ({ path: '/users', body: { ...account(), ...details }, status: 201 }),
    'GET /users/{id}': plain(`/users/${userId}`),
    'PUT /users/{id}': { ...plain(`/users/${driver.id}`), body: { firstName: 'Eva', ...details } },
  };
}

const webhook = {
  url: 'https://hooks.invalid/',
  events: 'invoice.created',
  description: 'Made again and again',
};

/** Paths of subscriptions, and of deliveries that are over: nothing else comes to be delivered. */
async function makeWebhooks() {
  const [listed, changed] = await Promise.all(
    ['Listed', 'Changed'].map(async description => {
      const { body } = await server.rest('POST', '/webhooks', { body: { ...webhook, description } });
      return body.data.id as string;
    }),
  );
  const deliver = async (subscriptionId: string): Promise<string> => {
    const [row] = await server.sql<{ id: string }>(
      `insert into webhook_deliveries (id, network_id, subscription_id, event_id, event_sequence, event_type, payload,
                                       status, attempt_count, max_attempts, is_manual)
       values (gen_random_uuid(), $1, $2, gen_random_uuid(), 1, 'invoice.created', '{}', 'failed', 5, 5, false)
       returning id`,
      [server.demo.networkId, subscriptionId],
    );
    return `/webhooks/${subscriptionId}/deliveries/${row!.id}`;
  };
  await deliver(listed!);
  return {
    listed: `/webhooks/${listed}`,
    changed: `/webhooks/${changed}`,
    delivery: await deliver(listed!),
    retried: await deliver(changed!),
  };
}

let accounts = 0;
const newAccount = () => ({
  email: `driver${++accounts}@example.org`,
  password: 'a long password',
  firstName: 'Ana',
  lastName: 'Cruz',
  phone: '+17875550100',
});

/** The registered driver's requests. */
const asDriverRest = (method: string, path: string, options: RestOptions = {}) =>
  server.rest(method, path, { ...asDriver(), ...options });

/** The registered driver, through the app. */
const asDriver = () => ({ apiKey: appKey, headers: { authorization: `Bearer ${driver.accessToken}` } });

async function goodRequest(row: Row): Promise<GoodRequest> {
  const request = good[keyOf(row)]!;
  return typeof request === 'function' ? request() : request;
}

const keyOf = (row: Row): string => `${row.method} ${row.path}`;
const hasIds = (row: Row): boolean => row.path.includes('{');
const isList = (row: Row): boolean => documented(row, 'query').some(({ name }) => name === 'page');

const documented = (row: Row, place: 'query' | 'body'): readonly ContractField[] => {
  const route = documentedRoute(row.method, row.path);
  return place === 'body' ? route.body : route.params.filter(parameter => parameter.in === 'query');
};

interface Change extends RestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  /** Whether the driver signs in; where left out, on the routes for drivers. */
  readonly signedIn?: boolean;
}

/** The row's good request, with what is to be wrong with it. */
async function send(row: Row, change: Change = {}): Promise<RouteAnswer> {
  const { method = row.method, path, query = '', headers, ...options } = change;
  const request = await goodRequest(row);
  const named = new URLSearchParams(query);
  const kept = Object.entries(request.query ?? {}).filter(([name]) => !named.has(name));
  const search = [new URLSearchParams(kept).toString(), query].filter(Boolean).join('&');
  const url = (path ?? request.path) + (search && `?${search}`);
  const hasBody = request.body !== undefined && method === row.method;
  const { signedIn = row.access.audience === 'driver' } = change;
  const driving = signedIn ? asDriver() : { headers: {} };
  const answer = await server.rest(method, url, {
    ...driving,
    ...(hasBody && { body: request.body }),
    ...options,
    headers: { ...driving.headers, ...headers },
  });
  return { ...answer, isBare: isBare(row) };
}

function expectError(answer: RouteAnswer, status: number, slug: string): void {
  const { error, message, code, timestamp, details, ...more } = answer.body;
  const expected = answer.isBare ? undefined : slug;
  expect({ status: answer.status, error, code, more }).toEqual({
    status,
    error: slug,
    code: expected,
    more: {},
  });
  expect(message).toMatch(/\S/);
  if (answer.isBare) expect(timestamp).toBeUndefined();
  else expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect('details' in answer.body).toBe(slug === 'validation_error');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('x-request-id')).toMatch(/\S/);
}

/** A 400 that names this field, and no other. */
function expectProblem(answer: RouteAnswer, field: string): void {
  expectError(answer, 400, 'validation_error');
  expect(answer.body.details).toEqual([{ field, message: expect.stringMatching(/\S/) }]);
  expect(answer.body.message).toContain(field);
}

const mistyped = (key: string): string => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;

/** An operator's key with every scope but one. */
async function keyWithout(scope: KeyScope): Promise<string> {
  const others = KEY_SCOPES.filter(other => other !== scope && other !== 'platform');
  return (await makeKey('OPERATOR', others)).secret;
}

async function makeKey(kind: 'OPERATOR' | 'APP', scopes: readonly KeyScope[]) {
  const answer = await server.graphql<{ result: { apiKeyId: string; secret: string } }>(
    `mutation ($input: CreateApiKeyInput!) {
      result: createApiKey(input: $input) { ... on CreateApiKeyPayload { apiKeyId secret } }
    }`,
    {
      input: {
        name: 'Test',
        kind,
        scopes: scopes.map(scope => scope.toUpperCase()),
        networkId: globalId('Network', server.demo.networkId),
      },
    },
  );
  return answer.data.result;
}

describe.each(rows.map(row => [keyOf(row), row] as const))('%s', (_, row) => {
  const { audience, scope } = row.access;

  it('answers its good request', async () => {
    expect((await send(row)).status).toBe((await goodRequest(row)).status);
  });

  it(`is ${audience === 'anyone' ? 'open' : '401'} without a key`, async () => {
    const answer = await send(row, { apiKey: null });
    if (audience === 'anyone') expect(answer.status).toBe((await goodRequest(row)).status);
    else expectError(answer, 401, 'unauthorized');
  });

  it('is 401 with a key that is mistyped, unknown, revoked or expired', async () => {
    const revoked = await makeKey('OPERATOR', ['read', 'control']);
    const revocation = await server.graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', {
      id: revoked.apiKeyId,
    });
    expect(revocation.data).toEqual({ revokeApiKey: { __typename: 'ApiKey' } });
    const expired = await makeKey('OPERATOR', ['read', 'control']);
    await server.sql('update api_keys set expires_at = now() where id = $1', [rowId(expired.apiKeyId)]);
    for (const bad of [
      'nonsense',
      mistyped(server.demo.apiKey),
      newSecret(),
      revoked.secret,
      expired.secret,
    ]) {
      expectError(await send(row, { apiKey: bad }), 401, 'unauthorized');
    }
  });

  it(`is ${audience === 'anyone' ? 'open to' : '403 forbidden for'} a key that lacks just its scope`, async () => {
    const answer = await send(row, { apiKey: await keyWithout(scope) });
    if (audience === 'anyone') expect(answer.status).toBe((await goodRequest(row)).status);
    else expectError(answer, 403, 'forbidden');
  });

  const open = audience === 'public' || audience === 'anyone';
  it(`is ${open ? 'open to' : '403 driver_required for'} an app key without a driver`, async () => {
    const answer = await send(row, { apiKey: appKey, signedIn: false });
    if (open) expect(answer.status).toBe((await goodRequest(row)).status);
    else expectError(answer, 403, 'driver_required');
  });

  it('is 405 with Allow for every other method, before anything else is looked at', async () => {
    const served = rows.filter(other => other.path === row.path).map(other => other.method as string);
    const allowed = [...served, ...(served.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
    const asked = await send(row, { method: 'OPTIONS', apiKey: null });
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, allowed.join(', ')]);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      if (allowed.includes(method)) continue;
      const takesBody = method !== 'GET';
      const answer = await send(row, {
        method,
        apiKey: null,
        query: 'page=x',
        headers: { 'content-type': 'text/plain' },
        ...(takesBody && { body: 'x'.repeat(MAX_BODY_BYTES + 1) }),
      });
      expectError(answer, 405, 'method_not_allowed');
      expect(answer.headers.get('allow')).toBe(allowed.join(', '));
    }
  });

  it('keeps the order: 401 before 403, 404 and 400', async () => {
    const path = row.path.replaceAll(/\{\w+\}/g, 'no-uuid');
    const wrong = { path, query: 'page=x&from=x', ...(row.body && { body: '{' }) };
    expectError(await send(row, { ...wrong, apiKey: newSecret() }), 401, 'unauthorized');
    if (audience === 'anyone') return;
    expectError(await send(row, { ...wrong, apiKey: null }), 401, 'unauthorized');
    expectError(await send(row, { ...wrong, apiKey: await keyWithout(scope) }), 403, 'forbidden');
  });

  it('ignores query parameters that are not documented', async () => {
    const answer = await send(row, { query: 'colour=red&__proto__=1&constructor=2' });
    expect(answer.status).toBe((await goodRequest(row)).status);
  });

  it('echoes a sensible X-Request-Id, and makes one where there is none', async () => {
    const echoed = await send(row, { headers: { 'x-request-id': 'caller-0042' } });
    expect(echoed.headers.get('x-request-id')).toBe('caller-0042');
    const refused = await send(row, { apiKey: newSecret(), headers: { 'x-request-id': 'caller-0043' } });
    expect(refused.headers.get('x-request-id')).toBe('caller-0043');
    for (const id of [undefined, 'two words', 'x'.repeat(129)]) {
      const answer = await send(row, id === undefined ? {} : { headers: { 'x-request-id': id } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

const forAudience = (audience: Audience) =>
  rows.filter(row => row.access.audience === audience).map(row => [keyOf(row), row] as const);

describe.each(forAudience('driver'))('%s, which is for drivers', (_, row) => {
  it("is 403 driver_required for an operator's key without one", async () => {
    expectError(await send(row, { signedIn: false }), 403, 'driver_required');
  });

  it('is 401 for a bearer token that is none', async () => {
    for (const authorization of ['Bearer nonsense', 'Bearer ', 'nonsense', `Basic ${driver.accessToken}`]) {
      const { status } = await send(row, { headers: { authorization } });
      expect([authorization, status]).toEqual([authorization, 401]);
    }
  });
});

it.each(forAudience('operator'))('%s is 403 forbidden for a driver, whatever the key', async (_, row) => {
  for (const apiKey of [appKey, server.demo.apiKey]) {
    expectError(await send(row, { apiKey, signedIn: true }), 403, 'forbidden');
  }
});

const withIds = rows.filter(hasIds);
/** The id within a path of the row's. */
const idIn = (row: Row, path: string): string =>
  path.split('/')[row.path.split('/').findIndex(part => part.startsWith('{'))]!;
/** Whether it is named by an id of Stripe's. */
const isStripes = (row: Row): boolean => row.path.startsWith('/payments/');
const typeNamed = (row: Row): string => row.path.split('/{')[0]!;
describe.each(withIds.map(row => [keyOf(row), row] as const))('%s, which names a resource', (_, row) => {
  const paths = (id: string) => row.path.replaceAll(/\{\w+\}/g, id);

  it('is 404 for an id that is no UUID, and for one that nothing has', async () => {
    for (const id of [
      '1',
      'no-uuid',
      `${UNKNOWN_ID}0`,
      '%00',
      '%C3%A9',
      "'",
      'x'.repeat(500),
      globalId('Charger', UNKNOWN_ID),
    ]) {
      expectError(await send(row, { path: paths(id) }), 404, 'not_found');
    }
    expectError(await send(row, { path: paths(UNKNOWN_ID) }), 404, 'not_found');
  });

  it('is 404 for the id of something else', async () => {
    const own = idIn(row, (await goodRequest(row)).path);
    // routes of its own kind may make a new one for each good request
    const strangers = withIds.filter(other => typeNamed(other) !== typeNamed(row));
    const others = await Promise.all(
      strangers.map(async other => idIn(other, (await goodRequest(other)).path)),
    );
    const strange = others.filter(id => id !== own);
    expect(strange.length).toBeGreaterThan(5);
    // of things that other routes name by the same id
    const kin = withIds.filter(other => typeNamed(other) === typeNamed(row));
    const kinIds = await Promise.all(kin.map(async other => idIn(other, (await goodRequest(other)).path)));
    for (const id of new Set(strange.filter(other => !kinIds.includes(other)))) {
      expectError(await send(row, { path: paths(id) }), 404, 'not_found');
    }
  });

  it(`takes the id in ${isStripes(row) ? 'its own' : 'either'} case`, async () => {
    const { path, status: ok } = await goodRequest(row);
    const status = isStripes(row) ? 404 : ok;
    const id = idIn(row, path);
    const answer = await send(row, { path: path.replace(id, id.toUpperCase()) });
    expect(answer.status).toBe(status);
    if (row.method === 'GET') expect(answer.body.data).toEqual((await send(row)).body.data);
  });
});

const withBothChecks = withIds.filter(row => row.body);
it.each(withBothChecks.map(row => [keyOf(row), row] as const))(
  '%s is 404 before its body is found wrong, 400 where there is such a resource',
  async (_, row) => {
    const wrong = { url: 7, rating: 'x', category: 7, email: 5, connectorNumber: 'x', type: 7 };
    for (const id of [UNKNOWN_ID, 'no-uuid', server.demo.networkId, globalId('Tariff', UNKNOWN_ID)]) {
      const path = row.path.replaceAll(/\{\w+\}/g, id);
      for (const body of [{}, '{', 'null', wrong]) {
        expectError(await send(row, { path, body }), 404, 'not_found');
      }
    }
    expectError(await send(row, { body: wrong }), 400, 'validation_error');
  },
);

it.each(withIds.filter(row => row.query).map(row => [keyOf(row), row] as const))(
  '%s is 404 before its query is found wrong',
  async (_, row) => {
    const [name] = Object.keys(shapeOf(row.query));
    for (const id of [UNKNOWN_ID, 'no-uuid', server.demo.networkId]) {
      const path = row.path.replaceAll(/\{\w+\}/g, id);
      expectError(await send(row, { path, query: `${name}=x` }), 404, 'not_found');
    }
  },
);

const gets = rows.filter(row => row.method === 'GET');
it.each(gets.map(row => [keyOf(row), row] as const))(
  '%s: HEAD answers as GET does, without a body',
  async (_, row) => {
    const [got, head] = [await send(row), await send(row, { method: 'HEAD' })];
    expect(head.status).toBe(200);
    expect(head.body).toBe('');
    expect(head.headers.get('content-type')).toBe(got.headers.get('content-type'));
    expect((await send(row, { method: 'HEAD', apiKey: newSecret() })).status).toBe(401);
  },
);

const withBody = rows.filter(row => row.body);
describe.each(withBody.map(row => [keyOf(row), row] as const))('%s, which takes a body', (_, row) => {
  const tooLarge = JSON.stringify({ filler: 'x'.repeat(MAX_BODY_BYTES) });

  it('is 413 above 256 KiB, before the media type and the key are looked at', async () => {
    const large = { body: tooLarge, apiKey: null };
    expectError(await send(row, large), 413, 'payload_too_large');
    const asText = await send(row, { ...large, headers: { 'content-type': 'text/plain' } });
    expectError(asText, 413, 'payload_too_large');
  });

  it('is 413 above 256 KiB also where the length is not told beforehand', async () => {
    const response = await fetch(`${server.url}/emsp/v1${(await goodRequest(row)).path}`, {
      method: row.method,
      headers: { 'content-type': 'application/json' },
      body: new Blob([tooLarge]).stream(),
      duplex: 'half',
    } as RequestInit);
    expectError(
      {
        status: response.status,
        headers: response.headers,
        body: await response.json(),
        isBare: isBare(row),
      },
      413,
      'payload_too_large',
    );
  });

  it('takes a body of 256 KiB', async () => {
    const { body, status } = await goodRequest(row);
    const filler = 'x'.repeat(MAX_BODY_BYTES - JSON.stringify({ ...body, filler: '' }).length);
    expect((await send(row, { body: { ...body, filler } })).status).toBe(status);
  });

  it('is 415 for anything but JSON, before the key is looked at', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'json', '']) {
      const answer = await send(row, { body: '{}', apiKey: null, headers: { 'content-type': type } });
      expectError(answer, 415, 'unsupported_media_type');
    }
    const { status } = await goodRequest(row);
    const charset = { 'content-type': 'application/json; charset=utf-8' };
    expect((await send(row, { headers: charset })).status).toBe(status);
  });

  it('is 400 invalid_json for what is no JSON', async () => {
    for (const body of ['{', 'nonsense', '{"a":1,}', '{} {}', "{'a':1}"]) {
      expectError(await send(row, { body }), 400, 'invalid_json');
    }
  });

  it('is 400 for JSON that is no object', async () => {
    for (const body of ['null', '[]', '"text"', '5', 'true'])
      expectProblem(await send(row, { body }), 'body');
  });

  it('names what is missing of a body that is left out', async () => {
    const answer = await send(row, { body: '' });
    const { status } = await goodRequest(row);
    if (answer.status === status) return expect(row.body!.safeParse({}).success).toBe(true);
    expectError(answer, 400, 'validation_error');
    const missing = answer.body.details.map(({ field }: { field: string }) => field);
    expect(missing.length).toBeGreaterThan(0);
    expect(Object.keys((await goodRequest(row)).body!)).toEqual(expect.arrayContaining(missing));
  });

  it('ignores members that are not documented', async () => {
    const { body, status } = await goodRequest(row);
    const members = JSON.stringify({ ...body, colour: 'red' }).replace('{', '{"__proto__":{"isAdmin":true},');
    expect((await send(row, { body: members })).status).toBe(status);
  });
});

const NUL = ['nul\0', '\0', 'a\0b'];

/** Values that each documented type refuses; a parameter's own come first. */
const WRONG_QUERY: Record<string, readonly string[]> = {
  page: ['0', '-1', '1.5', '1e2', 'x', '', ' 1', '2147483648'],
  pageSize: ['0', '101', '-1', '1.5', 'x', ''],
  lat: ['90.1', '-91', 'x', '', '1e1', 'NaN', ' 1', '0x10'],
  lng: ['180.01', '-181', 'x', '', '1e1', 'Infinity'],
  radiusKm: ['-1', '20038', 'x', '', '1e1'],
  connector: ['0', '9', '-1', '1.5', '1e0', 'x', '', '2147483648'],
  // free text
  q: NUL,
  city: NUL,
  search: NUL,
  boolean: ['yes', '1', 'TRUE', ''],
  uuid: ['x', '', `${UNKNOWN_ID}0`, globalId('Charger', UNKNOWN_ID)],
  'date-time': [
    'yesterday',
    '',
    '2026-13-01T00:00:00Z',
    '2026-06-19T18:42:09',
    '+123456-01-01T00:00:00Z',
    '-000001-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
  ],
  string: ['nonsense', '', 'nul\0'],
};
const NO_TEXT = [5, true, {}, ['a'], ...NUL];
const NO_EMAIL = [
  ...NO_TEXT,
  '',
  ' ',
  'no-address',
  'a@b',
  'two words@example.com',
  `${'x'.repeat(65)}@example.com`,
];
const NO_NAME = [...NO_TEXT, '', ' '];
const WRONG_BODY: Record<string, readonly unknown[]> = {
  // whether they are right is told by 401 alone
  'POST /auth/driver/login email': NO_TEXT,
  'POST /auth/driver/login password': NO_TEXT,
  'POST /auth/driver/forgot-password email': NO_TEXT,
  refreshToken: NO_TEXT,
  token: NO_TEXT,
  newPassword: NO_TEXT,
  email: [...NO_EMAIL, `a@${'x'.repeat(255)}.com`],
  password: [...NO_TEXT, '', 'short', '1234567890', 'x'.repeat(257)],
  firstName: NO_NAME,
  lastName: NO_NAME,
  'PUT /notifications/preferences phoneNumber': [...NO_TEXT, '', '5551234', '+0123456789', 'phone'],
  phone: [...NO_TEXT, '5551234', '+0123456789'],
  phoneNumber: [...NO_TEXT, '5551234', '+0123456789'],
  address: NO_TEXT,
  city: NO_TEXT,
  state: NO_TEXT,
  postalCode: NO_TEXT,
  country: [...NO_TEXT, 'USA', 'us'],
  alias: NO_TEXT,
  label: [...NO_TEXT, 'x'.repeat(101)],
  note: [...NO_TEXT, 'x'.repeat(2001)],
  comment: [...NO_TEXT, 'x'.repeat(2001)],
  expiryMinutes: ['1', 1.5, true, 0, -1, 241, 2 ** 31],
  limit: ['1', true, -1, [1], 1e7],
  endpoint: [...NO_TEXT, '', 'push', 'http://push.invalid/', 'https://127.0.0.1/'],
  keys: ['x', 5, true, [], {}, { p256dh: 'AAAA', auth: 'AAAA' }],
  url: NO_TEXT,
  'POST /webhooks events': NO_TEXT,
  events: [5, true, {}, 'session.started'],
  'POST /webhooks description': [...NO_TEXT, 'x'.repeat(501)],
  description: [...NO_TEXT, 'x'.repeat(501)],
  rating: ['5', 4.5, true, 0, 6, -1, [5]],
  uid: [...NO_NAME, 'x'.repeat(21), 'two words', 'é'],
  transactionIds: ['x', 5, {}, true],
  boolean: ['true', 1, 0, {}, ''],
  'date-time': [5, {}, '', 'tomorrow', '2099-13-01T00:00:00Z', '2020-01-01T00:00:00Z'],
  uuid: ['x', '', 5, {}, []],
  integer: ['1', 1.5, true, 0, -1, 2 ** 31],
  number: ['1', true, -1, [1]],
  string: [5, true, {}, '', ' ', 'nul\0'],
};
const wrongFor = <Value>(
  table: Record<string, readonly Value[]>,
  row: Row,
  field: ContractField,
): readonly Value[] =>
  table[`${keyOf(row)} ${field.name}`] ??
  table[field.name] ??
  table[field.format ?? ''] ??
  table[field.type] ??
  [];

const queryFields = rows.flatMap(row =>
  documented(row, 'query').map(field => [keyOf(row), field.name, row, field] as const),
);
describe.each(queryFields)('%s?%s', (_, name, row, field) => {
  it('is 400 naming the parameter for each wrong value, and where it is given twice', async () => {
    const wrong = wrongFor(WRONG_QUERY, row, field);
    expect(wrong.length).toBeGreaterThan(2);
    for (const value of wrong) {
      expectProblem(await send(row, { query: `${name}=${encodeURIComponent(value)}` }), name);
    }
    expectProblem(await send(row, { query: `${name}=1&${name}=1` }), name);
  });
});

const bodyFields = rows.flatMap(row =>
  documented(row, 'body').map(field => [keyOf(row), field.name, row, field] as const),
);
describe.each(bodyFields)('%s { %s }', (_, name, row, field) => {
  it('is 400 naming the member for each wrong value', async () => {
    const { body } = await goodRequest(row);
    const wrong = wrongFor(WRONG_BODY, row, field);
    expect(wrong.length).toBeGreaterThan(2);
    for (const value of wrong) expectProblem(await send(row, { body: { ...body, [name]: value } }), name);
  });

  const nullMeans = NULL_CLEARS[keyOf(row)]?.includes(name) ? 'takes null for clearing it' : null;
  it(nullMeans ?? 'counts null as left out', async () => {
    const without = async () => {
      const { [name]: _left, ...rest } = (await goodRequest(row)).body!;
      return rest;
    };
    const absent = await send(row, { body: await without() });
    const asNull = await send(row, { body: { ...(await without()), [name]: null } });
    expect(asNull.status).toBe(absent.status);
    if (absent.status === 400) expectProblem(absent, name);
    if (nullMeans) return;
    // what a mutation makes is new each time
    const isExact = absent.status >= 400 || row.operation.trim().startsWith('query');
    const seen = (answer: unknown) => (isExact ? answer : kinds(answer));
    expect(seen({ ...asNull.body, timestamp: '' })).toEqual(seen({ ...absent.body, timestamp: '' }));
  });
});

/** Members of which null is a value. */
const NULL_CLEARS: Record<string, readonly string[]> = {
  'PUT /users/{id}': ['phoneNumber', 'address', 'city', 'state', 'postalCode', 'country'],
  'PUT /notifications/preferences': ['email', 'phoneNumber'],
  'POST /favorites': ['label'],
};

/** The answer with each value's type in its place. */
const kinds = (value: unknown): unknown =>
  value === null || typeof value !== 'object'
    ? value === null || typeof value
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, kinds(member)]));

const lists = rows.filter(isList);
describe.each(lists.map(row => [keyOf(row), row] as const))('%s, a list', (_, row) => {
  it('has pages of 1 to 100', async () => {
    const all = (await send(row)).body;
    const size = all.data.length;
    expect(size).toBeGreaterThan(1);
    expect((await send(row, { query: 'page=1&pageSize=100' })).body.data).toEqual(all.data);
    const singly: unknown[] = [];
    for (let page = 1; page <= size; page++) {
      const { data, pagination } = (await send(row, { query: `page=${page}&pageSize=1` })).body;
      singly.push(...data);
      if (!all.pagination) continue;
      expect(pagination).toEqual(paginationOf(row, { page, pageSize: 1, totalCount: size }));
    }
    expect(singly).toEqual(all.data);
  });

  it('is empty past its end, with its true totals', async () => {
    const { data: all, pagination: totals } = (await send(row)).body;
    for (const page of [2, 1_000_000, 2 ** 31 - 1]) {
      const { status, body } = await send(row, { query: `page=${page}&pageSize=100` });
      expect(status).toBe(200);
      expect(body.data).toEqual([]);
      expect(body.pagination).toEqual(
        totals && paginationOf(row, { page, pageSize: 100, totalCount: all.length }),
      );
    }
  });
});

function paginationOf(row: Row, at: { page: number; pageSize: number; totalCount: number }) {
  const { page, pageSize, totalCount } = at;
  const totalPages = Math.ceil(totalCount / pageSize);
  if (isBare(row)) return { page, page_size: pageSize, total_count: totalCount, total_pages: totalPages };
  return { ...at, totalPages, hasNextPage: page < totalPages, hasPreviousPage: page > 1 };
}

const windows = rows.filter(row => documented(row, 'query').some(({ name }) => name === 'from'));
it.each(windows.map(row => [keyOf(row), row] as const))(
  '%s is 400 where from is after to',
  async (_, row) => {
    const answer = await send(row, { query: 'from=2026-06-19T00:00:01Z&to=2026-06-19T00:00:00Z' });
    expectProblem(answer, 'from');
  },
);

const figures = windows.filter(row => !isList(row));
describe.each(figures.map(row => [keyOf(row), row] as const))('%s, of a window', (_, row) => {
  const figuresOf = async (from: string, to: string) => {
    const query = new URLSearchParams({ from, to }).toString();
    const { generatedAt: _now, ...data } = (await send(row, { query })).body.data;
    return data;
  };

  it('takes both ends in, and tells them', async () => {
    const empty = await figuresOf('2026-06-01T00:00:00Z', '2026-06-01T00:00:00Z');
    // the first second takes in both the start and the end of a charge to the millisecond
    const one = await figuresOf('2026-06-18T10:00:00Z', '2026-06-18T10:20:00Z');
    expect([one.fromDate, one.toDate]).toEqual(['2026-06-18T10:00:00Z', '2026-06-18T10:20:00Z']);
    const without = ({ fromDate: _from, toDate: _to, timeline: _timeline, ...rest }: typeof one) => rest;
    expect(without(one)).not.toEqual(without(empty));
  });

  it('takes an instant of any zone', async () => {
    const local = await figuresOf('2026-06-18T20:00:00-04:00', '2026-06-20T01:59:59+02:00');
    expect(local).toEqual(await figuresOf('2026-06-19T00:00:00Z', '2026-06-19T23:59:59Z'));
    expect(local.timeline?.length ?? local.recordCount).toBe(1);
  });
});

const listWindows = windows.filter(isList);
describe.each(listWindows.map(row => [keyOf(row), row] as const))('%s, within a window', (_, row) => {
  it('takes both ends in: the times that it shows find what they were shown for', async () => {
    const member = row.path === '/transactions' ? 'endTime' : 'startTime';
    const [, middle] = (await send(row)).body.data;
    const at = middle[member];
    const { data } = (await send(row, { query: `from=${at}&to=${at}` })).body;
    expect(data).toEqual([middle]);
  });

  it('takes an instant of any zone', async () => {
    const local = encodeURIComponent('2026-06-19T00:00:00-04:00');
    const [zoned, utc] = [
      await send(row, { query: `from=${local}` }),
      await send(row, { query: 'from=2026-06-19T04:00:00Z' }),
    ];
    expect(zoned.body.data).toEqual(utc.body.data);
    expect(utc.body.data).toHaveLength(2);
  });
});

/** For each filter by a word, one that finds something. */
const WORDS: Record<string, string> = {
  'GET /auth/tokens tokenType': 'RFID',
  'GET /chargers status': 'AVAILABLE',
  'GET /reservations status': 'cancelled',
  'GET /charging/sessions status': 'completed',
  'GET /transactions status': 'none',
};
const byWord = queryFields.filter(([, name]) => name === 'status' || name === 'tokenType');
it.each([
  ['GET /analytics/energy', 'period=Month', 'period', 'month'],
  ['GET /reports/export', 'type=By-Location', 'reportType', 'by-location'],
  ['GET /reports/export', 'format=JSON', 'format', 'json'],
])('%s?%s ignores case', async (key, query, member, word) => {
  const row = rows.find(candidate => keyOf(candidate) === key)!;
  expect((await send(row, { query })).body.data[member]).toBe(word);
});

it.each(byWord)('%s?%s ignores case', async (key, name, row) => {
  const word = WORDS[`${key} ${name}`]!;
  const { data } = (await send(row, { query: `${name}=${word}` })).body;
  expect(data.length).toBeGreaterThan(0);
  for (const written of [
    word.toLowerCase(),
    word.toUpperCase(),
    word[0]!.toUpperCase() + word.slice(1).toLowerCase(),
  ]) {
    expect((await send(row, { query: `${name}=${written}` })).body.data).toEqual(data);
  }
});

it('refuses a mistyped key by its checksum, without a look-up', async () => {
  const ask = (apiKey: string) => server.rest('GET', '/chargers', { apiKey });
  const owner = new pg.Client({ connectionString: server.databaseUrl });
  await owner.connect();
  await owner.query('begin; lock table api_keys in access exclusive mode');
  expectError(await ask(mistyped(server.demo.apiKey)), 401, 'unauthorized');
  const lookedUp = ask(newSecret());
  const waiting = "select from pg_locks where not granted and relation = 'api_keys'::regclass";
  await eventually(async () => (await server.sql(waiting)).length === 1);
  await owner.end();
  expectError(await lookedUp, 401, 'unauthorized');
});

it.each(['POST /charging/start', 'POST /reservations'])(
  '%s: 400 of the body comes before 409 of the state, 409 of the charger after its 404',
  async key => {
    const row = rows.find(candidate => keyOf(candidate) === key)!;
    const { body } = await goodRequest(row);
    expectError(await send(row), 409, 'charger_offline');
    for (const idTag of [5, '', ' ']) {
      expectProblem(await send(row, { body: { ...body, idTag } }), 'idTag');
    }
    expectProblem(await send(row, { body: { ...body, connectorNumber: 9 } }), 'connectorNumber');
    expectError(await send(row, { body: { ...body, chargerId: UNKNOWN_ID } }), 404, 'not_found');
  },
);

it('a charger that is offline is 409 to a reboot, and an answer to what may be asked again', async () => {
  for (const row of rows.filter(
    ({ subject, access }) => subject === 'Charger' && access.scope === 'control',
  )) {
    const answer = await send(row);
    if (row.path.endsWith('/reboot')) expectError(answer, 409, 'charger_offline');
    else expect([answer.status, answer.body.data.accepted]).toEqual([200, false]);
  }
});

describe('409', () => {
  const rowOf = (key: string): Row => rows.find(row => keyOf(row) === key)!;
  const taken = () => server.demo.driver.email.toUpperCase();

  it.each(['POST /auth/driver/register', 'POST /users', 'PUT /users/{id}'])(
    '%s is email_taken for an address that somebody has, in whatever case',
    async key => {
      const { body } = await goodRequest(rowOf(key));
      const before = await server.rest('GET', `/users/${driver.id}`);
      expectError(await send(rowOf(key), { body: { ...body, email: taken() } }), 409, 'email_taken');
      expect((await server.rest('GET', `/users/${driver.id}`)).body.data).toEqual(before.body.data);
    },
  );

  it('comes after 400 of the body, and after 404', async () => {
    const put = rowOf('PUT /users/{id}');
    expectProblem(await send(put, { body: { email: taken(), city: 5 } }), 'city');
    expectProblem(await send(put, { body: { email: taken(), firstName: ' ' } }), 'firstName');
    const unknown = await send(put, { path: `/users/${UNKNOWN_ID}`, body: { email: taken() } });
    expectError(unknown, 404, 'not_found');
  });

  it('is conflict for the uid of another token, in whatever case', async () => {
    const create = rowOf('POST /auth/tokens');
    for (const uid of [server.demo.idTag, server.demo.idTag.toLowerCase()]) {
      const { body } = await goodRequest(create);
      expectError(await send(create, { body: { ...body, uid } }), 409, 'conflict');
    }
  });
});

it.each([
  ['POST /auth/tokens', 'userId'],
  ['POST /favorites', 'targetId'],
  ['POST /locations/{id}/report', 'chargerId'],
  ['POST /charging/start', 'chargerId'],
  ['POST /charging/stop', 'sessionId'],
  ['POST /charging/schedule', 'chargerId'],
  ['POST /reservations', 'chargerId'],
  ['POST /pricing/calculate', 'chargerId'],
])('%s is 404 for a %s that nothing has', async (key, name) => {
  const row = rows.find(candidate => keyOf(candidate) === key)!;
  const { tariffId: _tariff, ...body } = (await goodRequest(row)).body!;
  expectError(await send(row, { body: { ...body, [name]: UNKNOWN_ID } }), 404, 'not_found');
});

describe('422', () => {
  it.each([
    ['POST /webhooks', ''],
    ['PATCH /webhooks/{webhookId}', []],
  ] as const)(
    '%s is invalid_url or invalid_events for what nothing can be sent to, or of',
    async (key, none) => {
      const row = rows.find(candidate => keyOf(candidate) === key)!;
      const events = (type: string) => (none === '' ? type : [type]);
      for (const url of [
        '',
        'hooks',
        'http://hooks.invalid/',
        'https://localhost/',
        'https://192.168.0.1/',
      ]) {
        const { body } = await goodRequest(row);
        expectError(await send(row, { body: { ...body, url } }), 422, 'invalid_url');
      }
      for (const wrong of [none, events('nothing'), events('session.Started')]) {
        const { body } = await goodRequest(row);
        expectError(await send(row, { body: { ...body, events: wrong } }), 422, 'invalid_events');
      }
    },
  );
});

it('answers a path that is no route with 404, whatever it looks like', async () => {
  for (const path of ['/nothing', '/chargers/%ZZ', '/', '', '/chargers/a/b', '/../chargers%']) {
    for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND']) {
      expectError(
        await server.rest(method, path, { headers: { 'x-request-id': 'caller-1' } }),
        404,
        'not_found',
      );
    }
  }
});

it('leaves no row out of a case that applies to it', () => {
  const count = (applies: (row: Row) => boolean) => rows.filter(applies).length;
  expect(Object.keys(good).sort()).toEqual(rows.map(keyOf).sort());
  expect(withIds).toHaveLength(
    count(row => documentedRoute(row.method, row.path).params.some(({ in: place }) => place === 'path')),
  );
  expect(withBody).toHaveLength(count(row => documentedRoute(row.method, row.path).body.length > 0));
  expect(gets).toHaveLength(rows.length - count(row => row.method !== 'GET'));
  expect(queryFields).toHaveLength(rows.reduce((sum, row) => sum + membersOf(row.query), 0));
  expect(bodyFields).toHaveLength(rows.reduce((sum, row) => sum + membersOf(row.body), 0));
  expect(Object.keys(WORDS).sort()).toEqual(byWord.map(([key, name]) => `${key} ${name}`).sort());
  expect(lists).toHaveLength(count(row => /\bpage\b/.test(Object.keys(shapeOf(row.query)).join(' '))));
  expect(withBothChecks.filter(row => !row.subject)).toEqual([]);
});

const shapeOf = (type: unknown): object => (type as { shape?: object } | undefined)?.shape ?? {};
const membersOf = (type: unknown): number => Object.keys(shapeOf(type)).length;
