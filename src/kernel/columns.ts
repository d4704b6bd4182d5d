import { p, Type } from '@mikro-orm/postgresql';

/** `timestamptz`, kept as PostgreSQL's text (`InstantText`) until somebody computes with it. */
class InstantColumn extends Type<string, string> {
  override getColumnType(): string {
    return 'timestamptz(3)';
  }
  override compareAsType(): string {
    return 'string';
  }
}

/** Column types whose values read the same through the ORM and through Kysely. */
export const column = {
  instant: () => p.type(InstantColumn).$type<string>(),
  createdAt: () => p.type(InstantColumn).$type<string>().defaultRaw('now()'),
  /** Exact decimal, as text. */
  decimal: (precision: number, scale: number) => p.decimal('string').precision(precision).scale(scale),
  double: () => p.double().$type<number>(),
  /** A bigint as text: minor units of a currency, or an event's sequence. */
  bigint: () => p.bigint('string'),
  textArray: () => p.array().columnType('text[]').$type<string[]>(),
};
