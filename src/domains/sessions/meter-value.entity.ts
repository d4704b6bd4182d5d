import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';

/** A sampled value in its base unit (Wh, W, A, V, %, …). `value` is an exact decimal, or raw where it is signed data. */
export interface Sample {
  readonly measurand: string;
  readonly value: string;
  readonly unit: string;
  readonly phase: string | null;
  readonly location: string;
  readonly context: string;
  readonly format: 'Raw' | 'SignedData';
}

/**
 * What a meter showed at one instant: one row, its samples together. Partitioned by time; a row that comes again
 * (`digest`) is kept once. It has no foreign keys: it is written in bulk and outlives nothing.
 */
export const MeterValue = defineEntity({
  name: 'MeterValue',
  tableName: 'meter_values',
  ...tenantTable,
  partitionBy: {
    type: 'range',
    expression: 'at',
    partitions: [{ name: 'meter_values_default', values: 'default' }],
  },
  properties: {
    id: p.uuid().primary(),
    networkId: p.uuid(),
    chargerId: p.uuid(),
    connectorNumber: p.integer(),
    sessionId: p.uuid().nullable(),
    at: column.instant().primary(),
    digest: p.text(),
    /** The register. */
    energyWh: column.decimal(16, 3).nullable(),
    /** What flowed since the sample before, where the station says so. */
    intervalWh: column.decimal(16, 3).nullable(),
    powerW: column.double().nullable(),
    socPercent: column.double().nullable(),
    samples: p.json<Sample[]>(),
    receivedAt: column.createdAt(),
  },
  indexes: [
    { name: 'meter_values_session_index', properties: ['sessionId', 'at'] },
    {
      name: 'meter_values_digest_unique',
      expression:
        'create unique index "meter_values_digest_unique" on "meter_values" ("charger_id", "at", "digest")',
    },
  ],
});
export type MeterValue = InferEntity<typeof MeterValue>;
