import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashSecret, isWellFormed, newSecret, visibleParts } from '../src/auth/api-key-secret.ts';
import { KEY_SCOPES } from '../src/auth/viewer.ts';
import { newDriver, newKey } from './support/callers.ts';
import { demoCharger } from './support/charge.ts';
import { globalId, rowId } from './support/global-id.ts';
import { makeOtherNetwork, type OtherNetwork } from './support/other-network.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let other: OtherNetwork;
const logLines: string[] = [];
beforeAll(async () => {
  // nothing but what the requests themselves ask of the database is counted
  server = await startTestServer({ settings: { ROLES: 'api' }, logLines });
  other = await makeOtherNetwork(server);
});
afterAll(() => server?.close());

const NAMES = '{ networks { nodes { name } } }';
const network = () => globalId('Network', server.demo.networkId);

interface Made {
  readonly __typename: string;
  readonly apiKeyId: string;
  readonly secret: string;
  readonly message: string;
  readonly details: { field: string; message: string }[];
}

async function createKey(input: object, apiKey: string = server.demo.platformKey): Promise<Made> {
  const { data, errors } = await server.graphql<{ made: Made }>(
    `mutation ($input: CreateApiKeyInput!) { made: createApiKey(input: $input) {
       __typename
       ... on CreateApiKeyPayload { apiKeyId secret }
       ... on Error { message }
       ... on ValidationError { details { field message } }
     } }`,
    { input: { name: 'Key', kind: 'OPERATOR', scopes: ['READ'], networkId: network(), ...input } },
    { 'x-api-key': apiKey },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.made;
}

/** Asks for something with the key, and answers the HTTP status and the code of the error. */
async function call(apiKey: string | null, query = NAMES, variables = {}, headers = {}) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey !== null && { 'x-api-key': apiKey }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  return { status: response.status, code: errors?.[0]?.extensions?.code, data };
}

describe('a key', () => {
  it('is pr_live_, 32 letters and digits, and 6 of checksum; no two are the same', () => {
    const secrets = Array.from({ length: 1_000 }, newSecret);
    for (const secret of secrets) expect(secret).toMatch(/^pr_live_[0-9A-Za-z]{38}$/);
    expect(secrets.every(isWellFormed)).toBe(true);
    expect(new Set(secrets).size).toBe(1_000);
    expect(new Set(secrets.join('').replaceAll('pr_live_', '')).size).toBe(62);
  });

  it('with any one character mistaken, or two neighbours swapped, is no key', () => {
    const secret = newSecret();
    for (let at = 0; at < secret.length; at++) {
      const wrong = secret[at] === 'x' ? 'y' : 'x';
      expect(isWellFormed(secret.slice(0, at) + wrong + secret.slice(at + 1)), `at ${at}`).toBe(false);
      const swapped = secret.slice(0, at) + (secret[at + 1] ?? '') + secret[at]! + secret.slice(at + 2);
      if (swapped !== secret) expect(isWellFormed(swapped), `swapped at ${at}`).toBe(false);
    }
    for (const text of ['', 'pr_live_', secret.slice(0, -1), `${secret}x`, ` ${secret}`, `${secret}\n`]) {
      expect(isWellFormed(text), JSON.stringify(text)).toBe(false);
    }
  });

  it('is stored as its SHA-256 digest alone, with the first and last letters', async () => {
    const { apiKeyId, secret } = await createKey({ name: 'Stored' });
    const [row] = await server.sql<Record<string, string>>('select * from api_keys where id = $1', [
      rowId(apiKeyId),
    ]);
    expect(row).toMatchObject({
      name: 'Stored',
      hash: createHash('sha256').update(secret).digest('hex'),
      prefix: secret.slice(0, 12),
      last_four: secret.slice(-4),
    });
    expect(row!.hash).toBe(hashSecret(secret));
    const everything = await server.sql<{ found: boolean }>(
      `select position($1 in query_to_xml('select * from ' || relname, false, true, '')::text) > 0 as found
         from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
      [secret.slice(8)],
    );
    expect(everything.length).toBeGreaterThan(15);
    expect(everything.some(table => table.found)).toBe(false);
  });

  it('is listed with what stays visible, and its secret appears in no log', async () => {
    const { apiKeyId, secret } = await createKey({ name: 'Listed', scopes: ['READ', 'CONTROL'] });
    const { data } = await call(
      server.demo.apiKey,
      '{ apiKeys(first: 1) { nodes { id name kind scopes prefix lastFour revokedAt expiresAt } } }',
    );
    expect(data.apiKeys.nodes).toEqual([
      {
        id: apiKeyId,
        name: 'Listed',
        kind: 'OPERATOR',
        scopes: ['READ', 'CONTROL'],
        ...visibleParts(secret),
        revokedAt: null,
        expiresAt: null,
      },
    ]);
    await call(secret);
    expect(logLines.length).toBeGreaterThan(0);
    expect(logLines.filter(line => line.includes(secret.slice(8)))).toEqual([]);
  });
});

describe('who is asking', () => {
  beforeEach(() => {
    server.statements.length = 0;
  });
  const lookUps = () => server.statements.filter(sql => /api_keys|app\.networks/.test(sql)).length;

  it('a typo is refused with 401 and no look-up at all', async () => {
    const secret = server.demo.apiKey;
    for (const wrong of [`${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}`, 'abc', '']) {
      server.statements.length = 0;
      expect(await call(wrong), wrong).toMatchObject({ status: 401, code: 'unauthorized' });
      expect(lookUps(), wrong).toBe(0);
    }
  });

  it('a key that nobody has is refused with 401, after one look-up', async () => {
    expect(await call(newSecret())).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(server.statements.filter(sql => sql.includes('api_keys')).length).toBe(1);
  });

  it('one that expired is refused with 401, until then it works', async () => {
    const { apiKeyId, secret } = await createKey({
      expiresAt: Temporal.Now.instant().add({ hours: 1 }).toString(),
    });
    expect(await call(secret)).toMatchObject({ status: 200, code: undefined });
    await server.sql(`update api_keys set expires_at = now() - interval '1 ms' where id = $1`, [
      rowId(apiKeyId),
    ]);
    expect(await call(secret)).toMatchObject({ status: 401, code: 'unauthorized' });
  });

  it('one that was revoked is refused with 401 from that moment; revoking again changes nothing', async () => {
    const { apiKeyId, secret } = await createKey({});
    expect((await call(secret)).status).toBe(200);
    const revoke = () =>
      call(
        server.demo.apiKey,
        'mutation ($id: ID!) { revokeApiKey(id: $id) { ... on ApiKey { id revokedAt } } }',
        { id: apiKeyId },
      );
    const first = await revoke();
    expect(first.data.revokeApiKey).toEqual({ id: apiKeyId, revokedAt: expect.any(String) });
    expect(await call(secret)).toMatchObject({ status: 401, code: 'unauthorized' });
    expect((await revoke()).data).toEqual(first.data);
  });

  it('without a key nothing that needs one is answered', async () => {
    expect(await call(null)).toMatchObject({ status: 200, code: 'unauthorized', data: null });
  });

  it('the messages tell nothing of why a key is no good', async () => {
    const messages = await Promise.all(
      [newSecret(), 'abc'].map(async secret => {
        const response = await fetch(`${server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': secret },
          body: JSON.stringify({ query: NAMES }),
        });
        return (await response.json()).errors[0].message;
      }),
    );
    expect(messages).toEqual(['The API key is not valid.', 'The API key is not valid.']);
  });
});

/** Whom it is for: an operator, a signed-in driver, both, or an app's visitor who is about to sign in. */
type For = 'operator' | 'driver' | 'either' | 'visitor';

const webhookThere = () => `id: "${globalId('WebhookSubscription', other.chargerId)}"`;
const atOther = () => `chargerId: "${globalId('Charger', other.chargerId)}"`;

/**
 * Every mutation: the scope it needs (any: a key with whatever scope, as a mutation may always read what it answers
 * with), arguments that pass its parsing, and whom it is for.
 */
const MUTATIONS: readonly [
  field: string,
  scope: (typeof KEY_SCOPES)[number] | 'any',
  args: () => string,
  whom: For,
][] = [
  [
    'createLocation',
    'write',
    () => `input: { name: "A", address: "B", city: "C", country: "US",
     latitude: 100, longitude: 1, timeZone: "UTC" }`,
    'operator',
  ],
  ['updateLocation', 'write', () => `input: { id: "${globalId('Location', other.locationId)}" }`, 'operator'],
  ['createCharger', 'write', () => 'input: { uid: "NEW-1", connectors: [] }', 'operator'],
  ['updateCharger', 'write', () => `input: { id: "${globalId('Charger', other.chargerId)}" }`, 'operator'],
  ['renewChargerPassword', 'write', () => `id: "${globalId('Charger', other.chargerId)}"`, 'operator'],
  ['createTariff', 'write', () => 'input: { code: "A B", name: "X", currency: "USD" }', 'operator'],
  ['updateTariff', 'write', () => `input: { id: "${globalId('Tariff', other.tariffId)}" }`, 'operator'],
  ['assignTariff', 'write', () => `input: { tariffId: "${globalId('Tariff', other.tariffId)}" }`, 'operator'],
  [
    'startSession',
    'control',
    () => `input: { chargerId: "${globalId('Charger', other.chargerId)}", idTag: "A" }`,
    'either',
  ],
  ['stopSession', 'control', () => `id: "${globalId('Session', other.chargerId)}"`, 'either'],
  ['reserve', 'control', () => `input: { ${atOther()} }`, 'driver'],
  ['cancelReservation', 'control', () => `id: "${globalId('Reservation', other.chargerId)}"`, 'either'],
  [
    'createSchedule',
    'control',
    () => `input: { ${atOther()}, scheduledTime: "${Temporal.Now.instant().add({ hours: 1 })}" }`,
    'driver',
  ],
  ['cancelSchedule', 'control', () => `id: "${globalId('Schedule', other.chargerId)}"`, 'driver'],
  ['unlockConnector', 'control', () => `input: { ${atOther()} }`, 'either'],
  ['triggerMessage', 'control', () => `input: { ${atOther()} }`, 'either'],
  ['resetCharger', 'control', () => `input: { ${atOther()} }`, 'either'],
  ['rebootCharger', 'control', () => `input: { ${atOther()} }`, 'operator'],
  ['readChargerConfiguration', 'control', () => `input: { ${atOther()} }`, 'operator'],
  [
    'setChargerConfiguration',
    'control',
    () => `input: { ${atOther()}, name: { variable: "A" }, value: "B" }`,
    'operator',
  ],
  ['updateFirmware', 'control', () => `input: { ${atOther()}, location: "https://a.example" }`, 'operator'],
  [
    'uploadLog',
    'control',
    () => `input: { ${atOther()}, location: "https://a.example", log: DIAGNOSTICS }`,
    'operator',
  ],
  ['sendLocalList', 'control', () => `input: { ${atOther()} }`, 'operator'],
  ['changeAvailability', 'control', () => `input: { ${atOther()}, isOperative: true }`, 'operator'],
  [
    'setChargingProfile',
    'control',
    () => `input: { ${atOther()}, connectorNumber: 1, purpose: TX,
     schedule: { kind: RELATIVE, unit: A, periods: [{ startPeriod: 0, limit: 6 }] } }`,
    'operator',
  ],
  ['clearChargingProfiles', 'control', () => `input: { ${atOther()} }`, 'operator'],
  ['requestChargingProfiles', 'control', () => `input: { ${atOther()} }`, 'operator'],
  ['clearAuthorizationCache', 'control', atOther, 'operator'],
  ['transferData', 'control', () => `input: { ${atOther()}, vendorId: "V" }`, 'operator'],
  [
    'deliverCertificate',
    'control',
    () => `id: "${globalId('ChargerCertificate', other.chargerId)}", chain: "X"`,
    'operator',
  ],
  ['readInstalledCertificates', 'control', () => `${atOther()}, use: MANUFACTURER_ROOT`, 'operator'],
  [
    'installCertificate',
    'control',
    () => `input: { ${atOther()}, use: MANUFACTURER_ROOT, certificate: "X" }`,
    'operator',
  ],
  [
    'deleteCertificate',
    'control',
    () => `input: { ${atOther()}, hashAlgorithm: SHA256, issuerNameHash: "1", issuerKeyHash: "1",
     serialNumber: "1" }`,
    'operator',
  ],
  ['createChargerAuthority', 'platform', () => '', 'operator'],
  ['adoptCharger', 'write', () => 'input: { uid: "NEVER-SEEN" }', 'operator'],
  ['setChargingLimit', 'control', () => `input: { ${atOther()}, limit: 10 }`, 'either'],
  ['clearChargingLimit', 'control', () => `input: { ${atOther()} }`, 'either'],
  [
    'setLocationPowerLimit',
    'write',
    () => `input: { locationId: "${globalId('Location', other.locationId)}", powerLimitW: 1 }`,
    'operator',
  ],
  [
    'createInvoice',
    'billing',
    () => `input: { transactionIds: ["${globalId('Transaction', other.chargerId)}"] }`,
    'either',
  ],
  ['updatePaymentSettings', 'billing', () => 'input: { currency: "ZZZ" }', 'operator'],
  [
    'refundTransaction',
    'billing',
    () => `input: { transactionId: "${globalId('Transaction', other.chargerId)}" }`,
    'operator',
  ],
  [
    'retryPayment',
    'billing',
    () => `transactionId: "${globalId('Transaction', other.chargerId)}"`,
    'operator',
  ],
  ['createSetupIntent', 'write', () => '', 'driver'],
  ['createSetupCheckout', 'write', () => '', 'driver'],
  ['setDefaultCard', 'write', () => 'paymentMethodId: "pm_1"', 'driver'],
  ['removeCard', 'write', () => 'paymentMethodId: "pm_1"', 'driver'],
  ['markInvoicePaid', 'billing', () => `id: "${globalId('Invoice', other.chargerId)}"`, 'operator'],
  ['voidInvoice', 'billing', () => `id: "${globalId('Invoice', other.chargerId)}"`, 'operator'],
  [
    'createApiKey',
    'admin',
    () => `input: { name: "A", kind: OPERATOR, scopes: [], networkId: "${network()}" }`,
    'operator',
  ],
  ['revokeApiKey', 'admin', () => `id: "${globalId('ApiKey', other.apiKeyId)}"`, 'operator'],
  ['updateNetwork', 'admin', () => `input: { id: "${globalId('Network', other.networkId)}" }`, 'operator'],
  [
    'createNetwork',
    'platform',
    () => 'input: { name: "X", countryCode: "US", partyId: "no", currency: "USD" }',
    'operator',
  ],
  [
    'createDriver',
    'write',
    () => 'input: { email: "no address", firstName: "A", lastName: "B" }',
    'operator',
  ],
  ['updateDriver', 'write', () => `input: { id: "${globalId('Driver', other.driverId)}" }`, 'operator'],
  ['createToken', 'write', () => `input: { driverId: "${globalId('Driver', other.driverId)}" }`, 'operator'],
  ['invalidateToken', 'write', () => `id: "${globalId('Token', other.driverId)}"`, 'operator'],
  ['acknowledgeAlert', 'write', () => `id: "${globalId('Alert', other.chargerId)}"`, 'operator'],
  ['rotateSigningKey', 'platform', () => '', 'operator'],
  [
    'createWebhook',
    'admin',
    () =>
      `input: { url: "https://a.invalid", events: ["*"], networkId: "${globalId('Network', other.networkId)}" }`,
    'operator',
  ],
  ['updateWebhook', 'admin', () => `input: { ${webhookThere()} }`, 'operator'],
  ['deleteWebhook', 'admin', () => webhookThere(), 'operator'],
  ['testWebhook', 'admin', () => webhookThere(), 'operator'],
  ['rotateWebhookSecret', 'admin', () => webhookThere(), 'operator'],
  [
    'retryWebhookDelivery',
    'admin',
    () => `id: "${globalId('WebhookDelivery', other.chargerId)}"`,
    'operator',
  ],
  [
    'recoverWebhookDeliveries',
    'admin',
    () => `webhookId: "${globalId('WebhookSubscription', other.chargerId)}",
     from: "2026-06-18T00:00:00Z", to: "2026-06-19T00:00:00Z"`,
    'operator',
  ],
  ['subscribeToPush', 'write', () => 'input: {}', 'driver'],
  ['unsubscribeFromPush', 'write', () => '', 'driver'],
  ['testPush', 'write', () => '', 'driver'],
  [
    'addReview',
    'write',
    () => `input: { locationId: "${globalId('Location', other.locationId)}", rating: 1 }`,
    'driver',
  ],
  [
    'reportProblem',
    'write',
    () => `input: { locationId: "${globalId('Location', other.locationId)}", category: OTHER }`,
    'driver',
  ],
  [
    'saveFavorite',
    'write',
    () => `input: { targetId: "${globalId('Location', other.locationId)}" }`,
    'driver',
  ],
  ['removeFavorite', 'write', () => `id: "${globalId('Favorite', other.chargerId)}"`, 'driver'],
  ['updateNotificationPreferences', 'write', () => 'input: { phoneNumber: "no number" }', 'driver'],
  [
    'register',
    'write',
    () => 'input: { email: "a@example.com", password: "short", firstName: "A", lastName: "B" }',
    'visitor',
  ],
  ['login', 'any', () => 'email: "nobody@example.com", password: "whatever it is"', 'visitor'],
  ['refresh', 'any', () => 'refreshToken: "prt_unknown"', 'visitor'],
  ['requestPasswordReset', 'any', () => 'email: "nobody@example.com"', 'visitor'],
  ['resetPassword', 'any', () => 'token: "unknown", newPassword: "quite another one"', 'visitor'],
];

const forWhom = (whom: For) => MUTATIONS.filter(row => row[3] === whom);

/** Past the scope: what is asked for is another network's, or of no use, or harmless. */
const PAST =
  /^(NotFoundError|PaymentsNotEnabledError|ValidationError|InvalidCredentialsError|Done|ChargerAuthority|PushTest)$/;

async function mutate(apiKey: string | null, field: string, args: string, headers = {}) {
  const { data } = await call(
    apiKey,
    `mutation { result: ${field}${args && `(${args})`} { __typename ... on Error { code } } }`,
    {},
    headers,
  );
  return data?.result?.__typename;
}

describe('the scopes of a key', () => {
  const keys = new Map<string, string>();
  let driver: { authorization: string };
  beforeAll(async () => {
    const { headers } = await newDriver(server, await newKey(server, { kind: 'APP' }));
    driver = { authorization: headers.authorization! };
    for (const scope of KEY_SCOPES) {
      const rest = KEY_SCOPES.filter(one => one !== scope);
      keys.set(`only ${scope}`, (await createKey({ scopes: [scope.toUpperCase()] })).secret);
      keys.set(`all but ${scope}`, (await createKey({ scopes: rest.map(one => one.toUpperCase()) })).secret);
    }
  });

  it.each(MUTATIONS)('%s needs the scope "%s", and no other', async (field, scope, args, whom) => {
    const headers = whom === 'driver' ? driver : {};
    if (scope !== 'any') {
      expect(await mutate(keys.get(`all but ${scope}`)!, field, args(), headers)).toBe('ForbiddenError');
    }
    for (const enough of scope === 'any' ? KEY_SCOPES : [scope]) {
      await server.sql('delete from failed_attempts');
      expect(await mutate(keys.get(`only ${enough}`)!, field, args(), headers)).toMatch(PAST);
    }
    expect(await mutate(null, field, args(), headers)).toBe('UnauthorizedError');
  });

  it.each(forWhom('operator'))(
    '%s is nothing for a driver, whatever the key may do',
    async (field, _, args) => {
      expect(await mutate(server.demo.platformKey, field, args(), driver)).toBe('ForbiddenError');
      expect(await mutate(server.demo.apiKey, field, args(), driver)).toBe('ForbiddenError');
    },
  );

  it.each(forWhom('driver'))(
    '%s is nothing without a driver, also for an operator',
    async (field, _, args) => {
      expect(await mutate(server.demo.apiKey, field, args())).toBe('DriverRequiredError');
    },
  );

  it('a driver may not have a station ask for a certificate, nor tell of its logs', async () => {
    for (const message of ['SIGN_CERTIFICATE', 'LOG_STATUS_NOTIFICATION']) {
      const args = `input: { ${atOther()}, message: ${message} }`;
      expect(await mutate(server.demo.apiKey, 'triggerMessage', args, driver)).toBe('ForbiddenError');
      expect(await mutate(server.demo.apiKey, 'triggerMessage', args)).toBe('NotFoundError');
    }
  });

  it('every mutation of the graph is in this table', async () => {
    const { data } = await call(server.demo.apiKey, '{ __schema { mutationType { fields { name } } } }');
    const names = data.__schema.mutationType.fields.map((field: { name: string }) => field.name);
    expect(MUTATIONS.map(([name]) => name).sort()).toEqual(names.sort());
  });

  it.each([
    ['networks', 'read'],
    ['locations', 'read'],
    ['chargers', 'read'],
    ['tariffs', 'read'],
    ['drivers', 'read'],
    ['tokens', 'read'],
    ['alerts', 'read'],
    ['sessions', 'read'],
    ['transactions', 'read'],
    ['invoices', 'read'],
    ['reservations', 'read'],
    ['chargerJobs', 'read'],
    ['securityEvents', 'read'],
    ['apiKeys', 'admin'],
    ['webhooks', 'admin'],
  ])('the list %s needs the scope "%s", and no other', async (list, scope) => {
    const query = `{ ${list} { totalCount } }`;
    expect((await call(keys.get(`all but ${scope}`)!, query)).code).toBe('forbidden');
    expect((await call(keys.get(`only ${scope}`)!, query)).code).toBeUndefined();
  });

  it('the list schedules, a driver’s alone, needs the scope "read", and no other', async () => {
    const query = '{ schedules { totalCount } }';
    expect((await call(keys.get('all but read')!, query, {}, driver)).code).toBe('forbidden');
    expect((await call(keys.get('only read')!, query, {}, driver)).code).toBeUndefined();
    expect((await call(keys.get('only read')!, query)).code).toBe('driver_required');
  });

  it.each([
    ['chargerConfiguration', '{ variables { value } }'],
    ['configurationChanges', '{ totalCount }'],
    ['localList', '{ version }'],
    ['availabilityWishes', '{ status }'],
    ['chargingProfiles', '{ profileId }'],
    ['chargerCertificates', '{ totalCount }'],
    ['chargerFrames', '{ kind }'],
  ])(
    '%s of a charger needs the scope "read", and no other, and is nothing for a driver',
    async (field, selection) => {
      const query = `{ ${field}(${atOther()}) ${selection} }`;
      expect((await call(keys.get('all but read')!, query)).code).toBe('forbidden');
      expect((await call(keys.get('only read')!, query)).code).toBe('not_found');
      expect((await call(keys.get('only read')!, query, {}, driver)).code).toBe('forbidden');
    },
  );

  it.each(['unknownChargers { uid }', 'chargerAuthority { certificate }'])(
    '%s needs the scope "read", and no other, and is nothing for a driver',
    async field => {
      expect((await call(keys.get('all but read')!, `{ ${field} }`)).code).toBe('forbidden');
      expect((await call(keys.get('only read')!, `{ ${field} }`)).code).toBeUndefined();
      expect((await call(keys.get('only read')!, `{ ${field} }`, {}, driver)).code).toBe('forbidden');
    },
  );

  it.each(FIGURES)('%s needs the scope "read", and no other, and is nothing for a driver', async field => {
    expect((await call(keys.get('all but read')!, `{ ${field} }`)).code).toBe('forbidden');
    expect((await call(keys.get('only read')!, `{ ${field} }`)).code).toBeUndefined();
    expect((await call(server.demo.platformKey, `{ ${field} }`, {}, driver)).code).toBe('forbidden');
    expect((await call(null, `{ ${field} }`)).code).toBe('unauthorized');
  });

  it('the event types for webhooks need the scope "admin", and no other', async () => {
    const query = '{ webhookEventTypes }';
    expect((await call(keys.get('all but admin')!, query)).code).toBe('forbidden');
    expect((await call(keys.get('only admin')!, query)).code).toBeUndefined();
    expect((await call(server.demo.platformKey, query, {}, driver)).code).toBe('forbidden');
  });

  it('pushConfig, a driver’s alone, needs the scope "read", and no other', async () => {
    const query = '{ pushConfig { publicKey } }';
    expect((await call(keys.get('all but read')!, query, {}, driver)).code).toBe('forbidden');
    expect((await call(keys.get('only read')!, query, {}, driver)).code).toBeUndefined();
    expect((await call(keys.get('only read')!, query)).code).toBe('driver_required');
  });

  it('mayCommand needs the scope "control" or "read"', async () => {
    const query = `{ mayCommand(${atOther()}) }`;
    for (const scope of ['control', 'read']) {
      expect((await call(keys.get(`only ${scope}`)!, query)).data).toEqual({ mayCommand: false });
    }
    expect((await call(keys.get('only billing')!, query)).code).toBe('forbidden');
  });

  it('compositeSchedule needs the scope "read", and no other', async () => {
    const query = `{ compositeSchedule(${atOther()}) { accepted } }`;
    expect((await call(keys.get('all but read')!, query)).code).toBe('forbidden');
    expect((await call(keys.get('only read')!, query)).code).toBe('not_found');
  });
});

const FIGURES = [
  'sessionAnalytics { totalSessions }',
  'revenueAnalytics { growthPercent }',
  'energyAnalytics { energyWh }',
  'report { from }',
  'report { dailySales { totalCount } salesByLocation { totalCount } }',
  'report { salesByDriver { totalCount } sessions { totalCount } }',
];

describe('the key of an app, without a driver', () => {
  let app: string;
  beforeAll(async () => {
    app = (await createKey({ kind: 'APP', scopes: ['READ', 'WRITE', 'CONTROL'] })).secret;
    const hidden = demoCharger(server, 'DEMO-AC-03');
    await server.sql('update chargers set is_public = false where id = $1', [hidden.id]);
    await server.sql(`update locations set is_published = false where name = 'Beach Mall'`);
  });

  it.each(MUTATIONS.filter(([, , , whom]) => whom !== 'visitor'))(
    '%s needs a driver',
    async (field, _, args) => {
      expect(await mutate(app, field, args())).toBe('DriverRequiredError');
    },
  );

  it.each(forWhom('visitor'))('%s needs none', async (field, _, args) => {
    expect(await mutate(app, field, args())).toMatch(PAST);
  });

  it.each([
    'sessions',
    'transactions',
    'invoices',
    'reservations',
    'schedules',
    'drivers',
    'tokens',
    'alerts',
    'favorites',
    'apiKeys',
    'chargerJobs',
    'securityEvents',
    'webhooks',
  ])('the list %s needs a driver', async list => {
    expect((await call(app, `{ ${list} { totalCount } }`)).code).toBe('driver_required');
  });

  it.each(FIGURES)('%s needs a driver, who is then refused', async field => {
    expect((await call(app, `{ ${field} }`)).code).toBe('driver_required');
  });

  it('reads networks and tariffs, what is public of chargers and locations, and no more', async () => {
    const { data, code } = await call(
      app,
      `{ networks { totalCount } tariffs { totalCount } locations { nodes { name } }
         chargers { nodes { uid location { name } connectors { number } } } }`,
    );
    expect(code).toBeUndefined();
    expect(data.networks.totalCount).toBe(1);
    expect(data.tariffs.totalCount).toBe(4);
    expect(data.locations.nodes.map((node: { name: string }) => node.name)).toEqual([
      'Harbour Garage',
      'Mountain Lodge',
    ]);
    expect(data.chargers.nodes.map((node: { uid: string }) => node.uid)).toEqual([
      'DEMO-AC-01',
      'DEMO-AC-02',
      'DEMO-OWN-01',
      'DEMO-OWN-03',
    ]);
  });

  it('is quoted a price at a public charger, and at no other', async () => {
    const price = (uid: string) =>
      call(app, 'query ($input: PriceInput!) { price(input: $input) { tariffName } }', {
        input: { chargerId: globalId('Charger', demoCharger(server, uid).id), energyKwh: 1 },
      });
    expect((await price('DEMO-AC-01')).data.price).toEqual({ tariffName: 'Standard' });
    expect((await price('DEMO-AC-03')).code).toBe('not_found');
    expect((await price('DEMO-DC-01')).code).toBe('not_found');
  });

  it('does not reach what is hidden by its id either', async () => {
    const ids = await server.sql<{ type: string; id: string }>(
      `select 'Charger' as type, c.id from chargers c join locations l on l.id = c.location_id
        where not c.is_public or not l.is_published
       union all select 'Connector', k.id from connectors k join chargers c on c.id = k.charger_id
         join locations l on l.id = c.location_id where not c.is_public or not l.is_published
       union all select 'Location', id from locations where not is_published`,
    );
    expect(ids.length).toBeGreaterThan(5);
    const { data } = await call(app, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: ids.filter(({ id }) => id !== other.chargerId).map(({ type, id }) => globalId(type, id)),
    });
    expect(data.nodes.filter(Boolean)).toEqual([]);
  });
});

describe('making a key', () => {
  it('grants no scope that the caller’s key lacks', async () => {
    expect(await createKey({ scopes: ['READ', 'PLATFORM'] }, server.demo.apiKey)).toMatchObject({
      __typename: 'ForbiddenError',
      message: "The caller's key lacks platform itself.",
    });
    const { secret } = await createKey({ scopes: ['ADMIN', 'READ'] });
    for (const scope of ['WRITE', 'CONTROL', 'BILLING', 'PLATFORM']) {
      expect((await createKey({ scopes: [scope] }, secret)).__typename).toBe('ForbiddenError');
    }
    expect((await createKey({ scopes: ['READ'] }, secret)).__typename).toBe('CreateApiKeyPayload');
  });

  it('reaches no network that the caller’s key does not, save for the platform’s owner', async () => {
    const theirs = globalId('Network', other.networkId);
    for (const reach of [{ networkId: theirs }, { alsoReaches: [theirs] }]) {
      expect((await createKey(reach, server.demo.apiKey)).__typename).toBe('NotFoundError');
    }
    const both = await createKey({ alsoReaches: [theirs] });
    const { data } = await call(both.secret);
    expect(data.networks.nodes.map((node: { name: string }) => node.name)).toEqual([
      'Demo Charge',
      'Network OTH',
    ]);
    const nowhere = globalId('Network', '018f0000-0000-7000-8000-000000000000');
    expect((await createKey({ networkId: nowhere })).__typename).toBe('NotFoundError');
  });

  it.each([
    ['an empty name', { name: ' ' }, 'name'],
    ['no scope', { scopes: [] }, 'scopes'],
    ['an app with a scope of operators', { kind: 'APP', scopes: ['READ', 'ADMIN'] }, 'scopes'],
    ['an expiry that is past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  ])('refuses %s, naming the field', async (_, input, field) => {
    const made = await createKey(input);
    expect(made).toMatchObject({ __typename: 'ValidationError', details: [{ field }] });
  });
});
