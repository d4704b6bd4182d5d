import type Stripe from 'stripe';
import { z } from 'zod';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, emptyable, flag, listOf, mergeMetadata, metadata, text } from './params.ts';
import { found, newId, randomText, type Step, seconds, type World } from './world.ts';

export interface EndpointDetails {
  readonly url: string;
  readonly enabledEvents?: readonly string[] | undefined;
  readonly secret?: string | undefined;
}

export function addEndpoint(world: World, details: EndpointDetails): Stripe.WebhookEndpoint {
  const endpoint: Stripe.WebhookEndpoint = {
    id: newId('we'),
    object: 'webhook_endpoint',
    api_version: world.apiVersion,
    application: null,
    created: seconds(world),
    description: null,
    enabled_events: [...(details.enabledEvents ?? ['*'])],
    livemode: false,
    metadata: {},
    secret: details.secret ?? `whsec_${randomText(32)}`,
    status: 'enabled',
    url: details.url,
  };
  world.books.webhookEndpoints.set(endpoint.id, endpoint);
  return endpoint;
}

/** The secret is shown once: in the answer to the creation. */
const withoutSecret = ({ secret: _, ...endpoint }: Stripe.WebhookEndpoint) => endpoint;

const endpointOf = (step: Step, id: string) => found(step.books.webhookEndpoints, 'webhook endpoint', id);

export const webhookEndpointOperations = [
  operation(
    'webhook_endpoints.create',
    'POST',
    '/v1/webhook_endpoints',
    accepts({
      url: z.url({ protocol: /^https?$/ }),
      enabled_events: z.array(text).min(1),
      description: emptyable.optional(),
      metadata,
    }),
    (step, params) => {
      const endpoint = addEndpoint(step, { url: params.url, enabledEvents: params.enabled_events });
      endpoint.description = params.description || null;
      endpoint.metadata = mergeMetadata({}, params.metadata);
      return endpoint;
    },
  ),
  operation('webhook_endpoints.retrieve', 'GET', '/v1/webhook_endpoints/:id', accepts({}), (step, _, id) =>
    withoutSecret(endpointOf(step, id)),
  ),
  operation(
    'webhook_endpoints.update',
    'POST',
    '/v1/webhook_endpoints/:id',
    accepts({
      disabled: flag.optional(),
      enabled_events: z.array(text).min(1).optional(),
      url: text.optional(),
      metadata,
    }),
    (step, params, id) => {
      const endpoint = endpointOf(step, id);
      if (params.disabled !== undefined) endpoint.status = params.disabled ? 'disabled' : 'enabled';
      if (params.enabled_events) endpoint.enabled_events = params.enabled_events;
      if (params.url) endpoint.url = params.url;
      endpoint.metadata = mergeMetadata(endpoint.metadata, params.metadata);
      return withoutSecret(endpoint);
    },
  ),
  operation('webhook_endpoints.del', 'DELETE', '/v1/webhook_endpoints/:id', accepts({}), (step, _, id) => {
    step.books.webhookEndpoints.delete(endpointOf(step, id).id);
    return { id, object: 'webhook_endpoint', deleted: true };
  }),
  operation('webhook_endpoints.list', 'GET', '/v1/webhook_endpoints', listOf({}), (step, params) =>
    list('/v1/webhook_endpoints', [...step.books.webhookEndpoints.values()].map(withoutSecret), params),
  ),
];
