/**
 * A value for a `jsonb` column. Kysely types such a column as the value itself, while the driver takes JSON text (and
 * would turn a bare array into a PostgreSQL array).
 */
export const jsonb = <T>(value: T): T => JSON.stringify(value) as unknown as T;
