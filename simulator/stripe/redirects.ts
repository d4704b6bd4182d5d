import { z } from 'zod';
import { flag } from './params.ts';
import type { Step } from './world.ts';

export const redirects = z
  .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
  .optional();

interface NextAction {
  type: string;
  redirect_to_url?: { return_url: string; url: string };
  use_stripe_sdk?: { [key: string]: unknown };
}

/** Where the driver proves who they are: a page of the loopback's, or the work of the app's own SDK. */
export function authenticationOf(step: Step, intentId: string, returnUrl: string | undefined): NextAction {
  if (returnUrl === undefined) {
    return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
  }
  const url = `${step.url}/authenticate/${intentId}?${new URLSearchParams({ return_url: returnUrl })}`;
  return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
}
