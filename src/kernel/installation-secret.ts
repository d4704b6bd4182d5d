import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Where something sealed is kept. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly purpose: string;
}

/**
 * What only this installation knows, and every process of it: derives values that nobody else can, and seals what
 * must not stand in a table in the clear (AES-256-GCM).
 */
export class InstallationSecret {
  readonly #key: Buffer;
  readonly #previous: readonly Buffer[];

  /** From at least 32 bytes of secret; `previous` ones still open what was sealed with them. */
  constructor(secret: Buffer, previous: readonly Buffer[] = []) {
    this.#key = secret;
    this.#previous = previous;
  }

  /** The same text for the same purpose and input; it tells nothing of either. URL-safe base64 of 256 bits. */
  derive(purpose: string, input: string): string {
    return createHmac('sha256', keyFor(this.#key, purpose)).update(input).digest('base64url');
  }

  seal(purpose: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', keyFor(this.#key, purpose), nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** Throws where the text was sealed with another secret. */
  unseal(purpose: string, sealed: string): string {
    for (const key of [this.#key, ...this.#previous]) {
      const text = opened(keyFor(key, purpose), sealed);
      if (text !== null) return text;
    }
    throw new Error(
      'Sealed with another secret: SECRET_KEY must be the same on every node and at every start, or stand in SECRET_KEY_PREVIOUS.',
    );
  }

  /** The same, sealed with the present secret; null where it is already. */
  sealAnew(purpose: string, sealed: string): string | null {
    return opened(keyFor(this.#key, purpose), sealed) === null
      ? this.seal(purpose, this.unseal(purpose, sealed))
      : null;
  }
}

/** Null where the key is another one. */
function opened(key: Buffer, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString();
  } catch {
    return null;
  }
}

const keyFor = (secret: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), purpose, 32));
