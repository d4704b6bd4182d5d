type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

/** The members of Stripe's error object beside `type` and `message`. */
export interface ErrorDetails {
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  advice_code?: string;
  payment_intent?: object;
  payment_method?: object;
  setup_intent?: object;
}

/** An answer of Stripe's that is no success: https://docs.stripe.com/api/errors */
export class StripeFailure extends Error {
  readonly status: number;
  readonly error: { type: ErrorType; message: string; doc_url?: string } & ErrorDetails;

  constructor(status: number, type: ErrorType, message: string, details: ErrorDetails = {}) {
    super(message);
    this.status = status;
    const { code } = details;
    const page = code && `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;
    this.error = { ...details, ...(page && { doc_url: page }), message, type };
  }
}

export const invalidRequest = (message: string, details?: ErrorDetails): StripeFailure =>
  new StripeFailure(400, 'invalid_request_error', message, details);

export const missing = (noun: string, id: string, param = 'id'): StripeFailure =>
  new StripeFailure(404, 'invalid_request_error', `No such ${noun}: '${id}'`, {
    code: 'resource_missing',
    param,
  });

export const unexpectedState = (code: string, message: string, details: ErrorDetails): StripeFailure =>
  invalidRequest(message, { code, ...details });
