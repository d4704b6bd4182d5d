import { createRPCError } from 'ocpp-rpc';
import { type DomainCode, DomainError } from '../src/kernel/errors.ts';

/** What a domain error is in OCPP's words (OCPP-J 1.6, section 4.2.3). */
const CODES = {
  unauthorized: 'SecurityError',
  invalid_credentials: 'SecurityError',
  token_expired: 'SecurityError',
  token_reused: 'SecurityError',
  forbidden: 'SecurityError',
  driver_required: 'SecurityError',
  not_found: 'PropertyConstraintViolation',
  validation_error: 'PropertyConstraintViolation',
  conflict: 'GenericError',
  email_taken: 'GenericError',
  charger_offline: 'GenericError',
  charger_rejected: 'GenericError',
  connector_unavailable: 'GenericError',
  token_invalid: 'GenericError',
  session_not_active: 'GenericError',
  invalid_url: 'PropertyConstraintViolation',
  invalid_events: 'PropertyConstraintViolation',
  rate_limited: 'InternalError',
  unavailable: 'InternalError',
  payment_failed: 'GenericError',
  authentication_required: 'GenericError',
  payments_not_enabled: 'GenericError',
  stripe_error: 'InternalError',
} as const satisfies Record<DomainCode, string>;

export function toRpcError(error: unknown): Error {
  const code = error instanceof DomainError ? CODES[error.code] : 'InternalError';
  const message = error instanceof DomainError ? error.message : 'The message could not be processed.';
  return createRPCError(code, message) as Error;
}

/** A CALLERROR, ours or the station's. */
export const isRpcError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'rpcErrorCode' in error;

/** The other side does not know the action. */
export const isNotSupported = (error: unknown): boolean =>
  isRpcError(error) &&
  /^Not(Implemented|Supported)$/.test(String((error as { rpcErrorCode: unknown }).rpcErrorCode));
