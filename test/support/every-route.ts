import { newKey } from './callers.ts';
import { demoCharger, playCharge } from './charge.ts';
import { signIn } from './driver.ts';
import { eventually } from './eventually.ts';
import { brandNetwork, makePlace, makeStation, makeTariff } from './everything-set.ts';
import { rowId } from './global-id.ts';
import { resetTokenFor } from './mail.ts';
import { enablePayments, paymentOf, saveCard, type TestStripe } from './paying.ts';
import { pushKeys } from './push-keys.ts';
import { startReceiver } from './receiver.ts';
import type { RestAnswer, TestServer } from './server.ts';
import type { RawStation } from './station.ts';

type Answers = Record<string, RestAnswer[]>;

/** Fills the network through its doors, then calls each route; what each answered, by route. */
export async function callEveryRoute(server: TestServer, stripe: TestStripe): Promise<Answers> {
  const appKey = await newKey(server, { kind: 'APP', scopes: ['READ', 'WRITE', 'CONTROL'] });
  await brandNetwork(server);
  const tariffId = await makeTariff(server);
  const locationId = await makePlace(server);
  const station = await makeStation(server, locationId);
  const signedIn = await callDriverAuth(server, appKey);
  const [ana, olga] = signedIn.drivers;
  const tokens = await callTokens(server, ana!, station.raw);
  const charging = await callCharging(server, station);
  const users = await callUsers(server, ana!);
  const me = await ana!.rest('GET', '/auth/driver/me');
  const places = await callPlaces(server, { locationId, chargerId: station.id, drivers: [ana!, olga!] });
  const control = {
    ...(await callReservations(ana!, station)),
    ...(await callSchedules(ana!, station, demoCharger(server, 'DEMO-AC-02').id)),
    ...(await callCommands(server, station)),
    ...(await callLimits(server, station)),
  };
  const outgoing = { ...(await callWebhooks(server)), ...(await callPush(ana!)) };
  const paid = await callPayments(server, stripe, station);
  for (const [route, answers] of Object.entries(paid.more)) charging[route]!.push(...answers);
  await station.raw.close();

  const { rest, demo } = server;
  const usage = { energyKwh: 20, durationMinutes: 30, idleMinutes: 5 };
  const price = (body: object) => rest('POST', '/pricing/calculate', { body });
  return {
    ...signedIn.answers,
    'GET /auth/driver/me': [me],
    ...tokens,
    ...users,
    ...charging,
    ...places,
    ...control,
    ...(await callFigures(server)),
    ...outgoing,
    ...paid.answers,
    'POST /pricing/calculate': [
      await price({ tariffId, ...usage }),
      await price({ chargerId: demo.chargers[0]!.id, energyKwh: 1 }),
    ],
    'GET /tariffs': [await rest('GET', '/tariffs'), await rest('GET', '/tariffs?activeOnly=false')],
    'GET /tariffs/{id}': [
      await rest('GET', `/tariffs/${tariffId}`),
      await rest('GET', `/tariffs/${(await rest('GET', '/tariffs')).body.data[0].id}`),
    ],
  };
}

/** One that takes what it is sent, one that does not and is disabled, one that is removed. */
async function callWebhooks(server: TestServer): Promise<Answers> {
  const { rest } = server;
  const receiver = await startReceiver();
  const refusing = await startReceiver(response => response.writeHead(500).end('no'));
  const create = (url: string) =>
    rest('POST', '/webhooks', { body: { url, events: 'invoice.created', description: 'A hook' } });
  const made = [await create(receiver.url), await create(refusing.url), await create(receiver.url)];
  const [taking, failing, removed] = made.map(({ body }) => `/webhooks/${body.data.id}`);
  const tests = [await rest('POST', `${taking}/test`), await rest('POST', `${failing}/test`)];
  const tried = (at: string) =>
    eventually(async () => {
      const list = await rest('GET', `${at}/deliveries`);
      return list.body.data[0]?.attempts === 1 && list;
    });
  const lists = [await tried(taking!), await tried(failing!)];
  const paths = lists.map((list, at) => `${[taking, failing][at]}/deliveries/${list.body.data[0].id}`);
  const details = [await rest('GET', paths[0]!), await rest('GET', paths[1]!)];
  const patch = (body: object) => rest('PATCH', failing!, { body });
  const answers: Answers = {
    'POST /webhooks': made,
    'POST /webhooks/{webhookId}/test': tests,
    'GET /webhooks/{webhookId}/deliveries': lists,
    'GET /webhooks/{webhookId}/deliveries/{deliveryId}': details,
    'POST /webhooks/{webhookId}/deliveries/{deliveryId}/retry': [await rest('POST', `${paths[0]}/retry`)],
    'PATCH /webhooks/{webhookId}': [
      await patch({ events: ['session.started', 'session.completed'], description: 'Another hook' }),
      await patch({ isActive: false }),
    ],
    'GET /webhooks': [await rest('GET', '/webhooks')],
    'DELETE /webhooks/{webhookId}': [await rest('DELETE', removed!)],
    'GET /webhooks/event-types': [await rest('GET', '/webhooks/event-types')],
  };
  receiver.close();
  refusing.close();
  return answers;
}

async function callPush(driver: AppDriver): Promise<Answers> {
  const endpoint = 'https://push.invalid/device';
  const subscribed = await driver.rest('POST', '/push/subscribe', { endpoint, keys: pushKeys() });
  return {
    'GET /push/config': [await driver.rest('GET', '/push/config')],
    'POST /push/subscribe': [subscribed],
    'POST /push/test': [await driver.rest('POST', '/push/test')],
    'POST /push/unsubscribe': [await driver.rest('POST', '/push/unsubscribe', { endpoint })],
  };
}

interface Station {
  readonly id: string;
  readonly raw: RawStation;
}

/** A registered driver, who asks through the app. */
interface AppDriver {
  readonly id: string;
  readonly tokenUid: string;
  rest(method: string, path: string, body?: object): Promise<RestAnswer>;
}

async function callDriverAuth(server: TestServer, apiKey: string) {
  const post = (route: string, body: object) =>
    server.rest('POST', `/auth/driver/${route}`, { apiKey, body });
  const account = { password: 'a long password', lastName: 'Cruz', phone: '+17875550100' };
  const email = 'ana@example.com';
  const ana = await post('register', { ...account, email, firstName: 'Ana' });
  const olga = await post('register', { ...account, email: 'olga@example.com', firstName: 'Olga' });
  const login = await post('login', { email, password: account.password });
  const refresh = await post('refresh', { refreshToken: login.body.data.refreshToken });
  const forgot = await post('forgot-password', { email });
  const token = await resetTokenFor(server, email);
  const reset = await post('reset-password', { token, newPassword: 'quite another one' });

  const drivers = [ana, olga].map(({ body: { data } }): AppDriver => {
    const headers = { authorization: `Bearer ${data.accessToken}` };
    return {
      id: data.driver.id,
      tokenUid: data.driver.tokenUid,
      rest: (method, path, body) => server.rest(method, path, { apiKey, headers, body }),
    };
  });
  const answers: Answers = {
    'POST /auth/driver/register': [ana, olga],
    'POST /auth/driver/login': [login],
    'POST /auth/driver/refresh': [refresh],
    'POST /auth/driver/forgot-password': [forgot],
    'POST /auth/driver/reset-password': [reset],
  };
  return { drivers, answers };
}

/** A token with everything set, and used: a charge that gives its driver totals. */
async function callTokens(server: TestServer, driver: AppDriver, station: RawStation): Promise<Answers> {
  const post = (body: object) => server.rest('POST', '/auth/tokens', { body });
  const card = await post({
    userId: driver.id,
    tokenType: 'rfid',
    uid: 'CARD-0042',
    alias: 'The blue card',
    expiresAt: '2099-12-31T23:59:59Z',
  });
  const bare = await post({ userId: driver.id });
  await playCharge(station, {
    idTag: card.body.data.uid,
    at: '2026-06-19T08:00:00Z',
    steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
    stop: { minute: 20, meter: 8_000 },
  });
  const get = (path: string) => server.rest('GET', `/auth/tokens${path}`);
  return {
    'POST /auth/tokens': [card, bare],
    'GET /auth/tokens': [await get(''), await get(`?userId=${driver.id}`)],
    'GET /auth/tokens/{id}': [await get(`/${card.body.data.id}`), await get(`/${bare.body.data.id}`)],
    'DELETE /auth/tokens/{id}': [await server.rest('DELETE', `/auth/tokens/${bare.body.data.id}`)],
  };
}

async function callUsers(server: TestServer, driver: AppDriver): Promise<Answers> {
  const details = {
    phoneNumber: '+17875551234',
    address: '123 Calle Sol',
    city: 'San Juan',
    state: 'PR',
    postalCode: '00901',
    country: 'US',
  };
  const added = await server.rest('POST', '/users', {
    body: { email: 'eva@example.com', firstName: 'Eva', lastName: 'Gil', ...details },
  });
  const changed = await server.rest('PUT', `/users/${driver.id}`, { body: details });
  return {
    'POST /users': [added],
    'PUT /users/{id}': [changed],
    'GET /users': [await server.rest('GET', '/users')],
    'GET /users/{id}': [
      await server.rest('GET', `/users/${driver.id}`),
      await server.rest('GET', `/users/${added.body.data.id}`),
    ],
  };
}

interface Places {
  readonly locationId: string;
  readonly chargerId: string;
  readonly drivers: readonly [AppDriver, AppDriver];
}

async function callPlaces(server: TestServer, { locationId, chargerId, drivers }: Places): Promise<Answers> {
  const [ana, olga] = drivers;
  const get = (path: string) => server.rest('GET', path);
  const charger = await get(`/chargers/${chargerId}`);
  const at = `/locations/${locationId}`;
  const preferences = {
    pushEnabled: true,
    emailEnabled: false,
    smsEnabled: true,
    notifySessionStarted: false,
    notifySessionStopped: true,
    notifySessionFailed: true,
    notifyReservationReminder: false,
    notifyPayment: true,
    email: 'ana.at.work@example.com',
    phoneNumber: '+17875559876',
  };
  const answers: Answers = {
    'POST /locations/{id}/reviews': [
      await ana.rest('POST', `${at}/reviews`, { rating: 5, comment: 'Easy to find' }),
      await olga.rest('POST', `${at}/reviews`, { rating: 4 }),
    ],
    'POST /locations/{id}/report': [
      await ana.rest('POST', `${at}/report`, { category: 'other', note: 'Dark at night', chargerId }),
    ],
    'POST /favorites': [
      await ana.rest('POST', '/favorites', { targetType: 'location', targetId: locationId, label: 'Home' }),
      await ana.rest('POST', '/favorites', { targetType: 'charger', targetId: chargerId }),
    ],
    'PUT /notifications/preferences': [await ana.rest('PUT', '/notifications/preferences', preferences)],
  };
  const [favorite] = answers['POST /favorites']!;
  const connector = charger.body.data.connectors[0].id;
  return {
    ...answers,
    'GET /favorites': [await ana.rest('GET', '/favorites')],
    'DELETE /favorites/{id}': [await ana.rest('DELETE', `/favorites/${favorite!.body.data.id}`)],
    'GET /notifications/preferences': [
      await ana.rest('GET', '/notifications/preferences'),
      await olga.rest('GET', '/notifications/preferences'),
    ],
    'GET /locations': [await get('/locations'), await get('/locations?q=everything')],
    'GET /locations/search': [await get('/locations/search?lat=18.4&lng=-66.1&radiusKm=50')],
    'GET /locations/{id}': [await get(at)],
    'GET /locations/{id}/chargers': [await get(`${at}/chargers`)],
    'GET /locations/{id}/reviews': [await get(`${at}/reviews`), await olga.rest('GET', `${at}/reviews`)],
    'GET /networks/{networkId}/branding': [
      await server.rest('GET', `/networks/${server.demo.networkId}/branding`, { apiKey: null }),
    ],
    'GET /chargers': [await get('/chargers'), await get('/chargers?page=2&pageSize=2')],
    'GET /chargers/{id}': [charger, await get(`/chargers/${demoCharger(server, 'DEMO-OWN-01').id}`)],
    'GET /chargers/{identifier}/info': [
      await server.rest('GET', `/chargers/${charger.body.data.uid}/info`, { apiKey: null }),
      await get(`/chargers/${chargerId}/info`),
    ],
    'GET /connectors/{id}/status': [await get(`/connectors/${connector}/status`)],
  };
}

async function callCharging(server: TestServer, { id: chargerId, raw }: Station): Promise<Answers> {
  const get = (path: string) => server.rest('GET', path);
  const started = await remoteStart(server, raw, chargerId);
  const running = await get(`/charging/sessions/${started.body.data.id}`);
  const stopped = await remoteStop(server, raw, started.body.data.id);
  const another = await remoteStart(server, raw, chargerId, false);
  const pending = await get(`/charging/sessions/${another.body.data.id}`);
  const cancelled = await server.rest('POST', '/charging/stop', {
    body: { sessionId: another.body.data.id },
  });
  const sessions = await get('/charging/sessions');
  const transactions = await get('/transactions');
  const [{ id: transactionId }] = transactions.body.data;
  const invoiced = await server.rest('POST', '/invoices', { body: { transactionId } });
  const each = (list: RestAnswer, path: string) =>
    Promise.all(list.body.data.map(({ id }: { id: string }) => get(`${path}/${id}`)));
  return {
    'GET /charging/sessions': [sessions],
    'GET /charging/sessions/{id}': [...(await each(sessions, '/charging/sessions')), running, pending],
    'POST /charging/start': [started, another],
    'POST /charging/stop': [stopped, cancelled],
    'POST /invoices': [invoiced],
    'GET /transactions': [transactions],
    'GET /transactions/{id}': await each(transactions, '/transactions'),
  };
}

/** The network takes payments from here on: each route of theirs, and what the others tell of a charge that is paid. */
async function callPayments(
  server: TestServer,
  stripe: TestStripe,
  { id: chargerId, raw }: Station,
): Promise<{ answers: Answers; more: Answers }> {
  const honest = await server.rest('GET', '/payments/config');
  await enablePayments(server, stripe);
  const driver = await signIn(server);
  const checkout = await driver.rest('POST', '/payments/setup-checkout');
  const [first, second] = [await saveCard(stripe, driver), await saveCard(stripe, driver)];
  const chosen = await driver.rest('POST', `/payments/methods/${first}/default`);
  const starting = driver.rest('POST', '/charging/start', {
    body: { chargerId, connectorNumber: 1, idTag: driver.tokenUid },
  });
  raw.reply((await raw.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
  const { sessionId } = (await starting).body.data;
  const { transactionId } = await raw.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag: driver.tokenUid,
    meterStart: 0,
    timestamp: new Date().toISOString(),
  });
  await raw.call('StopTransaction', {
    transactionId,
    meterStop: 10_000,
    timestamp: new Date().toISOString(),
    reason: 'Local',
  });
  const { transaction } = await eventually(async () => {
    const payment = await paymentOf(server, sessionId);
    return payment.paymentStatus === 'CAPTURED' && payment;
  });
  const answers = {
    'GET /payments/config': [honest, await server.rest('GET', '/payments/config')],
    'GET /payments/methods': [await driver.rest('GET', '/payments/methods')],
    'POST /payments/setup-intent': [await driver.rest('POST', '/payments/setup-intent')],
    'POST /payments/setup-checkout': [checkout],
    'POST /payments/methods/{id}/default': [chosen],
    'DELETE /payments/methods/{id}': [await driver.rest('DELETE', `/payments/methods/${second}`)],
    'POST /payments/checkout': [await driver.rest('POST', '/payments/checkout', { body: { sessionId } })],
  };
  const more = {
    'GET /charging/sessions/{id}': [await server.rest('GET', `/charging/sessions/${sessionId}`)],
    'POST /charging/stop': [await driver.rest('POST', '/charging/stop', { body: { sessionId } })],
    'GET /transactions': [await server.rest('GET', '/transactions')],
    'GET /transactions/{id}': [await server.rest('GET', `/transactions/${rowId(transaction!.id)}`)],
  };
  return { answers, more };
}

/** Starts a charge by REST; the station accepts and, where `begins`, reports energy, power and state of charge. */
async function remoteStart(
  server: TestServer,
  station: RawStation,
  chargerId: string,
  begins = true,
): Promise<RestAnswer> {
  const body = { chargerId, connectorNumber: 1, idTag: server.demo.idTag };
  const answer = server.rest('POST', '/charging/start', { body });
  station.reply((await station.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
  if (!begins) return answer;
  const { transactionId } = await station.call('StartTransaction', {
    connectorId: 1,
    idTag: server.demo.idTag,
    meterStart: 1_000,
    timestamp: new Date().toISOString(),
  });
  await station.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [
      {
        timestamp: new Date().toISOString(),
        sampledValue: [
          { value: '2500', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
          { value: '90000', measurand: 'Power.Active.Import', unit: 'W' },
          { value: '55.5', measurand: 'SoC', unit: 'Percent' },
        ],
      },
    ],
  });
  return answer;
}

async function remoteStop(server: TestServer, station: RawStation, sessionId: string): Promise<RestAnswer> {
  const answer = server.rest('POST', '/charging/stop', { body: { sessionId } });
  const { id, payload } = await station.expectCall<{ transactionId: number }>('RemoteStopTransaction');
  station.reply(id, { status: 'Accepted' });
  await station.call('StopTransaction', {
    transactionId: payload.transactionId,
    idTag: server.demo.idTag,
    meterStop: 4_000,
    timestamp: new Date().toISOString(),
    reason: 'Remote',
  });
  return answer;
}

/** What the request came to, while the station answered the command that it led to. */
async function answered(
  station: RawStation,
  request: Promise<RestAnswer>,
  action: string,
  answer: object,
): Promise<RestAnswer> {
  station.reply((await station.expectCall(action)).id, answer);
  return request;
}

/** One that the station takes and the driver gives up, one that it refuses. */
async function callReservations(driver: AppDriver, { id: chargerId, raw }: Station): Promise<Answers> {
  const reserve = (status: string) =>
    answered(raw, driver.rest('POST', '/reservations', { chargerId }), 'ReserveNow', { status });
  const made = [await reserve('Accepted')];
  const at = `/reservations/${made[0]!.body.data.id}`;
  const cancelling = driver.rest('DELETE', at);
  const cancelled = await answered(raw, cancelling, 'CancelReservation', { status: 'Accepted' });
  made.push(await reserve('Rejected'));
  return {
    'POST /reservations': made,
    'GET /reservations': [
      await driver.rest('GET', '/reservations'),
      await driver.rest('GET', '/reservations?status=rejected'),
    ],
    'GET /reservations/{id}': [await driver.rest('GET', at)],
    'DELETE /reservations/{id}': [cancelled],
  };
}

/** One that fires, one that fails because its charger is offline, one that is called off. */
async function callSchedules(
  driver: AppDriver,
  { id: chargerId, raw }: Station,
  offlineChargerId: string,
): Promise<Answers> {
  const plan = (seconds: number, charger: string) =>
    driver.rest('POST', '/charging/schedule', {
      chargerId: charger,
      scheduledTime: Temporal.Now.instant().add({ seconds }).toString(),
    });
  const made = [await plan(1, chargerId), await plan(1, offlineChargerId), await plan(3600, chargerId)];
  const { id } = made[2]!.body.data;
  const calledOff = await driver.rest('DELETE', `/charging/schedule/${id}`);
  raw.reply((await raw.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
  const listed = await eventually(async () => {
    const list = await driver.rest('GET', '/charging/schedules');
    return list.body.data.every(({ status }: { status: string }) => status !== 'Pending') && list;
  });
  const pending = await driver.rest('GET', '/charging/sessions?status=pending');
  await driver.rest('POST', '/charging/stop', { sessionId: pending.body.data[0].id });
  return {
    'POST /charging/schedule': made,
    'GET /charging/schedules': [listed],
    'DELETE /charging/schedule/{id}': [calledOff],
  };
}

/** Each command, accepted and refused. */
async function callCommands(server: TestServer, { id, raw }: Station): Promise<Answers> {
  const both = async (path: string, action: string, statuses: readonly string[]) => {
    const answers: RestAnswer[] = [];
    for (const status of statuses) {
      answers.push(await answered(raw, server.rest('POST', path, { body: {} }), action, { status }));
    }
    return answers;
  };
  const accepted = ['Accepted', 'Rejected'];
  const at = `/remote-control/${id}`;
  return {
    'POST /remote-control/{chargerId}/unlock': await both(`${at}/unlock`, 'UnlockConnector', [
      'Unlocked',
      'UnlockFailed',
    ]),
    'POST /remote-control/{chargerId}/trigger': await both(`${at}/trigger`, 'TriggerMessage', accepted),
    'POST /remote-control/{chargerId}/reset': await both(`${at}/reset`, 'Reset', accepted),
    'POST /chargers/{id}/reboot': await both(`/chargers/${id}/reboot`, 'Reset', accepted),
  };
}

/** Over all that the network has sold, and over a window in which it sold nothing. */
async function callFigures(server: TestServer): Promise<Answers> {
  const both = async (path: string, query = '') => [
    await server.rest('GET', `${path}?from=2026-01-01${query}`),
    await server.rest('GET', `${path}?from=2025-01-01&to=2025-01-31${query}`),
  ];
  return {
    'GET /analytics/sessions': await both('/analytics/sessions', '&period=month'),
    'GET /analytics/revenue': await both('/analytics/revenue', '&period=week'),
    'GET /analytics/energy': await both('/analytics/energy'),
    'GET /reports/export': [
      ...(await both('/reports/export')),
      ...(await both('/reports/export', '&type=by-location')),
      ...(await both('/reports/export', '&type=by-user')),
      ...(await both('/reports/export', '&type=sessions-summary')),
    ],
  };
}

/** A limit that the station refuses, one that it takes and later forgets, and what it makes of it. */
async function callLimits(server: TestServer, { id, raw }: Station): Promise<Answers> {
  const call = (method: string, action: string, answer: object) => {
    const body = method === 'PUT' ? { limit: 16 } : undefined;
    return answered(raw, server.rest(method, `/smart-charging/${id}/limit`, { body }), action, answer);
  };
  const set = (status: string) => call('PUT', 'SetChargingProfile', { status });
  const clear = (status: string) => call('DELETE', 'ClearChargingProfile', { status });
  const refused = await set('Rejected');
  const taken = await set('Accepted');
  const composite = await call('GET', 'GetCompositeSchedule', {
    status: 'Accepted',
    connectorId: 1,
    chargingSchedule: {
      duration: 86_400,
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
    },
  });
  return {
    'PUT /smart-charging/{chargerId}/limit': [refused, taken],
    'GET /smart-charging/{chargerId}/limit': [composite],
    'DELETE /smart-charging/{chargerId}/limit': [await clear('Accepted'), await clear('Unknown')],
  };
}
