import { invalid } from '../../kernel/errors.ts';

/** RFC 5321, section 4.5.3.1: what a mail server has to take. */
const MAX_EMAIL = 254;

/** Throws a ValidationError naming the field for what no mail can be sent to. */
export function checkEmail(field: string, email: string): void {
  if (email.length > MAX_EMAIL || !/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/.test(email)) {
    invalid(field, 'must be an e-mail address');
  }
}
