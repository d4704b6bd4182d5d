import type { FastifyInstance } from 'fastify';
import { RestError } from '../../rest-compat/envelope.ts';
import { refuse } from '../../rest-compat/serve.ts';
import { system } from '../auth/viewer.ts';
import { takeStripeEvent } from '../domains/payments/stripe-webhook.ts';
import { inScopeOf } from '../kernel/context.ts';
import { UnauthorizedError } from '../kernel/errors.ts';
import { isUuid } from '../kernel/ids.ts';
import { networksScope } from '../kernel/scope.ts';
import type { App } from './app.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** `POST /stripe/webhook/<networkId>`: the body stays as it came, for the signature is over its bytes. */
export async function openStripeWebhookDoor(app: App, fastify: FastifyInstance): Promise<void> {
  await fastify.register(async door => {
    door.removeAllContentTypeParsers();
    door.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_, body, done) =>
      done(null, body),
    );
    door.setErrorHandler((error, request, reply) => refuse(asStripeExpects(error), request, reply));
    door.post<{ Params: { networkId: string } }>('/stripe/webhook/:networkId', async request => {
      const { networkId } = request.params;
      const signature = request.headers['stripe-signature'];
      if (!isUuid(networkId)) throw new RestError(404, 'not_found', 'No such webhook.');
      const ctx = app.context(system, request.id, { scope: networksScope([networkId.toLowerCase()]) });
      await inScopeOf(ctx, () =>
        takeStripeEvent(ctx, networkId.toLowerCase(), String(request.body ?? ''), String(signature ?? '')),
      );
      return { received: true };
    });
  });
}

/** A signature that is none is a bad request to Stripe. */
const asStripeExpects = (error: unknown): unknown =>
  error instanceof UnauthorizedError ? new RestError(400, 'validation_error', error.message, []) : error;
