import type { RestAnswer, RestOptions, TestServer } from './server.ts';

/** A driver with an account of their own, signed in through an app. */
export interface SignedIn {
  readonly id: string;
  readonly tokenUid: string;
  readonly headers: Record<string, string>;
  rest(method: string, path: string, options?: RestOptions): Promise<RestAnswer>;
}

const appKeys = new WeakMap<TestServer, string>();
let count = 0;

/** The key of the demo network's app. */
export async function appKey(server: TestServer): Promise<string> {
  const known = appKeys.get(server);
  if (known) return known;
  const { data } = await server.graphql<{ key: { secret: string } }>(
    `mutation ($network: ID!) {
      key: createApiKey(input: { name: "App", kind: APP, scopes: [READ, WRITE, CONTROL], networkId: $network }) {
        ... on CreateApiKeyPayload { secret }
      }
    }`,
    { network: Buffer.from(`Network:${server.demo.networkId}`).toString('base64') },
  );
  appKeys.set(server, data.key.secret);
  return data.key.secret;
}

export async function signIn(server: TestServer): Promise<SignedIn> {
  const apiKey = await appKey(server);
  const { body } = await server.rest('POST', '/auth/driver/register', {
    apiKey,
    body: {
      email: `signed-in-${++count}@example.com`,
      password: `a long password ${count}`,
      firstName: 'Ana',
      lastName: 'Cruz',
    },
  });
  const headers = { authorization: `Bearer ${body.data.accessToken}` };
  return {
    id: body.data.driver.id,
    tokenUid: body.data.driver.tokenUid,
    headers: { 'x-api-key': apiKey, ...headers },
    rest: (method, path, options = {}) =>
      server.rest(method, path, { ...options, apiKey, headers: { ...headers, ...options.headers } }),
  };
}
