import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What only this installation knows, and every process of it: derives values that nobody else can, and seals what
 * must not stand in a table in the clear (AES-256-GCM).
 */
export class InstallationSecret {
  readonly #key: Buffer;

  /** From at least 32 bytes of secret. */
  constructor(secret: Buffer) {
    this.#key = secret;
  }

  /** The same text for the same purpose and input; it tells nothing of either. URL-safe base64 of 256 bits. */
  derive(purpose: string, input: string): string {
    return createHmac('sha256', this.#keyFor(purpose)).update(input).digest('base64url');
  }

  seal(purpose: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keyFor(purpose), nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** Throws where the text was sealed with another secret. */
  unseal(purpose: string, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#keyFor(purpose), bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ]).toString();
    } catch {
      throw new Error(
        'Sealed with another secret: SECRET_KEY must be the same on every node and at every start.',
      );
    }
  }

  #keyFor(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, Buffer.alloc(0), purpose, 32));
  }
}
