import { wholeSeconds } from '../src/kernel/instant.ts';
import { toUuid } from './ids.ts';

// How REST writes what GraphQL answers.

export const time = (instant: string | null): string | null =>
  instant === null ? null : wholeSeconds(instant);

/** A decimal as a JSON number. */
export const decimal = (text: string | null): number | null => (text === null ? null : Number(text));

/** Watts or watt-hours as kilowatts or kilowatt-hours, without binary dust. */
export const kilo = (value: string | number | null): number | null =>
  value === null ? null : Number((Number(value) / 1000).toFixed(6));

export const idOf = (node: { readonly id: string } | null): string | null => (node ? toUuid(node.id) : null);
