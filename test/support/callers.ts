import { globalId, rowId } from './global-id.ts';
import type { TestServer } from './server.ts';

interface KeyOptions {
  readonly kind: 'APP' | 'OPERATOR';
  readonly networkId?: string;
  readonly alsoReaches?: readonly string[];
  readonly scopes?: readonly string[];
}

/** The secret of a new key. */
export async function newKey(server: TestServer, options: KeyOptions): Promise<string> {
  const { kind, networkId = server.demo.networkId, alsoReaches = [], scopes = ['READ', 'WRITE'] } = options;
  const { data } = await server.graphql<{ key: { secret: string } }>(
    `mutation ($input: CreateApiKeyInput!) {
      key: createApiKey(input: $input) { ... on CreateApiKeyPayload { secret } ... on Error { code message } }
    }`,
    {
      input: {
        name: `${kind} key`,
        kind,
        scopes,
        networkId: globalId('Network', networkId),
        alsoReaches: alsoReaches.map(id => globalId('Network', id)),
      },
    },
    { 'x-api-key': server.demo.platformKey },
  );
  return data.key.secret;
}

/** A network beside the demo network: its UUID. */
export async function newNetwork(server: TestServer, partyId: string): Promise<string> {
  const { data } = await server.graphql<{ network: { networkId: string } }>(
    `mutation ($input: CreateNetworkInput!) {
      network: createNetwork(input: $input) {
        ... on CreateNetworkPayload { networkId } ... on Error { code message }
      }
    }`,
    { input: { name: `Network ${partyId}`, countryCode: 'US', partyId, currency: 'USD' } },
    { 'x-api-key': server.demo.platformKey },
  );
  return rowId(data.network.networkId);
}

export interface TestDriver {
  readonly id: string;
  readonly email: string;
  /** What the driver's requests carry. */
  readonly headers: Record<string, string>;
}

let count = 0;

/** A driver who has registered with an app's key, in its primary network. */
export async function newDriver(server: TestServer, appKey: string, firstName = 'Ana'): Promise<TestDriver> {
  const email = `driver${++count}@example.com`;
  const { status, body } = await server.rest('POST', '/auth/driver/register', {
    apiKey: appKey,
    body: { email, password: `a long password ${count}`, firstName, lastName: 'Cruz', phone: '+17875550100' },
  });
  if (status !== 201) throw new Error(`Registration failed: ${JSON.stringify(body)}`);
  const { accessToken, driver } = body.data;
  return { id: driver.id, email, headers: { 'x-api-key': appKey, authorization: `Bearer ${accessToken}` } };
}

/** A location of the key's network: its UUID. */
export async function newLocation(
  server: TestServer,
  fields: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<string> {
  const { data, errors } = await server.graphql<{ location: { id?: string; message?: string } }>(
    `mutation ($input: CreateLocationInput!) {
      location: createLocation(input: $input) { ... on Location { id } ... on Error { message } }
    }`,
    {
      input: {
        name: 'Somewhere',
        address: '1 Main Street',
        city: 'Ponce',
        country: 'US',
        latitude: 18,
        longitude: -66.6,
        timeZone: 'America/Puerto_Rico',
        ...fields,
      },
    },
    headers,
  );
  const id = data?.location.id;
  if (!id) throw new Error(`No location: ${JSON.stringify(errors ?? data)}`);
  return rowId(id);
}

/** A charger with one connector: its UUID. */
export async function newCharger(
  server: TestServer,
  fields: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<string> {
  const { data, errors } = await server.graphql<{ made: { charger?: { id: string } } }>(
    `mutation ($input: CreateChargerInput!) {
      made: createCharger(input: $input) { ... on ChargerCredentials { charger { id } } ... on Error { message } }
    }`,
    {
      input: {
        connectors: [
          {
            number: 1,
            standard: 'CHADEMO',
            format: 'CABLE',
            powerType: 'DC',
            maxVoltageV: 500,
            maxCurrentA: 125,
            maxPowerW: 50_000,
          },
        ],
        ...fields,
      },
    },
    headers,
  );
  const id = data?.made.charger?.id;
  if (!id) throw new Error(`No charger: ${JSON.stringify(errors ?? data)}`);
  return rowId(id);
}

/**
 * How many queries the product sent for a piece of work: those that read rows by name, which leaves out what goes on
 * by itself meanwhile (the event reader, signs of life) and each connection's tenant.
 */
export async function queriesFor(server: TestServer, work: () => Promise<unknown>): Promise<number> {
  server.statements.length = 0;
  await work();
  return server.statements.filter(sql => /^select (\*|count\(\*\)|")/.test(sql)).length;
}
