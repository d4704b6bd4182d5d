/** Each expected failure has one literal code; every door maps the same codes to its own vocabulary. */
export type DomainCode =
  | 'unauthorized'
  | 'invalid_credentials'
  | 'token_expired'
  | 'token_reused'
  | 'forbidden'
  | 'driver_required'
  | 'not_found'
  | 'validation_error'
  | 'conflict'
  | 'email_taken'
  | 'charger_offline'
  | 'charger_rejected'
  | 'connector_unavailable'
  | 'token_invalid'
  | 'session_not_active'
  | 'invalid_url'
  | 'invalid_events'
  | 'rate_limited'
  | 'unavailable'
  | 'payment_failed'
  | 'authentication_required'
  | 'payments_not_enabled'
  | 'stripe_error';

export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export abstract class DomainError extends Error {
  abstract readonly code: DomainCode;
}

export class UnauthorizedError extends DomainError {
  readonly code = 'unauthorized';
}

/** E-mail and password, or a token of ours, do not fit; never told which. */
export class InvalidCredentialsError extends DomainError {
  readonly code = 'invalid_credentials';
}

export class TokenExpiredError extends DomainError {
  readonly code = 'token_expired';
}

/** A refresh token came a second time: somebody else has it, and its family is revoked. */
export class TokenReusedError extends DomainError {
  readonly code = 'token_reused';
}

export class EmailTakenError extends DomainError {
  readonly code = 'email_taken';
}

export class RateLimitedError extends DomainError {
  readonly code = 'rate_limited';
  readonly retryAfterSeconds: number;
  constructor(
    retryAfterSeconds: number,
    message = `Too many attempts. Try again in ${retryAfterSeconds} s.`,
  ) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class ForbiddenError extends DomainError {
  readonly code = 'forbidden';
}

/** The operation acts for a driver and the caller is none. */
export class DriverRequiredError extends DomainError {
  readonly code = 'driver_required';
}

/** Also what another network's row is to the caller: it does not exist. */
export class NotFoundError extends DomainError {
  readonly code = 'not_found';
  constructor(what: string) {
    super(`No such ${what}.`);
  }
}

export class ValidationError extends DomainError {
  readonly code = 'validation_error';
  readonly details: readonly FieldProblem[];
  constructor(details: readonly FieldProblem[]) {
    super(details.map(problem => `${problem.field}: ${problem.message}`).join('; '));
    this.details = details;
  }
}

export class ConflictError extends DomainError {
  readonly code = 'conflict';
}

export class ChargerOfflineError extends DomainError {
  readonly code = 'charger_offline';
}

/** The station answered, and said no. */
export class ChargerRejectedError extends DomainError {
  readonly code = 'charger_rejected';
}

export class ConnectorUnavailableError extends DomainError {
  readonly code = 'connector_unavailable';
}

export class TokenInvalidError extends DomainError {
  readonly code = 'token_invalid';
}

export class SessionNotActiveError extends DomainError {
  readonly code = 'session_not_active';
}

/** A place that nothing may be sent to. */
export class InvalidUrlError extends DomainError {
  readonly code = 'invalid_url';
}

/** Event types that there are not, or none at all. */
export class InvalidEventsError extends DomainError {
  readonly code = 'invalid_events';
}

/** No answer in time: the outcome is unknown. */
export class UnavailableError extends DomainError {
  readonly code = 'unavailable';
}

/** The driver's card was refused, or there is none. */
export class PaymentFailedError extends DomainError {
  readonly code = 'payment_failed';
}

/** The bank wants to hear from the cardholder first. */
export class AuthenticationRequiredError extends DomainError {
  readonly code = 'authentication_required';
}

export class PaymentsNotEnabledError extends DomainError {
  readonly code = 'payments_not_enabled';
  constructor() {
    super('Payments are not enabled for this network.');
  }
}

/** Stripe did not answer, or not as it should; nothing of its words is passed on. */
export class StripeError extends DomainError {
  readonly code = 'stripe_error';
  constructor() {
    super('The payment provider could not do it now. Try again later.');
  }
}

/** Throws a ValidationError for one field. */
export function invalid(field: string, message: string): never {
  throw new ValidationError([{ field, message }]);
}
