import { invalid } from './errors.ts';

const MAX_LENGTH = 2000;

/** Throws a ValidationError for what is no URL that an app may open: HTTPS, or HTTP on localhost. */
export function checkWebUrl(field: string, text: string): void {
  const url = text.length <= MAX_LENGTH && URL.canParse(text) ? new URL(text) : null;
  const isOurMachine = url?.protocol === 'http:' && url.hostname === 'localhost';
  if (!url || !(url.protocol === 'https:' || isOurMachine) || url.username || url.password) {
    invalid(field, 'must be an https:// URL without a user name, or http://localhost');
  }
}
