import type { DomainCode } from '../src/kernel/errors.ts';

/** The HTTP status of each domain error; its code is the error's slug. */
export const STATUS = {
  unauthorized: 401,
  invalid_credentials: 401,
  token_expired: 401,
  token_reused: 401,
  forbidden: 403,
  driver_required: 403,
  not_found: 404,
  validation_error: 400,
  conflict: 409,
  email_taken: 409,
  charger_offline: 409,
  charger_rejected: 409,
  connector_unavailable: 409,
  token_invalid: 409,
  session_not_active: 409,
  invalid_url: 422,
  invalid_events: 422,
  rate_limited: 429,
  unavailable: 503,
  payment_failed: 402,
  authentication_required: 402,
  payments_not_enabled: 403,
  stripe_error: 502,
} as const satisfies Record<DomainCode, number>;
