import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Network } from '../network/network.entity.ts';

export const JOB_KINDS = ['firmware', 'diagnostics', 'security_log'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const JOB_STATUSES = [
  'requested',
  'accepted',
  'running',
  'succeeded',
  'failed',
  'rejected',
  'superseded',
  'unanswered',
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What the station said of a job, in OCPP's word. */
export interface JobStep {
  readonly step: string;
  readonly at: string;
}

/** A firmware update or an upload of logs that a station was asked for. `number` is OCPP's request id. */
export const ChargerJob = defineEntity({
  name: 'ChargerJob',
  tableName: 'charger_jobs',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').deleteRule('cascade'),
    number: p.integer().defaultRaw('app.next_charger_job_number()'),
    kind: p.text().$type<JobKind>(),
    status: p.text().$type<JobStatus>(),
    /** Without user name and password, which nobody needs once the station was told. */
    location: p.text(),
    isSigned: p.boolean().default(false),
    retrieveAt: column.instant().nullable(),
    installAt: column.instant().nullable(),
    oldestAt: column.instant().nullable(),
    latestAt: column.instant().nullable(),
    retries: p.integer().nullable(),
    retryIntervalSeconds: p.integer().nullable(),
    fileName: p.text().nullable(),
    error: p.text().nullable(),
    history: p.json<JobStep[]>().defaultRaw(`'[]'::jsonb`),
    /** The API key that asked. */
    requestedBy: p.uuid().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
    endedAt: column.instant().nullable(),
  },
  uniques: [{ name: 'charger_jobs_number_unique', properties: ['number'] }],
  indexes: [
    { name: 'charger_jobs_network_index', properties: ['networkId', 'createdAt', 'id'] },
    { name: 'charger_jobs_charger_index', properties: ['chargerId', 'createdAt', 'id'] },
  ],
});
export type ChargerJob = InferEntity<typeof ChargerJob>;
