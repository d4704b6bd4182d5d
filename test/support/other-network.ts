import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { system } from '../../src/auth/viewer.ts';
import { createDriver } from '../../src/domains/drivers/drivers.ts';
import { inScopeOf } from '../../src/kernel/context.ts';
import { networksScope } from '../../src/kernel/scope.ts';
import { newKey } from './callers.ts';
import { playCharge } from './charge.ts';
import { eventually } from './eventually.ts';
import { globalId, rowId } from './global-id.ts';
import { resetTokenFor } from './mail.ts';
import { pushKeys } from './push-keys.ts';
import type { TestServer } from './server.ts';
import { type Frame, RawStation, RefusedUpgrade } from './station.ts';

/** A network beside the demo network, with one of each thing. Ids are rows' ids. */
export interface OtherNetwork {
  readonly networkId: string;
  readonly apiKey: string;
  readonly apiKeyId: string;
  readonly locationId: string;
  readonly chargerId: string;
  readonly connectorId: string;
  readonly uid: string;
  readonly password: string;
  readonly tariffId: string;
  readonly driverId: string;
  readonly idTag: string;
}

const SCOPES = ['READ', 'WRITE', 'CONTROL', 'BILLING', 'ADMIN'];

/** Makes it as a platform's owner and the network's operator would: through the graph. */
export async function makeOtherNetwork(server: TestServer, partyId = 'OTH'): Promise<OtherNetwork> {
  const platform = { 'x-api-key': server.demo.platformKey };
  const network = await mutate<{ networkId: string }>(
    server,
    platform,
    'createNetwork(input: $input) { ... on CreateNetworkPayload { networkId } }',
    'CreateNetworkInput',
    { name: `Network ${partyId}`, countryCode: 'US', partyId, currency: 'USD' },
  );
  const key = await mutate<{ apiKeyId: string; secret: string }>(
    server,
    platform,
    'createApiKey(input: $input) { ... on CreateApiKeyPayload { apiKeyId secret } }',
    'CreateApiKeyInput',
    { name: 'Other operator', kind: 'OPERATOR', scopes: SCOPES, networkId: network.networkId },
  );
  const operator = { 'x-api-key': key.secret };
  const location = await mutate<{ id: string }>(
    server,
    operator,
    'createLocation(input: $input) { ... on Location { id } }',
    'CreateLocationInput',
    {
      name: 'Other Yard',
      address: '1 Other Street',
      city: 'Ponce',
      country: 'US',
      latitude: 18,
      longitude: -66.6,
      timeZone: 'America/Puerto_Rico',
    },
  );
  const uid = `OTHER-${partyId}-01`;
  const credentials = await mutate<{
    charger: { id: string; connectors: { id: string }[] };
    password: string;
  }>(
    server,
    operator,
    'createCharger(input: $input) { ... on ChargerCredentials { password charger { id connectors { id } } } }',
    'CreateChargerInput',
    {
      uid,
      locationId: location.id,
      connectors: [
        {
          number: 1,
          standard: 'IEC_62196_T2',
          format: 'SOCKET',
          powerType: 'AC_3_PHASE',
          maxVoltageV: 400,
          maxCurrentA: 32,
          maxPowerW: 22000,
        },
      ],
    },
  );
  const tariff = await mutate<{ id: string }>(
    server,
    operator,
    'createTariff(input: $input) { ... on Tariff { id } }',
    'CreateTariffInput',
    {
      code: 'OTHER',
      name: 'Other tariff',
      currency: 'USD',
      energyRate: '0.50',
      effectiveFrom: '2020-01-01T00:00:00Z',
    },
  );
  await mutate(
    server,
    operator,
    'assignTariff(input: $input) { ... on AssignTariffPayload { tariff { id } } }',
    'AssignTariffInput',
    { tariffId: tariff.id, effectiveFrom: '2020-01-01T00:00:00Z' },
  );
  const networkId = rowId(network.networkId);
  const ctx = server.app.context(system, 'test', { scope: networksScope([networkId]) });
  const driver = await inScopeOf(ctx, () =>
    createDriver(ctx, { email: 'olga@example.com', firstName: 'Olga', lastName: 'Other' }),
  );
  return {
    networkId,
    apiKey: key.secret,
    apiKeyId: rowId(key.apiKeyId),
    locationId: rowId(location.id),
    chargerId: rowId(credentials.charger.id),
    connectorId: rowId(credentials.charger.connectors[0]!.id),
    uid,
    password: credentials.password,
    tariffId: rowId(tariff.id),
    driverId: driver.id,
    idTag: driver.tokenUid,
  };
}

/** A charge at its charger from start to bill, and the stray messages and callers that leave rows of their own. */
export async function chargeThere(
  server: TestServer,
  network: OtherNetwork,
  day = '2026-06-18',
): Promise<void> {
  const { socketUrl } = server;
  const station = await RawStation.connect({ socketUrl, uid: network.uid, password: network.password });
  await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
  await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  await station.call('Heartbeat', null);
  await playCharge(station, {
    idTag: network.idTag,
    at: `${day}T10:00:00Z`,
    steps: [
      { minute: 0, status: 'Charging' },
      { minute: 10, meter: 4_000, powerW: 22_000 },
    ],
    stop: { minute: 20, meter: 8_000 },
  });
  await station.call('StopTransaction', {
    transactionId: 2_000_000_000,
    meterStop: 1,
    timestamp: `${day}T11:00:00Z`,
  });
  await station.close();
  // a message of a station that speaks OCPP 2.0.1, without the session that would come of it
  await server.sql(
    `insert into transaction_events (id, network_id, charger_id, transaction_id, seq_no, type, reported_at, at,
       is_offline, digest, content)
     select gen_random_uuid(), network_id, id, 'T', 0, 'Updated', $2::timestamptz, $2::timestamptz, false, 'digest', '{}' from chargers where uid = $1
       on conflict do nothing`,
    [network.uid, `${day}T12:00:00Z`],
  );
  const path = `/ocpp/n/${network.networkId}/STRANGER-${network.uid}`;
  await RawStation.connect({ socketUrl, uid: 'STRANGER', password: 'x'.repeat(20), path }).catch(error => {
    if (!(error instanceof RefusedUpgrade)) throw error;
  });
}

/** Its charge is on an invoice, and was paid for and given back: rows as they would stand, Stripe left out. */
export async function moneyThere(server: TestServer, network: OtherNetwork): Promise<void> {
  const [transaction] = await server.sql<{ id: string; session_id: string; driver_id: string }>(
    'select id, session_id, driver_id from transactions where network_id = $1',
    [network.networkId],
  );
  const { data } = await server.graphql<{ result: { id: string } }>(
    'mutation ($id: ID!) { result: createInvoice(input: { transactionIds: [$id] }) { ... on Invoice { id } } }',
    { id: globalId('Transaction', transaction!.id) },
    { 'x-api-key': network.apiKey },
  );
  const { networkId } = network;
  const of = { n: networkId, s: transaction!.session_id, d: transaction!.driver_id };
  await server.sql(`insert into payment_settings (network_id, currency) values ('${of.n}', 'USD')`);
  await server.sql(
    `insert into payment_customers (network_id, driver_id, idempotency_key) values ('${of.n}', '${of.d}', 'k')`,
  );
  await server.sql(`insert into stripe_events (network_id, event_id, type) values ('${of.n}', 'evt_1', 'x')`);
  await server.sql(
    `insert into session_payments (session_id, network_id, driver_id, currency, state)
     values ('${of.s}', '${of.n}', '${of.d}', 'USD', 'refunded')`,
  );
  await server.sql(
    `insert into payment_operations (id, network_id, session_id, kind, status, amount, currency, idempotency_key)
     values ('${of.s}', '${of.n}', '${of.s}', 'refund', 'succeeded', 1, 'USD', 'k')`,
  );
  await server.sql(
    `insert into refunds (id, network_id, session_id, status, amount, currency)
     values ('${of.s}', '${of.n}', '${of.s}', 'succeeded', 1, 'USD')`,
  );
  await server.sql(
    `insert into credit_notes (id, network_id, invoice_id, transaction_id, operation_id, number, currency,
                               subtotal, tax, total, issued_at)
     values ('${of.s}', '${of.n}', '${rowId(data.result.id)}', '${transaction!.id}', '${of.s}', 'CN-1', 'USD', 1, 0, 1, now())`,
  );
}

/** A driver who has registered with the network's app. */
export interface OtherDriver {
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** As it was mailed. */
  readonly resetToken: string;
}

/**
 * A driver of the network leaves a row in every table of drivers' things, and reviews a place of another network that
 * the app reaches too.
 */
export async function driverThere(
  server: TestServer,
  network: OtherNetwork,
  elsewhere: { readonly networkId: string; readonly locationId: string },
): Promise<OtherDriver> {
  const apiKey = await newKey(server, {
    kind: 'APP',
    networkId: network.networkId,
    alsoReaches: [elsewhere.networkId],
    scopes: ['READ', 'WRITE', 'CONTROL'],
  });
  const email = 'oscar@example.com';
  const password = 'a long other password';
  const ask = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await server.rest(method, path, { apiKey, body, headers });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body?.data;
  };
  const names = { firstName: 'Oscar', lastName: 'Other' };
  const { accessToken, refreshToken } = await ask('POST', '/auth/driver/register', {
    email,
    password,
    ...names,
  });
  const self = { authorization: `Bearer ${accessToken}` };
  const { locationId, chargerId } = network;
  await ask('POST', `/locations/${locationId}/reviews`, { rating: 4, comment: 'Quiet' }, self);
  await ask('POST', `/locations/${elsewhere.locationId}/reviews`, { rating: 1, comment: 'Away' }, self);
  const once = { ...self, 'idempotency-key': 'report-1' };
  await ask('POST', `/locations/${locationId}/report`, { category: 'other', note: 'Dark', chargerId }, once);
  await ask('POST', '/favorites', { targetType: 'charger', targetId: chargerId }, self);
  await ask('PUT', '/notifications/preferences', { smsEnabled: true }, self);
  await ask('POST', '/push/subscribe', { endpoint: 'https://push.invalid/1', keys: pushKeys() }, self);
  await webhookThere(server, network);
  const station = await willingStation(server, network);
  await ask('POST', '/reservations', { chargerId, expiryMinutes: 240 }, self);
  await ask('PUT', `/smart-charging/${chargerId}/limit`, { limit: 10 }, self);
  const scheduledTime = Temporal.Now.instant().add({ hours: 24 }).toString();
  await ask('POST', '/charging/schedule', { chargerId, scheduledTime }, self);
  await station.close();
  await ask('POST', '/auth/driver/forgot-password', { email });
  return { email, password, accessToken, refreshToken, resetToken: await resetTokenFor(server, email) };
}

/** What its operator asks of its station, and what the station reports, leaves a row in every table of maintenance. */
export async function maintainThere(server: TestServer, network: OtherNetwork): Promise<void> {
  const headers = { 'x-api-key': network.apiKey };
  const chargerId = globalId('Charger', network.chargerId);
  const station = await willingStation(server, network);
  const ask = (field: string, result: string, type: string, input: object = {}) =>
    mutate(server, headers, `${field}(input: $input) { ... on ${result} { __typename } }`, type, {
      chargerId,
      ...input,
    });
  await ask('readChargerConfiguration', 'ChargerConfiguration', 'ReadChargerConfigurationInput');
  await ask('setChargerConfiguration', 'ConfigurationChange', 'SetChargerConfigurationInput', {
    name: { variable: 'Light' },
    value: '1',
  });
  await ask('updateFirmware', 'ChargerJob', 'UpdateFirmwareInput', { location: 'https://example.com/f' });
  await ask('sendLocalList', 'SendLocalListPayload', 'SendLocalListInput');
  await ask('changeAvailability', 'AvailabilityWish', 'ChangeAvailabilityInput', { isOperative: true });
  const startsAt = '2026-06-18T10:00:00Z';
  const schedule = { kind: 'ABSOLUTE', startsAt, unit: 'A', periods: [{ startPeriod: 0, limit: 6 }] };
  await ask('setChargingProfile', 'ChargingProfile', 'SetChargingProfileInput', {
    connectorNumber: 0,
    purpose: 'CHARGE_POINT_MAX',
    schedule,
  });
  const timestamp = '2026-06-18T10:00:00Z';
  await station.call('SecurityEventNotification', { type: 'StartupOfTheDevice', timestamp });
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${network.uid}`,
    keys,
    signingAlgorithm,
  });
  await station.call('SignCertificate', { csr: request.toString('pem') });
  await station.close();
}

/** What a station answers that accepts everything, where `Accepted` alone is no answer. */
const WILLING: Readonly<Record<string, object>> = {
  GetConfiguration: { configurationKey: [{ key: 'Light', readonly: false, value: '0' }] },
  UpdateFirmware: {},
  GetLocalListVersion: { listVersion: 0 },
};

/** A subscription of the network's that nobody can reach, with a delivery that was tried once and given up. */
async function webhookThere(server: TestServer, { apiKey }: OtherNetwork): Promise<void> {
  const body = { url: 'https://hooks.invalid/', events: 'invoice.created', description: 'Other hook' };
  const made = await server.rest('POST', '/webhooks', { apiKey, body });
  await server.rest('POST', `/webhooks/${made.body.data.id}/test`, { apiKey });
  await eventually(async () => (await server.sql('select from webhook_attempts')).length > 0);
  // nothing of it changes by itself from now on
  await server.sql('update webhook_subscriptions set is_active = false');
  await server.sql(`update webhook_deliveries set status = 'failed', next_attempt_at = null`);
  const sending = `select from graphile_worker.jobs where task_identifier = 'send-webhooks'`;
  await eventually(async () => (await server.sql(sending)).length === 0);
}

/** The network's station, which accepts every command. */
async function willingStation(
  { socketUrl }: TestServer,
  { uid, password }: OtherNetwork,
): Promise<RawStation> {
  const station = await RawStation.connect({ socketUrl, uid, password });
  station.socket.on('message', data => {
    const [type, id, action] = JSON.parse(String(data)) as Frame;
    if (type === 2) station.reply(id, WILLING[String(action)] ?? { status: 'Accepted' });
  });
  await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
  await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  return station;
}

async function mutate<Result extends object>(
  server: TestServer,
  headers: Record<string, string>,
  field: string,
  inputType: string,
  input: object,
): Promise<Result> {
  const answer = await server.graphql<Record<string, Result>>(
    `mutation ($input: ${inputType}!) { result: ${field.replace(/ \{/, ' { __typename ... on Error { message }')} }`,
    { input },
    headers,
  );
  const result = answer.data?.result;
  if (!result || 'message' in result) throw new Error(`Not done: ${JSON.stringify(answer)}`);
  return result;
}
