import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

builder.scalarType('DateTime', {
  description: 'An instant in UTC, ISO 8601, such as 2026-06-19T18:42:07.250Z.',
  serialize: text => Temporal.Instant.from(String(text)).toString(),
  parseValue: value => instant(value),
  parseLiteral: node => instant('value' in node ? node.value : undefined),
});

builder.scalarType('Decimal', {
  description: 'An exact decimal number, as text, such as "0.35".',
  serialize: value => String(value),
  parseValue: value => decimal(value),
  parseLiteral: node => decimal('value' in node ? node.value : undefined),
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: value => value,
});

function instant(value: unknown): string {
  try {
    if (typeof value === 'string') {
      const at = Temporal.Instant.from(value).toString();
      // PostgreSQL's calendar and ours agree on these years
      if (/^(?!0000)\d{4}-/.test(at)) return at;
    }
  } catch {
    // the same answer as for what is no text
  }
  throw new GraphQLError(
    `"${String(value)}" is no ISO 8601 instant with a zone, such as 2026-06-19T18:42:07Z.`,
  );
}

function decimal(value: unknown): string {
  const text = String(value);
  if (/^-?\d+(\.\d+)?$/.test(text)) return text;
  throw new GraphQLError(`"${text}" is no decimal number, such as "0.35".`);
}
