import type Stripe from 'stripe';

/** A bank's refusal: https://docs.stripe.com/declines/codes */
export interface Decline {
  readonly code: string;
  readonly declineCode?: string;
}

type Moment = 'before' | 'after';

type RequestFault =
  /** 500. Its answer is kept under the request's key and replayed, as Stripe does, unless `stored` is false. */
  | { readonly kind: 'server_error'; readonly when: Moment; readonly stored?: boolean }
  /** The connection stays open and nothing comes: the client has to time out. */
  | { readonly kind: 'no_answer'; readonly when: Moment }
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly when: Moment }
  /** The bank refuses what would be charged or set up. */
  | ({ readonly kind: 'decline' } & Decline)
  /** The bank wants the driver: `requires_action` on session, a 402 off session. */
  | { readonly kind: 'authentication_required' }
  | { readonly kind: 'rate_limit' }
  /** What `during` does happens while the request is in progress; then it is answered, or `lost` on its way. */
  | { readonly kind: 'in_progress'; readonly during: () => Promise<unknown>; readonly lost?: boolean }
  /** What it says was so before `during`: the answer takes its time. */
  | { readonly kind: 'late_answer'; readonly during: () => Promise<unknown> };

type WebhookFault =
  /** Delivered twice or more, each with a signature of its own. */
  | { readonly kind: 'webhook_copies'; readonly copies: number }
  /** Kept back until `webhooks.release()`. */
  | { readonly kind: 'webhook_held' }
  /** Never delivered: only the list of events has it. */
  | { readonly kind: 'webhook_lost' };

interface Often {
  /** How many matching requests or events it befalls (default 1; `Infinity` for all until `clear`). */
  readonly times?: number;
  /** How many matching ones go free first (default 0). */
  readonly skip?: number;
}

/**
 * `on` names the operation, as `payment_intents.capture`; without it, any operation that changes something.
 * For a webhook it is the event's type, or without it any.
 */
export type Fault =
  | (RequestFault & Often & { readonly on?: string })
  | (WebhookFault & Often & { readonly on?: Stripe.Event['type'] });

export type InjectedRequestFault = Extract<Fault, RequestFault>;
export type InjectedWebhookFault = Extract<Fault, WebhookFault>;

const isWebhookFault = (fault: Fault): fault is InjectedWebhookFault => fault.kind.startsWith('webhook_');

/** The plan of what goes wrong, first come first served. */
export class Faults {
  #plan: { readonly fault: Fault; skip: number; times: number }[] = [];

  plan(...faults: Fault[]): void {
    for (const fault of faults) this.#plan.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#plan = [];
  }

  /** What has been planned and has not happened yet. */
  get pending(): readonly Fault[] {
    return this.#plan.map(({ fault }) => fault);
  }

  /** The fault that befalls this request, used up by it. */
  takeForRequest(operation: string, changes: boolean): InjectedRequestFault | undefined {
    return this.#take(
      (fault): fault is InjectedRequestFault =>
        !isWebhookFault(fault) && (fault.on === undefined ? changes : fault.on === operation),
    );
  }

  takeForEvent(type: string): InjectedWebhookFault | undefined {
    return this.#take(
      (fault): fault is InjectedWebhookFault =>
        isWebhookFault(fault) && (fault.on === undefined || fault.on === type),
    );
  }

  #take<Taken extends Fault>(matches: (fault: Fault) => fault is Taken): Taken | undefined {
    for (const planned of this.#plan) {
      if (!matches(planned.fault)) continue;
      if (planned.skip > 0) {
        planned.skip -= 1;
        continue;
      }
      planned.times -= 1;
      if (planned.times <= 0) this.#plan = this.#plan.filter(other => other !== planned);
      return planned.fault;
    }
    return undefined;
  }
}
