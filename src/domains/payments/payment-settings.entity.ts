import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';

/** How a network takes payments. Secrets are sealed; amounts are minor units of `currency`. */
export const PaymentSettings = defineEntity({
  name: 'PaymentSettings',
  tableName: 'payment_settings',
  ...tenantTable,
  properties: {
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id').primary(),
    isEnabled: p.boolean().default(false),
    publishableKey: p.text().nullable(),
    sealedSecretKey: p.text().nullable(),
    secretKeyLastFour: p.text().nullable(),
    sealedWebhookSecret: p.text().nullable(),
    currency: p.string().length(3),
    methods: column.textArray().defaultRaw("'{card}'"),
    holdAmount: column.bigint().nullable(),
    minimumAmount: column.bigint().nullable(),
    maximumAmount: column.bigint().nullable(),
    /** Where Stripe's own page leads back to. */
    successUrl: p.text().nullable(),
    cancelUrl: p.text().nullable(),
    updatedAt: column.createdAt(),
  },
});
export type PaymentSettings = InferEntity<typeof PaymentSettings>;

/** Who a driver is to Stripe. The row, and the key of the call that makes the customer, come before the call. */
export const PaymentCustomer = defineEntity({
  name: 'PaymentCustomer',
  tableName: 'payment_customers',
  ...tenantTable,
  properties: {
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').primary().deleteRule('cascade'),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    idempotencyKey: p.text(),
    customerId: p.text().nullable(),
    createdAt: column.createdAt(),
  },
});
export type PaymentCustomer = InferEntity<typeof PaymentCustomer>;

/** A webhook event of Stripe's that was taken: a second one with its id changes nothing. */
export const StripeEvent = defineEntity({
  name: 'StripeEvent',
  tableName: 'stripe_events',
  ...tenantTable,
  properties: {
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id').primary(),
    eventId: p.text().primary(),
    type: p.text(),
    receivedAt: column.createdAt(),
  },
  indexes: [{ name: 'stripe_events_received_index', properties: ['receivedAt'] }],
});
export type StripeEvent = InferEntity<typeof StripeEvent>;
