import { createHmac } from 'node:crypto';
import type Stripe from 'stripe';
import type { StripeEvent } from './books.ts';
import type { Faults } from './faults.ts';
import { addEndpoint, type EndpointDetails } from './webhook-endpoints.ts';
import { seconds, type World } from './world.ts';

/** One request to an endpoint; without a status, nobody answered. */
interface Attempt {
  readonly eventId: string;
  readonly type: string;
  readonly url: string;
  readonly status: number | undefined;
}

/** `t=…,v1=…`: HMAC-SHA256 of `t.payload`, https://docs.stripe.com/webhooks#verify-manually */
export function signatureOf(payload: string, secret: string, timestamp: number): string {
  const mac = createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex');
  return `t=${timestamp},v1=${mac}`;
}

const TIMEOUT_MS = 10_000;

/** Delivers events: at least once, in no order that could be relied on, again until a 2xx comes. */
export class Webhooks {
  readonly attempts: Attempt[] = [];
  readonly #world: () => World;
  readonly #faults: Faults;
  readonly #retryDelaysMs: readonly number[];
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #held: { event: StripeEvent; endpoint: Stripe.WebhookEndpoint }[] = [];

  constructor(world: () => World, faults: Faults, retryDelaysMs: readonly number[]) {
    this.#world = world;
    this.#faults = faults;
    this.#retryDelaysMs = retryDelaysMs;
  }

  /** Another endpoint, and the secret its deliveries are signed with. */
  register(details: EndpointDetails): { id: string; secret: string } {
    const { id, secret } = addEndpoint(this.#world(), details);
    return { id, secret: secret! };
  }

  /** Called for each event as it happens. */
  publish(event: StripeEvent): void {
    for (const endpoint of this.#world().books.webhookEndpoints.values()) {
      const wanted = endpoint.enabled_events.some(type => type === '*' || type === event.type);
      if (!wanted || endpoint.status !== 'enabled') continue;
      event.pending_webhooks += 1;
      const fault = this.#faults.takeForEvent(event.type);
      if (fault?.kind === 'webhook_lost') continue;
      if (fault?.kind === 'webhook_held') this.#held.push({ event, endpoint });
      else this.#start(event, endpoint, fault?.kind === 'webhook_copies' ? fault.copies : 1);
    }
  }

  get held(): readonly StripeEvent[] {
    return this.#held.map(({ event }) => event);
  }

  /** Sends what was held back, one after the other in the order of the ids given, or as they were held. */
  async release(
    order: (events: readonly StripeEvent[]) => readonly StripeEvent[] = events => events,
  ): Promise<void> {
    const held = this.#held;
    this.#held = [];
    for (const event of order(held.map(each => each.event))) {
      for (const { endpoint } of held.filter(each => each.event.id === event.id)) {
        await this.#track(this.#deliver(event, endpoint));
      }
    }
  }

  /** Sends an event once more to every endpoint, as the dashboard's Resend does; the answers' statuses. */
  async resend(eventId: string): Promise<(number | undefined)[]> {
    const event = this.#world().books.events.get(eventId)!;
    const endpoints = [...this.#world().books.webhookEndpoints.values()];
    return Promise.all(endpoints.map(endpoint => this.#attempt(event, endpoint)));
  }

  /** Resolves once every delivery has been accepted or given up. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  #start(event: StripeEvent, endpoint: Stripe.WebhookEndpoint, copies: number): void {
    for (let copy = 0; copy < copies; copy++) void this.#track(this.#deliver(event, endpoint));
  }

  #track(delivery: Promise<void>): Promise<void> {
    const tracked = delivery.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
    return tracked;
  }

  async #deliver(event: StripeEvent, endpoint: Stripe.WebhookEndpoint): Promise<void> {
    // the request that caused the event is answered first
    await this.#pause(0);
    for (const delayMs of [...this.#retryDelaysMs, undefined]) {
      if (this.#closing.signal.aborted) return;
      const status = await this.#attempt(event, endpoint);
      if (status !== undefined && status >= 200 && status < 300) {
        event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
        return;
      }
      if (delayMs !== undefined) await this.#pause(delayMs);
    }
  }

  async #attempt(event: StripeEvent, endpoint: Stripe.WebhookEndpoint): Promise<number | undefined> {
    const payload = JSON.stringify(event, null, 2);
    const status = await fetch(endpoint.url, {
      method: 'POST',
      body: payload,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': signatureOf(payload, endpoint.secret!, seconds(this.#world())),
      },
      redirect: 'manual',
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).then(
      async response => {
        await response.body?.cancel();
        return response.status;
      },
      () => undefined,
    );
    this.attempts.push({ eventId: event.id, type: event.type, url: endpoint.url, status });
    return status;
  }

  /** Ends early when the loopback closes. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}
