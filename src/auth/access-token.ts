import { randomUUID } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { exportJWK, generateKeyPair, importJWK, type JWK, errors as jose, jwtVerify, SignJWT } from 'jose';
import { sql } from 'kysely';
import { InvalidCredentialsError, TokenExpiredError, UnauthorizedError } from '../kernel/errors.ts';
import type { InstallationSecret, SealedColumn } from '../kernel/installation-secret.ts';
import { runInScope, systemScope } from '../kernel/scope.ts';
import type { SignedInDriver } from './viewer.ts';

export const ACCESS_TOKEN_SECONDS = 3600;
const ALGORITHM = 'ES256';
const ISSUER = 'chargegraph';
const SEALED_AS = 'signing-key';

export const SEALED_SIGNING_KEYS: readonly SealedColumn[] = [
  { table: 'signing_keys', column: 'sealed_private_jwk', purpose: SEALED_AS },
];

interface StoredKey {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly sealedPrivateJwk: string;
}

interface Keys {
  readonly em: SqlEntityManager;
  readonly secret: InstallationSecret;
}

/** A driver's access token: a JWT under the newest signing key. */
export async function signAccessToken(keys: Keys, driver: SignedInDriver, nowMs: number): Promise<string> {
  const [newest] = await liveKeys(keys.em);
  const { kid, sealedPrivateJwk } = newest ?? (await addSigningKey(keys));
  const key = await importJWK(JSON.parse(keys.secret.unseal(SEALED_AS, sealedPrivateJwk)), ALGORITHM);
  const issuedAt = Math.floor(nowMs / 1000);
  return new SignJWT({ net: driver.networkId })
    .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(driver.id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .sign(key);
}

/** Whom the token was given to. Throws TokenExpiredError, or UnauthorizedError for what is no token of ours. */
export async function verifyAccessToken(
  em: SqlEntityManager,
  token: string,
  nowMs: number,
): Promise<SignedInDriver> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = (await liveKeys(em)).find(candidate => candidate.kid === kid);
        if (!key) throw new UnauthorizedError('The access token is not valid.');
        return importJWK(key.publicJwk, ALGORITHM);
      },
      { issuer: ISSUER, algorithms: [ALGORITHM], currentDate: new Date(nowMs) },
    );
    return { id: String(payload.sub), networkId: String(payload.net) };
  } catch (error) {
    if (error instanceof jose.JWTExpired) throw new TokenExpiredError('The access token has expired.');
    if (error instanceof jose.JOSEError) throw new UnauthorizedError('The access token is not valid.');
    throw error;
  }
}

/** The public halves, as anyone may read them (RFC 7517). */
export async function publicKeys(em: SqlEntityManager): Promise<{ keys: JWK[] }> {
  const keys = await liveKeys(em);
  return { keys: keys.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: ALGORITHM, use: 'sig' })) };
}

/** Makes the key that signs from now on. Tokens under older ones stay good until they expire. */
export async function addSigningKey({ em, secret }: Keys): Promise<StoredKey> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const key: StoredKey = {
    kid: randomUUID(),
    publicJwk: await exportJWK(pair.publicKey),
    sealedPrivateJwk: secret.seal(SEALED_AS, JSON.stringify(await exportJWK(pair.privateKey))),
  };
  await runInScope(systemScope, () =>
    sql`insert into signing_keys (kid, algorithm, public_jwk, sealed_private_jwk)
        values (${key.kid}, ${ALGORITHM}, ${JSON.stringify(key.publicJwk)}, ${key.sealedPrivateJwk})`.execute(
      em.fork().getKysely(),
    ),
  );
  return key;
}

/** The newest key, then the older ones whose tokens may not have expired. */
async function liveKeys(em: SqlEntityManager): Promise<StoredKey[]> {
  const { rows } = await runInScope(systemScope, () =>
    sql<StoredKey>`
      with keys as (
        select *, lead(created_at) over (order by created_at, kid) succeeded_at from signing_keys
      )
      select kid, public_jwk "publicJwk", sealed_private_jwk "sealedPrivateJwk" from keys
       where succeeded_at is null or succeeded_at > now() - make_interval(secs => ${ACCESS_TOKEN_SECONDS + 60})
       order by created_at desc, kid desc
    `.execute(em.fork().getKysely()),
  );
  return rows;
}

/** `Bearer <token>`. Throws where the header has another form. */
export function bearerToken(header: string): string {
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(header.trim())?.[1];
  if (!token) throw new InvalidCredentialsError('The Authorization header must be "Bearer <accessToken>".');
  return token;
}
