import { encodeGlobalID } from '@pothos/plugin-relay';
import type { PaymentSettings } from '../src/domains/payments/payment-settings.entity.ts';
import {
  PAYMENT_METHODS,
  paymentConfig,
  paymentSettings,
  updatePaymentSettings,
} from '../src/domains/payments/payment-settings.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';
import { MoneyRef } from './money.ts';
import { NetworkRef } from './refs.ts';

const PaymentMethodType = builder.enumType('PaymentMethodType', {
  values: Object.fromEntries(PAYMENT_METHODS.map(method => [method.toUpperCase(), { value: method }])) as {
    [Method in (typeof PAYMENT_METHODS)[number] as Uppercase<Method>]: { value: Method };
  },
});

type Amount = 'holdAmount' | 'minimumAmount' | 'maximumAmount';

const moneyOf = (settings: PaymentSettings, name: Amount) => {
  const minor = settings[name];
  return minor == null ? null : { minor: BigInt(minor), currency: settings.currency };
};

const HOLD = 'Held when a charge starts; null: nothing is held, the bill is charged at the end.';
const MINIMUM = 'A bill below it is waived.';
const MAXIMUM = 'No more than this is taken for a session.';

const PaymentConfigRef = builder.objectRef<PaymentSettings>('PaymentConfig').implement({
  description: "How the caller's network takes payments: what an app needs to know.",
  subGraphs: ['billing'],
  fields: t => ({
    isEnabled: t.exposeBoolean('isEnabled'),
    provider: t.string({ resolve: () => 'stripe' }),
    publishableKey: t.exposeString('publishableKey', { nullable: true }),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
    methods: t.field({ type: [PaymentMethodType], resolve: ({ methods }) => methods as never }),
    holdAmount: t.field({
      type: MoneyRef,
      nullable: true,
      description: HOLD,
      resolve: settings => moneyOf(settings, 'holdAmount'),
    }),
    minimumAmount: t.field({
      type: MoneyRef,
      nullable: true,
      description: MINIMUM,
      resolve: settings => moneyOf(settings, 'minimumAmount'),
    }),
    maximumAmount: t.field({
      type: MoneyRef,
      nullable: true,
      description: MAXIMUM,
      resolve: settings => moneyOf(settings, 'maximumAmount'),
    }),
  }),
});

const PaymentSettingsRef = builder.objectRef<PaymentSettings>('PaymentSettings').implement({
  description: 'How a network takes payments. Secrets go in and never come out.',
  subGraphs: ['billing'],
  fields: t => ({
    network: t.field({ type: NetworkRef, resolve: settings => settings.networkId }),
    config: t.field({ type: PaymentConfigRef, resolve: settings => settings }),
    secretKeyLastFour: t.exposeString('secretKeyLastFour', {
      nullable: true,
      description: 'Of the secret key; null where there is none.',
    }),
    hasWebhookSecret: t.boolean({ resolve: settings => settings.sealedWebhookSecret !== null }),
    webhookPath: t.string({
      description: "Where Stripe's webhook events go.",
      resolve: settings => `/stripe/webhook/${settings.networkId}`,
    }),
    successUrl: t.exposeString('successUrl', { nullable: true }),
    cancelUrl: t.exposeString('cancelUrl', { nullable: true }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    id: t.id({ resolve: settings => encodeGlobalID('PaymentSettings', settings.networkId) }),
  }),
});

const PaymentSettingsInput = builder.inputType('PaymentSettingsInput', {
  description: 'What is left out stays as it is.',
  fields: t => ({
    networkId: t.globalID({ for: NetworkRef, description: 'The primary one where left out.' }),
    isEnabled: t.boolean(),
    publishableKey: t.string(),
    secretKey: t.string({ description: 'Stored sealed; tried at Stripe before it is taken.' }),
    webhookSecret: t.string({ description: 'Stored sealed.' }),
    currency: t.string({ description: 'ISO 4217. Another one clears the amounts not given with it.' }),
    methods: t.field({ type: [PaymentMethodType] }),
    holdAmount: t.field({ type: 'Decimal', description: HOLD }),
    minimumAmount: t.field({ type: 'Decimal', description: MINIMUM }),
    maximumAmount: t.field({ type: 'Decimal', description: MAXIMUM }),
    successUrl: t.string({ description: "Where Stripe's page leads back to; else the network's app URL." }),
    cancelUrl: t.string(),
  }),
});

const billing = inSubGraph('billing');

billing.queryFields(t => ({
  paymentConfig: t.field({
    type: PaymentConfigRef,
    description: 'For anyone with a key.',
    resolve: (_, __, ctx) => paymentConfig(ctx),
  }),
  paymentSettings: t.field({
    type: PaymentSettingsRef,
    description: 'Scope: billing.',
    args: { networkId: t.arg.globalID({ for: NetworkRef, description: 'The primary one where left out.' }) },
    resolve: (_, { networkId }, ctx) => paymentSettings(ctx, networkId?.id),
  }),
}));

billing.mutationField('updatePaymentSettings', t =>
  t.field({
    type: PaymentSettingsRef,
    description: 'Scope: billing.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: PaymentSettingsInput, required: true }) },
    resolve: (_, { input }, ctx) =>
      updatePaymentSettings(ctx, { ...input, networkId: input.networkId?.id ?? null }),
  }),
);
