import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'pr_live_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);

/** `pr_live_`, 32 random letters and digits (190 bits), and 6 of checksum. Shown once, never stored. */
export function newSecret(): string {
  const body = randomText(RANDOM_LENGTH);
  return `${PREFIX}${body}${checksum(body)}`;
}

/** Whether the text can be a key at all: refuses typos without a look-up. */
export function isWellFormed(secret: string): boolean {
  if (!SHAPE.test(secret)) return false;
  const body = secret.slice(PREFIX.length, -CHECKSUM_LENGTH);
  return checksum(body) === secret.slice(-CHECKSUM_LENGTH);
}

/** What is stored. A key's secret is random, so a plain digest is no easier to turn back than a slow one. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export const visibleParts = (secret: string) => ({
  prefix: secret.slice(0, PREFIX.length + 4),
  lastFour: secret.slice(-4),
});

/** Letters and digits drawn without bias. */
export function randomText(length: number, alphabet: string = ALPHABET): string {
  const usable = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < usable && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET[rest % ALPHABET.length] + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
