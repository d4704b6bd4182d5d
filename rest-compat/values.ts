import Big from 'big.js';
import { wholeSeconds } from '../src/kernel/instant.ts';
import { toUuid } from './ids.ts';

// How REST writes what GraphQL answers. Null stays null.

type Made<Given, Value> = Value | Extract<Given, null>;

const made =
  <Value, Given>(make: (given: Given) => Value) =>
  <It extends Given | null>(it: It) =>
    (it === null ? null : make(it as Given)) as Made<It, Value>;

export const time = made(wholeSeconds);

/** A decimal as a JSON number. */
export const decimal = made((text: string) => Number(text));

/** Watts or watt-hours as kilowatts or kilowatt-hours, without binary dust. */
export const kilo = made((value: string | number) => Number((Number(value) / 1000).toFixed(6)));

/** A decimal in Wh as kWh, rounded half up to 2 digits. */
export const roundedKilo = (text: string): number =>
  new Big(text).div(1000).round(2, Big.roundHalfUp).toNumber();

/** From one instant to another, in minutes with two digits. */
export const minutesBetween = (start: string, end: string): number =>
  Number(Temporal.Instant.from(start).until(end).total({ unit: 'minute' }).toFixed(2));

export const idOf = made((node: { readonly id: string }) => toUuid(node.id));

export const uuidOf = made(toUuid);
