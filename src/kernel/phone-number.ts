import { invalid } from './errors.ts';

/** The number in E.164 (ITU), without the marks that people set between digits; null for what is none. */
export function phoneNumber(text: string): string | null {
  const number = text.replaceAll(/[\s().-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}

export const PHONE_NUMBER_RULE = 'must be a number with its country, such as +17875551234 (E.164)';

/** Throws a ValidationError naming the field for what is no number with its country. */
export const checkedPhoneNumber = (field: string, text: string): string =>
  phoneNumber(text) ?? invalid(field, PHONE_NUMBER_RULE);
