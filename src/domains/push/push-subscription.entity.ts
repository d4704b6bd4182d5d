import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';

/**
 * What a push service said: `gone` where the device has withdrawn, `refused` where it did not take the message,
 * `unknown` where it may have.
 */
export type PushOutcome = 'sent' | 'gone' | 'refused' | 'unknown';

/** A browser or an app of a driver's, as the Push API names it. It belongs to whoever signed in there last. */
export const PushSubscription = defineEntity({
  name: 'PushSubscription',
  tableName: 'push_subscriptions',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').deleteRule('cascade'),
    endpoint: p.text(),
    /** The device's public key and secret, base64url: messages are encrypted to them (RFC 8291). */
    p256dh: p.text(),
    auth: p.text(),
    createdAt: column.createdAt(),
  },
  uniques: [{ name: 'push_subscriptions_endpoint_unique', properties: ['networkId', 'endpoint'] }],
  indexes: [{ name: 'push_subscriptions_driver_index', properties: ['driverId', 'createdAt'] }],
});
export type PushSubscription = InferEntity<typeof PushSubscription>;
