import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { randomText } from '../../auth/api-key-secret.ts';

/**
 * A station's Basic password is a long random secret between machines (OCPP security whitepaper: 16 to 40 bytes), so
 * a salted digest holds it: thousands of stations that reconnect at once must not each cost a slow hash.
 */
export interface StoredPassword {
  readonly passwordSalt: string;
  readonly passwordHash: string;
}

export const newChargerPassword = (): string => randomText(24);

export function storePassword(password: string | Buffer): StoredPassword {
  const passwordSalt = randomBytes(16).toString('hex');
  return { passwordSalt, passwordHash: digest(passwordSalt, password).toString('hex') };
}

export function matchesPassword(
  stored: { passwordSalt: string | null; passwordHash: string | null },
  password: Buffer,
): boolean {
  if (!stored.passwordSalt || !stored.passwordHash) return false;
  return timingSafeEqual(Buffer.from(stored.passwordHash, 'hex'), digest(stored.passwordSalt, password));
}

const digest = (salt: string, password: string | Buffer): Buffer =>
  createHash('sha256').update(salt, 'hex').update(password).digest();
