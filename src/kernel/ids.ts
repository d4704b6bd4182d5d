import { randomUUIDv7 } from 'node:crypto';

/** A new row's id: UUID version 7 (RFC 9562), ordered by time. */
export const newId = (): string => randomUUIDv7();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);
