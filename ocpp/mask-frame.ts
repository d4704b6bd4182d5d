import { isSecretName } from '../src/kernel/secret-names.ts';
import { maskedUrl } from '../src/kernel/transfer-url.ts';

const HIDDEN = '***';
const TOKENS = new Set(['idtag', 'parentidtag', 'idtoken', 'groupidtoken']);
const URLS = new Set(['location', 'remotelocation']);
/** Where a setting's value stands beside its name (1.6: key and value, 2.0.1: variable and its attributes). */
const VALUES = new Set(['value', 'attributevalue']);

/** A payload without what lets its reader in, or charge at another's cost: passwords, secrets in URLs, tokens. */
export const masked = (payload: unknown): unknown => mask(payload, false);

function mask(value: unknown, isSecret: boolean): unknown {
  if (Array.isArray(value)) return value.map(item => mask(item, isSecret));
  if (typeof value !== 'object' || value === null) return value;
  const inSecret = isSecret || namesSecret(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, maskMember(name, member, inSecret)]),
  );
}

function maskMember(name: string, member: unknown, isSecret: boolean): unknown {
  const key = name.toLowerCase();
  if (typeof member !== 'string') return mask(member, isSecret);
  if (TOKENS.has(key)) return maskToken(member);
  if (URLS.has(key) && member.includes('://')) return maskedUrl(member);
  if (isSecretName(name) || (isSecret && VALUES.has(key))) return HIDDEN;
  // a vendor's own text: nobody knows what is in it
  return key === 'data' && isSecretName(member) ? HIDDEN : member;
}

/** Whether an object is about a setting that is secret. */
function namesSecret(value: object): boolean {
  const { key, variable } = value as { key?: unknown; variable?: { name?: unknown } };
  const name = typeof key === 'string' ? key : variable?.name;
  return typeof name === 'string' && isSecretName(name);
}

/** Enough to tell one from another. */
const maskToken = (token: string): string => (token.length > 6 ? `${HIDDEN}${token.slice(-3)}` : HIDDEN);
