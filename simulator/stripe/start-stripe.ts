import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type Stripe from 'stripe';
import { type ApiAnswer, createApi, pass, type Silence } from './api.ts';
import { type Books, emptyBooks, settlementOf } from './books.ts';
import { completeCheckout } from './checkout-sessions.ts';
import { authenticatePayment } from './confirm-payment.ts';
import { closeDispute, openDispute } from './disputes.ts';
import { Faults } from './faults.ts';
import { answerPage } from './pages.ts';
import { settleRefund } from './refunds.ts';
import { authenticateSetup } from './setup-intents.ts';
import { Webhooks } from './webhooks.ts';
import { found, randomText, type Step, type World } from './world.ts';

export interface StripeOptions {
  /** Loopback only; default 127.0.0.1. */
  readonly host?: string;
  /** Default: one that is free. */
  readonly port?: number;
  /** Default: a new one. */
  readonly secretKey?: string;
  /** Milliseconds since 1970; `clock.advance` comes on top. Default: the machine's. */
  readonly now?: () => number;
  /** How long a hold lasts; default 7 days. */
  readonly holdSeconds?: number;
  /** How long a new object is not found by `search`; default 60, as at Stripe. */
  readonly searchLagSeconds?: number;
  /** Pauses between the attempts of a webhook's delivery. */
  readonly webhookRetryDelaysMs?: readonly number[];
}

/** A Stripe of one's own on the loopback, for tests and the demo. Never in the product's path. */
export interface LoopbackStripe {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly books: Books;
  readonly faults: Faults;
  readonly webhooks: Webhooks;
  readonly clock: { now(): number; advance(ms: number): void };
  /** In minor units: held still, captured, and given back of the captured. */
  settlementOf(paymentIntentId: string): { held: number; captured: number; refunded: number };
  /** The driver on the hosted page: a test card's name, or a payment method. Throws what the page would show. */
  completeCheckout(sessionId: string, paymentMethod: string): Stripe.Checkout.Session;
  /** The driver's answer to their bank, for a payment or set-up intent that `requires_action`. */
  authenticate(intentId: string, passes: boolean): Stripe.PaymentIntent | Stripe.SetupIntent;
  /** The driver's bank takes the money back. */
  dispute(chargeId: string, amount?: number): Stripe.Dispute;
  closeDispute(disputeId: string, status: 'won' | 'lost'): Stripe.Dispute;
  /** What becomes of a refund to `pm_card_pendingRefund`. */
  settleRefund(refundId: string, status: 'succeeded' | 'failed'): Stripe.Refund;
  close(): Promise<void>;
}

const API_VERSION = '2026-10-28.endive';
const RETRY_DELAYS_MS = [20, 100, 500, 1000, 2000, 5000, 5000, 5000];

export async function startStripe(options: StripeOptions = {}): Promise<LoopbackStripe> {
  const host = options.host ?? '127.0.0.1';
  const secretKey = options.secretKey ?? `sk_test_${randomText(32)}`;
  const books = emptyBooks();
  const faults = new Faults();
  const clock = advancingClock(options.now ?? Date.now, () => pass(world));
  const webhooks = new Webhooks(() => world, faults, options.webhookRetryDelaysMs ?? RETRY_DELAYS_MS);

  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  // a client may take up an old connection at any time: one that closes by itself looks like a fault
  server.keepAliveTimeout = 10 * 60 * 1000;
  const { port } = server.address() as AddressInfo;
  const url = `http://${host}:${port}`;
  const world: World = {
    books,
    url,
    apiVersion: API_VERSION,
    holdSeconds: options.holdSeconds ?? 7 * 24 * 60 * 60,
    searchLagSeconds: options.searchLagSeconds ?? 60,
    now: clock.now,
    publish: event => webhooks.publish(event),
  };
  const api = createApi(world, faults, secretKey);
  const byHand = (): Step => ({ ...world, request: { id: null, idempotencyKey: null } });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const target = request.url ?? '/';
    const method = request.method ?? 'GET';
    const page = answerPage(world, { method, url: new URL(target, url), body });
    const headers = request.headers as Record<string, string>;
    const result = page ?? (await api({ method, target, headers, body }));
    send(response, result);
  }

  return {
    url,
    host,
    port,
    secretKey,
    publishableKey: secretKey.replace(/^sk_/, 'pk_'),
    books,
    faults,
    webhooks,
    clock,
    settlementOf: id => settlementOf(books, id),
    completeCheckout: (id, method) => completeCheckout(byHand(), id, method),
    authenticate: (id, passes) =>
      id.startsWith('seti_')
        ? authenticateSetup(byHand(), id, passes)
        : authenticatePayment(byHand(), id, passes),
    dispute: (id, amount) => openDispute(byHand(), found(books.charges, 'charge', id), amount),
    closeDispute: (id, status) => closeDispute(byHand(), id, status),
    settleRefund: (id, status) => settleRefund(byHand(), id, status),
    close: async () => {
      await webhooks.close();
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, result: ApiAnswer | Silence): void {
  if (result === 'no_answer') return;
  if (result === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(result.status, result.headers).end(result.body);
}

function advancingClock(base: () => number, onAdvance: () => void) {
  let aheadMs = 0;
  return {
    now: () => base() + aheadMs,
    advance(ms: number): void {
      aheadMs += ms;
      onAdvance();
    },
  };
}
