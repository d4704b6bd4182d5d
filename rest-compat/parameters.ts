import { z } from 'zod';
import { isUuid } from '../src/kernel/ids.ts';

// What parameters may be. Query parameters arrive as text, body members as JSON.

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string({ message })
    .refine(text => /^-?\d+$/.test(text) && Number(text) >= min && Number(text) <= max, { message })
    .transform(Number);
};

/** `page` from 1 and `pageSize` from 1 to 100. */
export const paging = {
  page: wholeNumber(1, 1_000_000).default(1),
  pageSize: wholeNumber(1, 100).default(50),
};

export const queryInteger = wholeNumber(-2_147_483_648, 2_147_483_647);

export const queryBoolean = z
  .enum(['true', 'false'], { message: 'must be true or false' })
  .transform(text => text === 'true');

export const uuid = z.string({ message: 'must be a UUID' }).refine(isUuid, { message: 'must be a UUID' });

/** An instant; a date alone is its first moment in UTC. */
export const instant = z.string({ message: 'must be an ISO 8601 date-time' }).transform((text, issue) => {
  try {
    const dated = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
    return Temporal.Instant.from(dated).toString();
  } catch {
    issue.addIssue({ code: 'custom', message: 'must be an ISO 8601 date-time with a zone' });
    return z.NEVER;
  }
});

/** One of several words, in whatever case; becomes the GraphQL enumeration's value. */
export const oneOf = (words: readonly string[]) => {
  const message = `must be one of ${words.join(', ')}`;
  return z
    .string({ message })
    .refine(text => words.some(word => word.toLowerCase() === text.toLowerCase()), { message })
    .transform(text => text.toUpperCase());
};

/** One of several words, in whatever case; becomes the word as it is spelled. */
export const wordOf = <Word extends string>(words: readonly Word[]) => {
  const message = `must be one of ${words.join(', ')}`;
  const find = (text: string) => words.find(word => word.toLowerCase() === text.toLowerCase());
  return z
    .string({ message })
    .refine(text => find(text) !== undefined, { message })
    .transform(text => find(text)!);
};

/** Several values in one parameter, separated by commas; none at all is the same as leaving it out. */
export const list = <Item>(type: z.ZodType<Item, string>) =>
  z
    .string({ message: 'must be a list, separated by commas' })
    .transform(text => text.split(',').flatMap(part => part.trim() || []))
    .pipe(z.array(type))
    .transform(items => (items.length === 0 ? undefined : items));

/** The database knows no NUL. */
export const text = z
  .string({ message: 'must be a string' })
  .refine(value => !value.includes('\0'), { message: 'must not contain NUL' });
export const integer = z.int32({ message: 'must be a whole number of 32 bits' });
export const number = z.number({ message: 'must be a number' });

/** An optional member of a body: null is the same as leaving it out. */
export const optional = <Type extends z.ZodType>(type: Type) =>
  type.nullish().transform(value => value ?? null);
