import { z } from 'zod';
import { nothing } from '../answers/fields.ts';
import * as answers from '../answers/push.ts';
import { optional, text } from '../parameters.ts';
import { row } from '../row.ts';

export const pushConfig = row({
  method: 'GET',
  path: '/push/config',
  title: 'Get the public key that a device subscribes with',
  access: { scope: 'read', audience: 'driver' },
  operation: 'query PushConfig { pushConfig { publicKey } }',
  variables: () => ({}),
  response: answers.pushConfig,
  answer: ({ pushConfig }: { pushConfig: { publicKey: string } }) => pushConfig,
});

export const subscribeToPush = row({
  method: 'POST',
  path: '/push/subscribe',
  title: 'Register a device for push messages',
  access: { scope: 'write', audience: 'driver' },
  body: z.object({
    endpoint: optional(text),
    keys: optional(
      z.object({ p256dh: optional(text), auth: optional(text) }, { message: 'must be an object' }),
    ),
  }),
  operation: `
    mutation SubscribeToPush($input: SubscribeToPushInput!) {
      result: subscribeToPush(input: $input) {
        ... on PushStatus { isSubscribed }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    }`,
  variables: ({ body }) => ({ input: body }),
  response: answers.pushSubscription,
  answer: () => ({ status: 'subscribed' }),
});

export const unsubscribeFromPush = row({
  method: 'POST',
  path: '/push/unsubscribe',
  title: 'Remove a device',
  access: { scope: 'write', audience: 'driver' },
  body: z.object({ endpoint: optional(text) }),
  operation: `
    mutation UnsubscribeFromPush($endpoint: String) {
      result: unsubscribeFromPush(endpoint: $endpoint) {
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    }`,
  variables: ({ body }) => body,
  response: nothing,
  answer: () => null,
  status: 204,
});

export const testPush = row({
  method: 'POST',
  path: '/push/test',
  title: "Send a message to the driver's devices",
  access: { scope: 'write', audience: 'driver' },
  operation: `
    mutation TestPush {
      result: testPush { ... on PushTest { sent subscriptions } ... on Error { code message } }
    }`,
  variables: () => ({}),
  response: answers.pushTest,
  answer: ({ result }: { result: { sent: number; subscriptions: number } }) => ({
    sent: result.sent,
    subscriptions: result.subscriptions,
  }),
});
