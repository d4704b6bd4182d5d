import { z } from 'zod';
import { invalidRequest, type StripeFailure } from './errors.ts';
import type { Form } from './form.ts';

// An error's text here is Stripe's code for it, where there is one.
export const text = z.string({ error: 'invalid_string' }).min(1, 'parameter_invalid_empty').max(5000);
/** A text that '' unsets. */
export const emptyable = z.string({ error: 'invalid_string' }).max(5000);
export const integer = z
  .string()
  .regex(/^-?\d+$/, 'parameter_invalid_integer')
  .transform(Number);
export const positive = integer.pipe(
  z.number().int().min(1, 'parameter_invalid_integer').max(Number.MAX_SAFE_INTEGER),
);
export const flag = z
  .enum(['true', 'false'], { error: 'invalid_boolean' })
  .transform(value => value === 'true');
/** What Stripe accepts and this loopback has no use for. */
export const ignored = z.unknown().optional();
export const cardTypes = z.array(z.enum(['card', 'link'])).optional();
/** At most 50 keys of 40 characters, values of 500: https://docs.stripe.com/api/metadata */
export const metadata = z
  .union([z.literal(''), z.record(z.string().max(40), z.string().max(500))])
  .refine(value => Object.keys(value).length <= 50)
  .optional();
const expand = { expand: z.array(z.string()).optional() };

/** Parameters of an operation; anything beside them is `parameter_unknown`. */
export const accepts = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ ...shape, ...expand });

const range = z.union([
  integer,
  z.strictObject({
    gt: integer.optional(),
    gte: integer.optional(),
    lt: integer.optional(),
    lte: integer.optional(),
  }),
]);

/** Parameters of a list beside its own: https://docs.stripe.com/api/pagination */
export const listOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  accepts({
    limit: integer
      .pipe(z.number().min(1, 'parameter_invalid_integer').max(100, 'parameter_invalid_integer'))
      .optional(),
    starting_after: text.optional(),
    ending_before: text.optional(),
    created: range.optional(),
    ...shape,
  });

/** Parsed, or a StripeFailure that names the first parameter at fault. */
export function parseParams<Output>(schema: z.ZodType<Output>, form: Form): Output {
  const result = schema.safeParse(form, { reportInput: true });
  if (result.success) return result.data;
  throw failureOf(result.error.issues[0]!);
}

function failureOf(issue: z.core.$ZodIssue): StripeFailure {
  const [first, ...rest] = issue.path.map(String);
  const nameOf = (parts: readonly string[]) => parts.map((part, at) => (at ? `[${part}]` : part)).join('');
  const param = nameOf(first === undefined ? [] : [first, ...rest]);
  if (issue.code === 'unrecognized_keys') {
    const unknown = nameOf([...issue.path.map(String), issue.keys[0]!]);
    return invalidRequest(`Received unknown parameter: ${unknown}`, {
      code: 'parameter_unknown',
      param: unknown,
    });
  }
  if (issue.input === undefined) {
    return invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }
  const value = typeof issue.input === 'object' ? JSON.stringify(issue.input) : String(issue.input);
  if (issue.message === 'parameter_invalid_integer') {
    return invalidRequest(`Invalid integer: ${value}`, { code: issue.message, param });
  }
  if (issue.message === 'parameter_invalid_empty') {
    return invalidRequest(
      `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset.`,
      { code: issue.message, param },
    );
  }
  return invalidRequest(`Invalid ${param}: ${value}`, { param });
}

/** Keys given '' are taken away, '' in place of the map takes all: https://docs.stripe.com/api/metadata */
export function mergeMetadata(
  current: Record<string, string> | null,
  change: '' | Record<string, string> | undefined,
): Record<string, string> {
  if (change === '') return {};
  const merged = { ...current, ...change };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}
