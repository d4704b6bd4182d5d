import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';
import { Driver } from './driver.entity.ts';

/** A location or a charger that a driver keeps at hand. */
export const Favorite = defineEntity({
  name: 'Favorite',
  tableName: 'favorites',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').deleteRule('cascade'),
    targetType: p.text().$type<'location' | 'charger'>(),
    targetId: p.uuid(),
    label: p.text().nullable(),
    createdAt: column.createdAt(),
  },
  uniques: [{ name: 'favorites_target_unique', properties: ['driverId', 'targetType', 'targetId'] }],
});
export type Favorite = InferEntity<typeof Favorite>;

/** What a driver wants to be told, and how. A driver without a row has the defaults. */
export const NotificationPreferences = defineEntity({
  name: 'NotificationPreferences',
  tableName: 'notification_preferences',
  ...tenantTable,
  properties: {
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').primary().deleteRule('cascade'),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    pushEnabled: p.boolean(),
    emailEnabled: p.boolean(),
    smsEnabled: p.boolean(),
    notifySessionStarted: p.boolean(),
    notifySessionStopped: p.boolean(),
    notifySessionFailed: p.boolean(),
    notifyReservationReminder: p.boolean(),
    notifyPayment: p.boolean(),
    /** Where to, if not the driver's own address and number. */
    email: p.text().nullable(),
    phoneNumber: p.text().nullable(),
    updatedAt: column.instant(),
  },
});
export type NotificationPreferences = InferEntity<typeof NotificationPreferences>;
