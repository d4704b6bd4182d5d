import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';
import { Session } from '../sessions/session.entity.ts';

export const SCHEDULE_STATUSES = ['pending', 'firing', 'fired', 'failed', 'cancelled'] as const;
export type ScheduleStatus = (typeof SCHEDULE_STATUSES)[number];

/** A charge to be started at a time. `firing` is the moment between the decision and the station's answer. */
export const Schedule = defineEntity({
  name: 'Schedule',
  tableName: 'schedules',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').deleteRule('cascade'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id'),
    connectorNumber: p.integer(),
    idTag: p.text(),
    scheduledTime: column.instant(),
    status: p.text().$type<ScheduleStatus>(),
    statusReason: p.text().nullable(),
    firedAt: column.instant().nullable(),
    sessionId: () => p.manyToOne(Session).mapToPk().fieldName('session_id').nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [{ name: 'schedules_driver_index', properties: ['driverId', 'scheduledTime'] }],
});
export type Schedule = InferEntity<typeof Schedule>;
