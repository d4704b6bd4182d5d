import {
  pushPublicKey,
  subscribeToPush,
  testPush,
  unsubscribeFromPush,
} from '../src/domains/push/push-subscriptions.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';

const PushConfig = builder.objectRef<{ publicKey: string }>('PushConfig').implement({
  description: 'What a browser needs to subscribe.',
  subGraphs: ['drivers'],
  fields: t => ({
    publicKey: t.exposeString('publicKey', {
      description: 'VAPID (RFC 8292), base64url: the `applicationServerKey`.',
    }),
  }),
});

const PushKeysInput = builder.inputType('PushKeysInput', {
  fields: t => ({
    p256dh: t.string({ description: "The device's public key, base64url." }),
    auth: t.string({ description: "The device's secret, base64url." }),
  }),
});

const SubscribeToPushInput = builder.inputType('SubscribeToPushInput', {
  description: "As a browser's PushSubscription.toJSON() has it.",
  fields: t => ({ endpoint: t.string(), keys: t.field({ type: PushKeysInput }) }),
});

const PushStatus = builder.objectRef<{ isSubscribed: boolean }>('PushStatus').implement({
  subGraphs: ['drivers'],
  fields: t => ({ isSubscribed: t.exposeBoolean('isSubscribed') }),
});

const PushTest = builder.objectRef<{ sent: number; subscriptions: number }>('PushTest').implement({
  subGraphs: ['drivers'],
  fields: t => ({
    sent: t.exposeInt('sent', { description: 'Devices whose push service took the message.' }),
    subscriptions: t.exposeInt('subscriptions', { description: 'Devices that there were.' }),
  }),
});

const drivers = inSubGraph('drivers');

drivers.queryField('pushConfig', t =>
  t.field({
    type: PushConfig,
    description: 'For signed-in drivers.',
    resolve: async (_, __, ctx) => ({ publicKey: await pushPublicKey(ctx) }),
  }),
);

drivers.mutationFields(t => ({
  subscribeToPush: t.field({
    type: PushStatus,
    description: "Registers a device of the signed-in driver's. Scope: write.",
    errors: { types: commonErrors },
    args: { input: t.arg({ type: SubscribeToPushInput, required: true }) },
    resolve: async (_, { input }, ctx) => {
      await subscribeToPush(ctx, input);
      return { isSubscribed: true };
    },
  }),
  unsubscribeFromPush: t.field({
    type: PushStatus,
    description: 'Forgets a device; one that is not known is forgotten already. Scope: write.',
    errors: { types: commonErrors },
    args: { endpoint: t.arg.string() },
    resolve: async (_, { endpoint }, ctx) => {
      await unsubscribeFromPush(ctx, endpoint);
      return { isSubscribed: false };
    },
  }),
  testPush: t.field({
    type: PushTest,
    description: "Sends the signed-in driver's devices a message. Scope: write.",
    errors: { types: commonErrors },
    resolve: (_, __, ctx) => testPush(ctx),
  }),
}));
