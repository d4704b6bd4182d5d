import { randomBytes } from 'node:crypto';
import type Stripe from 'stripe';
import type { Books, Prefix, StripeEvent } from './books.ts';
import { missing } from './errors.ts';
import type { Decline } from './faults.ts';

/** What an operation stands on. Operations are synchronous: each is one step, as a transaction is. */
export interface World {
  readonly books: Books;
  readonly url: string;
  readonly apiVersion: string;
  readonly holdSeconds: number;
  readonly searchLagSeconds: number;
  /** Milliseconds since 1970, by the loopback's clock. */
  now(): number;
  readonly publish: (event: StripeEvent) => void;
}

/** What an operation knows about the request it answers; all of it null for what happens by itself. */
export interface RequestFacts {
  readonly id: string | null;
  readonly idempotencyKey: string | null;
  /** The injected answer of the bank, when a test asked for one. */
  readonly decline?: Decline | 'authenticates' | undefined;
}

export interface Step extends World {
  readonly request: RequestFacts;
}

export const seconds = (world: Pick<World, 'now'>): number => Math.floor(world.now() / 1000);

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function randomText(length: number): string {
  return [...randomBytes(length)].map(byte => ALPHABET[byte % ALPHABET.length]).join('');
}

export const newId = (prefix: Prefix | 'req'): string =>
  `${prefix}_${prefix === 'cs' ? 'test_' : ''}${randomText(24)}`;

/** Records the event and has it delivered. The object in it is a copy: later changes do not reach it. */
export function emit(step: Step, type: Stripe.Event['type'], object: object, previous?: object): void {
  const event: StripeEvent = {
    id: newId('evt'),
    object: 'event',
    api_version: step.apiVersion,
    created: seconds(step),
    data: structuredClone(previous ? { object, previous_attributes: previous } : { object }),
    livemode: false,
    pending_webhooks: 0,
    request: { id: step.request.id, idempotency_key: step.request.idempotencyKey },
    type,
  };
  step.books.events.set(event.id, event);
  step.publish(event);
}

/** The object, or Stripe's 404 naming the parameter it was asked for by. */
export function found<Found>(
  table: ReadonlyMap<string, Found>,
  noun: string,
  id: string,
  param?: string,
): Found {
  const object = table.get(id);
  if (object === undefined) throw missing(noun, id, param);
  return object;
}
