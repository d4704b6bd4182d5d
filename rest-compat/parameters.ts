import { z } from 'zod';
import { isUuid } from '../src/kernel/ids.ts';
import { PHONE_NUMBER_RULE, phoneNumber } from '../src/kernel/phone-number.ts';

// What parameters may be. Query parameters arrive as text, body members as JSON; `meta` is what the API reference says
// of them where the type alone does not.

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string({ message })
    .refine(text => /^-?\d+$/.test(text) && Number(text) >= min && Number(text) <= max, { message })
    .transform(Number)
    .meta({ type: 'integer', minimum: min, maximum: max });
};

const MAX_INT32 = 2 ** 31 - 1;

/** `page` from 1 and `pageSize` from 1 to 100. */
export const paging = {
  page: wholeNumber(1, MAX_INT32).default(1),
  pageSize: wholeNumber(1, 100).default(50),
};

export const queryInteger = wholeNumber(-2_147_483_648, 2_147_483_647);

/** A decimal number within bounds. */
export const queryNumber = (min: number, max: number) => {
  const message = `must be a number from ${min} to ${max}`;
  return z
    .string({ message })
    .refine(text => /^[+-]?\d+(\.\d+)?$/.test(text) && Number(text) >= min && Number(text) <= max, {
      message,
    })
    .transform(Number)
    .meta({ type: 'number', minimum: min, maximum: max });
};

/** A page as GraphQL's lists take it. No list is as long as the greatest offset. */
export const sliceOf = ({ page, pageSize }: { readonly page: number; readonly pageSize: number }) => ({
  first: pageSize,
  offset: Math.min((page - 1) * pageSize, MAX_INT32),
});

export const queryBoolean = z
  .enum(['true', 'false'], { message: 'must be true or false' })
  .transform(text => text === 'true')
  .meta({ type: 'boolean', enum: undefined });

export const uuid = z
  .string({ message: 'must be a UUID' })
  .refine(isUuid, { message: 'must be a UUID' })
  .meta({ format: 'uuid' });

/** An instant of the years 1 to 9999; a date alone is its first moment in UTC. */
export const instant = z
  .string({ message: 'must be an ISO 8601 date-time' })
  .transform((text, issue) => {
    try {
      const dated = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
      const at = Temporal.Instant.from(dated).toString();
      if (/^(?!0000)\d{4}-/.test(at)) return at;
    } catch {
      // the same answer as for a year that nothing of ours lies in
    }
    issue.addIssue({ code: 'custom', message: 'must be an ISO 8601 date-time with a zone' });
    return z.NEVER;
  })
  .meta({ format: 'date-time' });

/** The end of a window, inclusive: a whole second counts to its end, for answers show times in whole seconds. */
export const windowEnd = instant.transform(at => at.replace(/:(\d\d)Z$/, ':$1.999999Z'));

/** One of several words, in whatever case; becomes the GraphQL enumeration's value. */
export const oneOf = (words: readonly string[]) => {
  const message = `must be one of ${words.join(', ')}`;
  return z
    .string({ message })
    .refine(text => words.some(word => word.toLowerCase() === text.toLowerCase()), { message })
    .transform(text => text.toUpperCase())
    .meta({ enum: [...words] });
};

/** One of several words, in whatever case; becomes the word as it is spelled. */
export const wordOf = <Word extends string>(words: readonly Word[]) => {
  const message = `must be one of ${words.join(', ')}`;
  const find = (text: string) => words.find(word => word.toLowerCase() === text.toLowerCase());
  return z
    .string({ message })
    .refine(text => find(text) !== undefined, { message })
    .transform(text => find(text)!)
    .meta({ enum: [...words] });
};

/** Several values in one parameter, separated by commas; none at all is the same as leaving it out. */
export const list = <Item>(type: z.ZodType<Item, string>) =>
  z
    .string({ message: 'must be a list, separated by commas' })
    .transform(text => text.split(',').flatMap(part => part.trim() || []))
    .pipe(z.array(type))
    .transform(items => (items.length === 0 ? undefined : items))
    .meta({ type: 'array', items: z.toJSONSchema(type, { io: 'input' }) });

/** PostgreSQL's text holds any character but NUL. */
export const text = z
  .string({ message: 'must be a string' })
  .refine(value => !value.includes('\0'), { message: 'must not contain a NUL character', abort: true });
export const integer = z.int32({ message: 'must be a whole number of 32 bits' });
export const number = z.number({ message: 'must be a number' });
export const boolean = z.boolean({ message: 'must be true or false' });
const STARS = 'must be a whole number from 1 to 5';
export const stars = z.int({ message: STARS }).min(1, { message: STARS }).max(5, { message: STARS });

/** A phone number with its country. */
export const phone = text
  .refine(number => phoneNumber(number) !== null, { message: PHONE_NUMBER_RULE })
  .meta({ examples: ['+17875551234'] });

/** An optional member of a body: null is the same as leaving it out. */
export const optional = <Type extends z.ZodType>(type: Type) =>
  type.nullish().transform(value => value ?? null);
