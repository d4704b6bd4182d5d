import {
  AuthenticationRequiredError,
  ChargerOfflineError,
  ChargerRejectedError,
  ConflictError,
  ConnectorUnavailableError,
  type DomainError,
  DriverRequiredError,
  EmailTakenError,
  type FieldProblem,
  ForbiddenError,
  InvalidCredentialsError,
  InvalidEventsError,
  InvalidUrlError,
  NotFoundError,
  PaymentFailedError,
  PaymentsNotEnabledError,
  RateLimitedError,
  SessionNotActiveError,
  StripeError,
  TokenExpiredError,
  TokenInvalidError,
  TokenReusedError,
  UnauthorizedError,
  UnavailableError,
  ValidationError,
} from '../src/kernel/errors.ts';
import { builder } from './builder.ts';

const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'An expected failure. `code` is stable, `message` is for people.',
  fields: t => ({ code: t.exposeString('code'), message: t.exposeString('message') }),
});

const FieldProblemRef = builder.objectRef<FieldProblem>('FieldProblem').implement({
  shareable: true,
  fields: t => ({ field: t.exposeString('field'), message: t.exposeString('message') }),
});

builder.objectType(ValidationError, {
  name: 'ValidationError',
  description: 'Input that cannot be used; each problem names its field.',
  shareable: true,
  interfaces: [ErrorInterface],
  fields: t => ({
    details: t.field({ type: [FieldProblemRef], resolve: error => [...error.details] }),
  }),
});

builder.objectType(RateLimitedError, {
  name: 'RateLimitedError',
  shareable: true,
  interfaces: [ErrorInterface],
  fields: t => ({ retryAfterSeconds: t.exposeInt('retryAfterSeconds') }),
});

const PLAIN = {
  UnauthorizedError,
  InvalidCredentialsError,
  TokenExpiredError,
  TokenReusedError,
  EmailTakenError,
  ForbiddenError,
  DriverRequiredError,
  NotFoundError,
  ConflictError,
  ChargerOfflineError,
  ChargerRejectedError,
  ConnectorUnavailableError,
  TokenInvalidError,
  SessionNotActiveError,
  InvalidUrlError,
  InvalidEventsError,
  UnavailableError,
  PaymentFailedError,
  AuthenticationRequiredError,
  PaymentsNotEnabledError,
  StripeError,
};

for (const [name, type] of Object.entries(PLAIN)) {
  builder.objectType(type as typeof ConflictError, { name, shareable: true, interfaces: [ErrorInterface] });
}

/** What every mutation may fail with. */
export const commonErrors = [
  UnauthorizedError,
  ForbiddenError,
  DriverRequiredError,
  NotFoundError,
  ValidationError,
];

/** What everything that asks a station may fail with: it is not connected, says no, or does not answer. */
export const stationErrors = [...commonErrors, ChargerOfflineError, ChargerRejectedError, UnavailableError];
