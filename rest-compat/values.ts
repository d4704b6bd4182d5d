import Big from 'big.js';
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

/** A decimal in Wh as kWh, rounded half up to 2 digits. */
export const roundedKilo = (text: string): number =>
  new Big(text).div(1000).round(2, Big.roundHalfUp).toNumber();

/** From one instant to another, to 2 digits. */
export const minutesBetween = (start: string, end: string): number =>
  Number(Temporal.Instant.from(start).until(end).total({ unit: 'minute' }).toFixed(2));

export const idOf = (node: { readonly id: string } | null): string | null => (node ? toUuid(node.id) : null);

export const uuidOf = (globalId: string | null): string | null => globalId && toUuid(globalId);
