import { z } from 'zod';

// What the members of an answer may be. Each says in our own words what it means, and shows a value.

const ID = '019a3c5e-8f21-7b44-9d10-3a4b5c6d7e8f';

/** What names a row. */
export const uuid = (description: string, example = ID) =>
  z.string().meta({ description, format: 'uuid', examples: [example] });

/** UTC in whole seconds. */
export const time = (description: string, example = '2026-06-19T18:42:09Z') =>
  z.string().meta({
    description,
    format: 'date-time',
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$',
    examples: [example],
  });

export const text = (description: string, example: string) =>
  z.string().meta({ description, examples: [example] });

export const number = (description: string, example: number) =>
  z.number().meta({ description, examples: [example] });

export const integer = (description: string, example: number) =>
  z.int32().meta({ description, examples: [example] });

export const flag = (description: string, example = true) =>
  z.boolean().meta({ description, examples: [example] });

/** One of these words, spelled so. */
export const word = (words: readonly string[], description: string) =>
  z.enum(words).meta({ description, examples: [words[0]] });

/** An object with these members and no other; its name is that of the type in generated clients. */
export const object = <Shape extends z.ZodRawShape>(id: string, description: string, shape: Shape) =>
  z.strictObject(shape).meta({ id, description });

/** A row's answer that is a list with `pagination`. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ list: z.array(item), totalCount: z.int32() });

/** The answer of a row whose status is 204. */
export const nothing = z.null();
