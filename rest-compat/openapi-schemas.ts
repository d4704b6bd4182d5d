import { z } from 'zod';

/** A part of the document, as it is written. */
export type Json = { [name: string]: unknown };

/** The types that have names, as `components.schemas` lists them. */
export type NamedTypes = Record<string, Json>;

/**
 * The JSON Schema (2020-12) of a zod type: of what comes in, before it is read, or of what goes out. Types with an id
 * are added to the named ones.
 */
export function schemaOf(type: z.ZodType, io: 'input' | 'output', named: NamedTypes): Json {
  // inside another one, a type with a name stands as a reference
  const printed = z.toJSONSchema(z.object({ it: type }), {
    io,
    // what a request leaves out has its default from the type that is read, not from the text that comes in
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      if (def.type === 'default') jsonSchema.default = (def as z.core.$ZodDefaultDef).defaultValue as never;
    },
  });
  const { $defs = {}, properties } = JSON.parse(
    JSON.stringify(printed).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as { $defs?: NamedTypes; properties: { it: Json } };
  for (const [id, definition] of Object.entries($defs)) named[id] = tidy(definition);
  return tidy(properties.it);
}

const MIN_INT32 = -(2 ** 31);

/** The same schema as people would write it: `type: [string, "null"]` for a choice of both, int32 by its name. */
function tidy(schema: Json): Json {
  const { anyOf, minimum, maximum, ...rest } = schema as Json & { anyOf?: Json[] };
  const [only, none, ...more] = anyOf ?? [];
  if (only && typeof only.type === 'string' && none?.type === 'null' && more.length === 0) {
    const { type, enum: words, ...kept } = tidy(only) as Json & { enum?: unknown[] };
    return { type: [type, 'null'], ...(words && { enum: [...words, null] }), ...kept, ...rest };
  }
  const isInt32 = minimum === MIN_INT32;
  const bounds = isInt32 ? { format: 'int32' } : { ...(minimum !== undefined && { minimum, maximum }) };
  const { properties, items } = rest as { properties?: Record<string, Json>; items?: Json };
  return {
    ...rest,
    ...bounds,
    ...(anyOf && { anyOf: anyOf.map(tidy) }),
    ...(properties && { properties: mapped(properties, tidy) }),
    ...(items && { items: tidy(items) }),
  };
}

export const mapped = <From, To>(of: Record<string, From>, make: (value: From, name: string) => To) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, make(value, name)]));

/** A value that the schema allows: its example, or one made of its parts. */
export function sampleOf(schema: Json, named: NamedTypes): unknown {
  const {
    $ref,
    const: fixed,
    enum: words,
    examples,
    anyOf,
    default: given,
  } = schema as {
    $ref?: string;
    const?: unknown;
    enum?: unknown[];
    examples?: unknown[];
    anyOf?: Json[];
    default?: unknown;
  } & Json;
  if ($ref) return sampleOf(named[$ref.split('/').at(-1)!]!, named);
  for (const value of [fixed, examples?.[0], given, words?.[0]]) if (value !== undefined) return value;
  if (anyOf) return sampleOf(anyOf[0]!, named);
  const { properties = {}, items, type } = schema as { properties?: Record<string, Json> } & Json;
  switch ([type].flat()[0]) {
    case 'object':
      return mapped(properties, member => sampleOf(member, named));
    case 'array':
      return [sampleOf(items as Json, named)];
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'string':
      return schema.format === 'uuid'
        ? '019a3c5e-8f21-7b44-9d10-3a4b5c6d7e8f'
        : schema.format === 'date-time'
          ? '2026-06-19T18:42:09Z'
          : 'text';
    default:
      return schema.minimum ?? 1;
  }
}
