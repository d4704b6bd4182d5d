/**
 * The payload with its texts as PostgreSQL takes them: without the zero bytes that stations pad with, and without
 * halves of surrogate pairs.
 */
export function withPlainText<T>(payload: T): T {
  const json = JSON.stringify(payload) ?? '';
  if (!json.includes('\\u0000') && !json.includes('\\ud')) return payload;
  return JSON.parse(json, (_, value) =>
    typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value,
  ) as T;
}
