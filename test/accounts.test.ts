import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { mails, resetTokenFor } from './support/mail.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let appKey: string;
let offsetMs = 0;
const now = () => Temporal.Now.instant().add({ milliseconds: offsetMs });

beforeAll(async () => {
  server = await startTestServer({ now });
  const { data } = await server.graphql<{ key: { secret: string } }>(
    `mutation ($network: ID!) {
      key: createApiKey(input: { name: "App", kind: APP, scopes: [READ, WRITE, CONTROL], networkId: $network }) {
        ... on CreateApiKeyPayload { secret }
      }
    }`,
    { network: Buffer.from(`Network:${server.demo.networkId}`).toString('base64') },
  );
  appKey = data.key.secret;
});
afterAll(() => server.close());
beforeEach(() => server.sql('delete from failed_attempts'));

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  server.rest('POST', path, { body, apiKey: appKey, headers });

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });

let count = 0;
async function registered() {
  const email = `driver${++count}@example.com`;
  const password = `a long password ${count}`;
  const { status, body } = await post('/auth/driver/register', {
    email,
    password,
    firstName: 'Ana',
    lastName: 'Cruz',
    phone: '+17875550100',
  });
  expect(status).toBe(201);
  return { email, password, ...body.data };
}

describe('a driver who registers', () => {
  it('is signed in, has a token for the app, and is who they said', async () => {
    const driver = await registered();
    expect(driver).toMatchObject({ expiresIn: 3600, tokenType: 'Bearer', driver: { email: driver.email } });
    const me = await server.rest('GET', '/auth/driver/me', {
      apiKey: appKey,
      headers: bearer(driver.accessToken),
    });
    expect(me.body.data).toMatchObject({
      id: driver.driver.id,
      Email: driver.email,
      FirstName: 'Ana',
      PhoneNumber: '+17875550100',
      tokens: [{ Uid: driver.driver.tokenUid, TokenType: 'APP_USER' }],
    });
  });

  it.each([
    ['email', { email: 'no-address' }],
    ['password', { password: 'short' }],
    ['password', { password: '1234567890' }],
    ['firstName', { firstName: ' ' }],
    ['lastName', { lastName: undefined }],
  ])('is told what is wrong with the %s', async (field, wrong) => {
    const right = { email: 'x@example.com', password: 'a long password', firstName: 'A', lastName: 'B' };
    const { status, body } = await post('/auth/driver/register', { ...right, ...wrong });
    expect(status).toBe(400);
    expect(body.details.map((problem: { field: string }) => problem.field)).toEqual([field]);
  });

  it('cannot take an e-mail address twice in a network, in whatever case', async () => {
    const { email } = await registered();
    const again = await post('/auth/driver/register', {
      email: email.toUpperCase(),
      password: 'another long one',
      firstName: 'A',
      lastName: 'B',
    });
    expect(again.status).toBe(409);
    expect(again.body.error).toBe('email_taken');
  });
});

describe('signing in', () => {
  it('takes the right password, and e-mail addresses without regard to case', async () => {
    const { email, password, driver } = await registered();
    const { status, body } = await post('/auth/driver/login', { email: email.toUpperCase(), password });
    expect(status).toBe(200);
    expect(body.data.driver).toEqual(driver);
  });

  it('answers the same for a wrong password and for an unknown e-mail', async () => {
    const { email } = await registered();
    const wrong = await post('/auth/driver/login', { email, password: 'not the password' });
    const unknown = await post('/auth/driver/login', {
      email: 'nobody@example.com',
      password: 'whatever it is',
    });
    expect(wrong.status).toBe(401);
    expect({ ...wrong.body, timestamp: '' }).toEqual({ ...unknown.body, timestamp: '' });
    expect(wrong.body.error).toBe('invalid_credentials');
  });

  it('is slowed down after failures, with Retry-After, for known and unknown e-mails alike', async () => {
    const { email, password } = await registered();
    for (const guessed of [email, 'somebody@example.com']) {
      const statuses: number[] = [];
      for (let i = 0; i < 6; i++) {
        statuses.push(
          (await post('/auth/driver/login', { email: guessed, password: 'wrong password' })).status,
        );
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    }
    const held = await post('/auth/driver/login', { email, password });
    expect(held.status).toBe(429);
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0);
    offsetMs += 20 * 60_000;
    expect((await post('/auth/driver/login', { email, password })).status).toBe(200);
  });

  it('is refused with a token that has expired, that is forged, or whose network the key does not reach', async () => {
    const { accessToken } = await registered();
    const me = (token: string) =>
      server.rest('GET', '/auth/driver/me', { apiKey: appKey, headers: bearer(token) });
    const [header, payload] = accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: crypto.randomUUID() })).toString('base64url');
    expect((await me(`${header}.${forged}.${accessToken.split('.')[2]}`)).status).toBe(401);
    expect((await me('nonsense')).status).toBe(401);
    const before = offsetMs;
    offsetMs += 3601_000;
    const expired = await me(accessToken);
    offsetMs = before;
    expect([expired.status, expired.body.error]).toEqual([401, 'token_expired']);
  });
});

describe('refresh tokens', () => {
  it('rotate: each gives a successor, and the same one again within 30 seconds', async () => {
    const { refreshToken } = await registered();
    const first = await post('/auth/driver/refresh', { refreshToken });
    expect(first.status).toBe(200);
    expect(Object.keys(first.body.data).sort()).toEqual([
      'accessToken',
      'expiresIn',
      'refreshToken',
      'tokenType',
    ]);
    const repeated = await post('/auth/driver/refresh', { refreshToken });
    expect(repeated.body.data.refreshToken).toBe(first.body.data.refreshToken);
    const next = await post('/auth/driver/refresh', { refreshToken: first.body.data.refreshToken });
    expect(next.body.data.refreshToken).not.toBe(first.body.data.refreshToken);
  });

  it('give one successor to ten requests at once', async () => {
    const { refreshToken } = await registered();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post('/auth/driver/refresh', { refreshToken })),
    );
    expect(new Set(answers.map(answer => answer.body.data.refreshToken)).size).toBe(1);
  });

  it('that are used again later sign out everyone who came by them', async () => {
    const { refreshToken } = await registered();
    const first = await post('/auth/driver/refresh', { refreshToken });
    offsetMs += 31_000;
    const reused = await post('/auth/driver/refresh', { refreshToken });
    expect([reused.status, reused.body.error]).toEqual([401, 'token_reused']);
    const successor = await post('/auth/driver/refresh', { refreshToken: first.body.data.refreshToken });
    expect(successor.status).toBe(401);
  });

  it('are stored as digests: neither they nor their successors stand in any table', async () => {
    const { refreshToken } = await registered();
    const first = await post('/auth/driver/refresh', { refreshToken });
    const rows = JSON.stringify(await server.sql('select * from refresh_tokens'));
    for (const token of [refreshToken, first.body.data.refreshToken]) expect(rows).not.toContain(token);
  });
});

describe('a forgotten password', () => {
  async function mailedToken(email: string): Promise<string> {
    const { status, body } = await post('/auth/driver/forgot-password', { email });
    expect(status).toBe(200);
    expect(body.data).toEqual({ message: 'If the email exists, a password reset link has been sent.' });
    return resetTokenFor(server, email);
  }

  it('is replaced once by the mailed token, which signs out every device', async () => {
    const { email, password, refreshToken } = await registered();
    const token = await mailedToken(email);
    const reset = await post('/auth/driver/reset-password', { token, newPassword: 'quite another one' });
    expect(reset.status).toBe(200);
    expect(
      (await post('/auth/driver/reset-password', { token, newPassword: 'and one more time' })).status,
    ).toBe(401);
    expect((await post('/auth/driver/refresh', { refreshToken })).status).toBe(401);
    expect((await post('/auth/driver/login', { email, password })).status).toBe(401);
    expect((await post('/auth/driver/login', { email, password: 'quite another one' })).status).toBe(200);
    expect(JSON.stringify(await server.sql('select * from password_resets'))).not.toContain(token);
  });

  it('keeps a token good for one hour', async () => {
    const { email } = await registered();
    const token = await mailedToken(email);
    offsetMs += 61 * 60_000;
    const late = await post('/auth/driver/reset-password', { token, newPassword: 'quite another one' });
    expect([late.status, late.body.error]).toEqual([401, 'invalid_credentials']);
  });

  it('answers the same for an unknown e-mail, and mails nobody', async () => {
    const before = mails(server).length;
    const { status, body } = await post('/auth/driver/forgot-password', { email: 'nobody@example.com' });
    expect([status, body.data.message]).toEqual([
      200,
      'If the email exists, a password reset link has been sent.',
    ]);
    await eventually(async () => (await server.sql('select 1 from graphile_worker.jobs')).length === 0);
    expect(mails(server).length).toBe(before);
  });

  it('lets a driver whom an operator added choose the first one', async () => {
    const email = 'added@example.com';
    const added = await server.rest('POST', '/users', { body: { email, firstName: 'Eva', lastName: 'Gil' } });
    expect(added.status).toBe(201);
    const token = await mailedToken(email);
    await post('/auth/driver/reset-password', { token, newPassword: 'my very first one' });
    expect((await post('/auth/driver/login', { email, password: 'my very first one' })).status).toBe(200);
  });
});

describe('signing keys', () => {
  it('are published, so that others can check who a driver is', async () => {
    const { accessToken, driver } = await registered();
    const jwks = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(accessToken, jwks, {
      currentDate: new Date(now().epochMilliseconds),
    });
    expect(payload).toMatchObject({ iss: 'chargegraph', sub: driver.id, net: server.demo.networkId });
    const published = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
    expect(JSON.stringify(published)).not.toContain('"d":');
  });

  it('rotate, and nobody is logged out', async () => {
    const before = await registered();
    const rotated = await server.graphql<{ rotateSigningKey: { done: boolean } }>(
      'mutation { rotateSigningKey { ... on Done { done } ... on Error { code } } }',
      {},
      { 'x-api-key': server.demo.platformKey },
    );
    expect(rotated.data.rotateSigningKey).toEqual({ done: true });
    const after = await registered();
    expect(decodeProtectedHeader(after.accessToken).kid).not.toBe(
      decodeProtectedHeader(before.accessToken).kid,
    );
    for (const { accessToken } of [before, after]) {
      const me = await server.rest('GET', '/auth/driver/me', {
        apiKey: appKey,
        headers: bearer(accessToken),
      });
      expect(me.status).toBe(200);
    }
  });
});

describe('a signed-in driver', () => {
  it('sees and touches only what is their own', async () => {
    const ana = await registered();
    const eva = await registered();
    const asEva = { apiKey: appKey, headers: bearer(eva.accessToken) };
    expect((await server.rest('GET', `/users/${ana.driver.id}`, asEva)).body.error).toBe('forbidden');
    const sessions = await server.rest('GET', '/charging/sessions', asEva);
    expect([sessions.status, sessions.body.data]).toEqual([200, []]);
    const start = await server.rest('POST', '/charging/start', {
      ...asEva,
      body: { chargerId: server.demo.chargers[0]!.id, connectorNumber: 1, idTag: ana.driver.tokenUid },
    });
    expect(start.status).toBe(409);
  });

  it('is needed where an app acts for one', async () => {
    for (const path of ['/auth/driver/me', '/charging/sessions', '/transactions']) {
      const { status, body } = await server.rest('GET', path, { apiKey: appKey });
      expect([status, body.error]).toEqual([403, 'driver_required']);
    }
  });
});
