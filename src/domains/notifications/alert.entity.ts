import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Location } from '../locations/location.entity.ts';
import { Network } from '../network/network.entity.ts';

export const ALERT_TYPES = [
  'problem_report',
  'security_event',
  'webhook_disabled',
  'payment_failed',
  'payment_disputed',
  'charger_offline',
  'charger_fault',
  'limit_refused',
] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

/** Something that an operator should look at, until somebody has. */
export const Alert = defineEntity({
  name: 'Alert',
  tableName: 'alerts',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    type: p.text().$type<AlertType>(),
    /** What it is about: of a type there is one alert about it at a time. Null where each stands for itself. */
    subject: p.text().nullable(),
    message: p.text(),
    locationId: () => p.manyToOne(Location).mapToPk().fieldName('location_id').nullable(),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').nullable(),
    /** How often it happened while nobody had looked. */
    occurrences: p.integer().default(1),
    createdAt: column.createdAt(),
    /** Null where it happened once. */
    lastOccurredAt: column.instant().nullable(),
    /** When it was over by itself. */
    resolvedAt: column.instant().nullable(),
    acknowledgedAt: column.instant().nullable(),
    /** The API key that acknowledged it. */
    acknowledgedBy: p.uuid().nullable(),
    /** When the operators were sent a mail with it. */
    mailedAt: column.instant().nullable(),
  },
  indexes: [
    { name: 'alerts_network_index', properties: ['networkId', 'createdAt', 'id'] },
    {
      name: 'alerts_open_index',
      expression:
        'create index "alerts_open_index" on "alerts" ("network_id", "created_at") where ("acknowledged_at" is null)',
    },
    {
      name: 'alerts_one_open_unique',
      expression:
        'create unique index "alerts_one_open_unique" on "alerts" ("network_id", "type", "subject") where ("acknowledged_at" is null)',
    },
  ],
});
export type Alert = InferEntity<typeof Alert>;
