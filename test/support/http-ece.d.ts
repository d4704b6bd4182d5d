declare module 'http_ece' {
  import type { ECDH } from 'node:crypto';

  /** RFC 8188, RFC 8291: what a push service's client does with a message. */
  export function decrypt(
    message: Buffer,
    parameters: { version: 'aes128gcm'; privateKey: ECDH; authSecret: string },
  ): Buffer;
  const ece: { decrypt: typeof decrypt };
  export default ece;
}
