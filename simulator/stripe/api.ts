import { createHash } from 'node:crypto';
import { chargeOperations } from './charges.ts';
import { checkoutSessionOperations, expireSessions } from './checkout-sessions.ts';
import { customerOperations } from './customers.ts';
import { disputeOperations } from './disputes.ts';
import { StripeFailure } from './errors.ts';
import { eventOperations } from './events.ts';
import { expandAnswer } from './expand.ts';
import type { Decline, Faults, InjectedRequestFault } from './faults.ts';
import { decodeForm, type Form } from './form.ts';
import { expireHolds } from './holds.ts';
import { type Answer, IdempotencyKeys } from './idempotency.ts';
import type { Operation } from './operation.ts';
import { parseParams } from './params.ts';
import { paymentIntentOperations } from './payment-intents.ts';
import { paymentMethodOperations } from './payment-methods.ts';
import { refundOperations } from './refunds.ts';
import { setupIntentOperations } from './setup-intents.ts';
import { webhookEndpointOperations } from './webhook-endpoints.ts';
import { newId, type Step, type World } from './world.ts';

const OPERATIONS: readonly Operation[] = [
  ...chargeOperations,
  ...checkoutSessionOperations,
  ...customerOperations,
  ...disputeOperations,
  ...eventOperations,
  ...paymentIntentOperations,
  ...paymentMethodOperations,
  ...refundOperations,
  ...setupIntentOperations,
  ...webhookEndpointOperations,
];

export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Instead of an answer, when a fault says so: the connection is reset, or stays open in silence. */
export type Silence = 'reset' | 'no_answer';

/** Time has passed: what is over by now is over. */
export function pass(world: World): void {
  expireHolds(world);
  expireSessions(world);
}

/** Answers as api.stripe.com would, one request after the other save where a fault keeps one in progress. */
export function createApi(world: World, faults: Faults, secretKey: string) {
  const keys = new IdempotencyKeys(world.now);

  return async (request: ApiRequest): Promise<ApiAnswer | Silence> => {
    const requestId = newId('req');
    const idempotencyKey = request.method === 'POST' ? request.headers['idempotency-key'] : undefined;
    const common = {
      'content-type': 'application/json',
      'request-id': requestId,
      'stripe-version': request.headers['stripe-version'] ?? world.apiVersion,
      ...(idempotencyKey !== undefined && {
        'idempotency-key': idempotencyKey,
        'original-request': requestId,
      }),
    };
    const fail = (failure: StripeFailure, more: Record<string, string> = {}): ApiAnswer => ({
      status: failure.status,
      headers: { ...common, ...more },
      body: bodyOf({ error: failure.error }),
    });
    try {
      authenticate(request, secretKey);
      const { operation, id, path, query } = route(request);
      const fault = faults.takeForRequest(operation.name, operation.method !== 'GET');
      if (fault?.kind === 'rate_limit') {
        return fail(rateLimit(), { 'stripe-rate-limited-reason': 'global-rate' });
      }
      const silence = fault?.kind === 'reset' || fault?.kind === 'no_answer' ? fault : undefined;
      if (silence?.when === 'before') return silence.kind;

      const form = decodeForm(operation.method === 'POST' ? request.body : query);
      const params = parseParams(operation.params, form);
      pass(world);
      const first = idempotencyKey && keys.begin(idempotencyKey, path, fingerprint(form));
      if (first) {
        return (
          silence?.kind ?? {
            status: first.status,
            headers: { ...common, 'original-request': first.requestId, 'idempotent-replayed': 'true' },
            body: first.body,
          }
        );
      }
      if (fault?.kind === 'in_progress') {
        await fault.during();
        if (fault.lost) {
          if (idempotencyKey) keys.forget(idempotencyKey);
          return 'reset';
        }
      }

      const step: Step = {
        ...world,
        request: { id: requestId, idempotencyKey: idempotencyKey ?? null, decline: declineOf(fault) },
      };
      const broken = fault?.kind === 'server_error' ? fault : undefined;
      const real =
        broken?.when === 'before' ? undefined : execute(step, operation, params, form, id, requestId);
      const shown: Answer = broken || !real ? { ...serverError(), requestId } : real;
      const kept = broken?.stored === false ? real : shown;
      if (idempotencyKey && kept) keys.finish(idempotencyKey, kept);
      else if (idempotencyKey) keys.forget(idempotencyKey);
      if (silence) return silence.kind;
      if (fault?.kind === 'late_answer') await fault.during();
      const retry = broken ? { 'stripe-should-retry': String(broken.stored === false) } : undefined;
      return { status: shown.status, headers: { ...common, ...retry }, body: shown.body };
    } catch (error) {
      if (error instanceof StripeFailure) return fail(error);
      throw error;
    }
  };
}

const bodyOf = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

function authenticate({ headers }: ApiRequest, secretKey: string): void {
  const given = headers.authorization;
  if (given === `Bearer ${secretKey}`) return;
  if (given === `Basic ${Buffer.from(`${secretKey}:`).toString('base64')}`) return;
  throw new StripeFailure(
    401,
    'invalid_request_error',
    given === undefined
      ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
      : `Invalid API Key provided: ${given.replace(/^\w+ /, '').replace(/.(?=.{4})/g, '*')}`,
  );
}

function route(request: ApiRequest) {
  const [path = '', query = ''] = request.target.split('?', 2);
  const parts = path.split('/');
  for (const operation of OPERATIONS) {
    const pattern = operation.path.split('/');
    if (operation.method !== request.method || pattern.length !== parts.length) continue;
    if (!pattern.every((part, at) => part === ':id' || part === parts[at])) continue;
    const id = decodeURIComponent(parts[pattern.indexOf(':id')] ?? '');
    return { operation, id, path, query };
  }
  throw new StripeFailure(
    404,
    'invalid_request_error',
    `Unrecognized request URL (${request.method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  );
}

const rateLimit = () =>
  new StripeFailure(
    429,
    'invalid_request_error',
    'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    { code: 'rate_limit' },
  );

function serverError() {
  const failure = new StripeFailure(500, 'api_error', 'An unknown error occurred');
  return { status: failure.status, body: bodyOf({ error: failure.error }) };
}

function declineOf(fault: InjectedRequestFault | undefined): Decline | 'authenticates' | undefined {
  if (fault?.kind === 'authentication_required') return 'authenticates';
  return fault?.kind === 'decline' ? fault : undefined;
}

/** What the operation came to, its failure included: once it has begun, that is the key's answer. */
function execute(
  step: Step,
  operation: Operation,
  params: unknown,
  form: Form,
  id: string,
  requestId: string,
): Answer {
  try {
    const answer = expandAnswer(step.books, operation.run(step, params, id), (form.expand ?? []) as string[]);
    return { status: 200, body: bodyOf(answer), requestId };
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    return { status: error.status, body: bodyOf({ error: error.error }), requestId };
  }
}

/** Equal for equal parameters, whatever their order. */
function fingerprint(form: Form): string {
  const sorted = JSON.stringify(form, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest('hex');
}
