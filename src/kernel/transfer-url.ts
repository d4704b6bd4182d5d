import { invalid } from './errors.ts';

/** OCPP's own limit for a location. */
const MAX_LENGTH = 512;
const PROTOCOLS = new Set(['http:', 'https:', 'ftp:', 'ftps:', 'sftp:']);

/** Throws a ValidationError for what is no URL that a station could load from or to. */
export function checkTransferUrl(field: string, text: string): void {
  const isUrl = /^[\x21-\x7e]+$/.test(text) && text.length <= MAX_LENGTH && URL.canParse(text);
  if (!isUrl || !PROTOCOLS.has(new URL(text).protocol)) {
    invalid(field, `must be an http, https, ftp, ftps or sftp URL of at most ${MAX_LENGTH} characters`);
  }
}

/** The URL without what it lets its reader in by: user name, password, and the values of its query (signed URLs). */
export function maskedUrl(text: string): string {
  if (!URL.canParse(text)) return '***';
  const url = new URL(text);
  if (url.username || url.password) [url.username, url.password] = ['***', ''];
  for (const name of [...url.searchParams.keys()]) url.searchParams.set(name, '***');
  url.hash = '';
  return url.href;
}
