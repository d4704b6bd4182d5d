import Stripe from 'stripe';
import type { Context } from '../../kernel/context.ts';
import {
  AuthenticationRequiredError,
  DomainError,
  PaymentFailedError,
  StripeError,
} from '../../kernel/errors.ts';

const {
  StripeError: SdkError,
  StripeCardError,
  StripeConnectionError,
  StripeIdempotencyError,
} = Stripe.errors;

/**
 * Asks Stripe on behalf of somebody who waits for the answer. Throws PaymentFailedError where the bank refuses,
 * AuthenticationRequiredError, and StripeError for whatever else Stripe says: its words stay in the log.
 */
export async function askStripe<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SdkError) || error instanceof DomainError) throw error;
    if (error instanceof StripeCardError) throw refusal(error.code ?? null);
    logStripeError(ctx, error);
    throw new StripeError();
  }
}

/** What a bank's refusal is to the driver. */
export const refusal = (code: string | null): DomainError =>
  code === 'authentication_required'
    ? new AuthenticationRequiredError('The bank asks the cardholder to confirm: open the app and try again.')
    : new PaymentFailedError(
        code === 'no_card'
          ? 'There is no saved card: save one first.'
          : 'The card was refused: choose another one, or ask the bank.',
      );

/** Nothing of the request or of its headers, which have the key. */
export function logStripeError(ctx: Context, error: InstanceType<typeof SdkError>): void {
  const { type, code, statusCode, requestId } = error;
  ctx.log.warn({ stripe: { type, code, statusCode, requestId } }, 'Stripe refused or failed');
}

/** What is known after a call that failed. */
export type Failure =
  /** Stripe said no: nothing has happened. */
  | { readonly isKnown: true; readonly code: string; readonly declineCode: string | null }
  /** Nobody knows: it may have happened. */
  | { readonly isKnown: false; readonly isServerError: boolean };

/** Tells a refusal from silence. What is none of Stripe's errors is thrown on. */
export function failureOf(ctx: Context, error: unknown): Failure {
  if (!(error instanceof SdkError)) throw error;
  logStripeError(ctx, error);
  const { statusCode = 0, code, type } = error;
  // a key that is wrong, too many calls, or the same call still under way: nothing is settled by that
  const isPassing = [401, 403, 409, 429].includes(statusCode) && !(error instanceof StripeIdempotencyError);
  if (error instanceof StripeConnectionError || isPassing || statusCode === 0 || statusCode >= 500) {
    return { isKnown: false, isServerError: statusCode >= 500 };
  }
  const { decline_code } = error as { decline_code?: string };
  return { isKnown: true, code: code ?? type, declineCode: decline_code ?? null };
}

/** Whether Stripe does not know what was named. */
export const isMissing = (error: unknown, param?: string): boolean =>
  error instanceof SdkError &&
  error.code === 'resource_missing' &&
  (param === undefined || error.param === param);
