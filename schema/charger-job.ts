import {
  JOB_KINDS,
  JOB_STATUSES,
  type JobKind,
  type JobStatus,
  type JobStep,
} from '../src/domains/maintenance/charger-job.entity.ts';
import { updateFirmware, uploadLog } from '../src/domains/maintenance/charger-jobs.ts';
import { followChargerJob, listChargerJobs } from '../src/domains/maintenance/read-charger-jobs.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { stationErrors } from './errors.ts';
import { ChargerJobRef, ChargerRef, NetworkRef } from './refs.ts';

const KindEnum = builder.enumType('ChargerJobKind', {
  values: Object.fromEntries(JOB_KINDS.map(kind => [kind.toUpperCase(), { value: kind }])) as Record<
    string,
    { value: JobKind }
  >,
});

const StatusEnum = builder.enumType('ChargerJobStatus', {
  description:
    'REQUESTED until the station answers; SUPERSEDED by a newer one; UNANSWERED where it did not answer in time, though it may still do it.',
  values: Object.fromEntries(JOB_STATUSES.map(status => [status.toUpperCase(), { value: status }])) as Record<
    string,
    { value: JobStatus }
  >,
});

const StepRef = builder.objectRef<JobStep>('ChargerJobStep').implement({
  subGraphs: ['network'],
  fields: t => ({
    step: t.exposeString('step', { description: 'OCPP’s word, such as Downloading.' }),
    at: t.expose('at', { type: 'DateTime' }),
  }),
});

ChargerJobRef.implement({
  description: 'A firmware update, or the upload of a log, that a station was asked for.',
  fields: t => ({
    number: t.exposeInt('number', { description: 'OCPP’s request id.' }),
    kind: t.expose('kind', { type: KindEnum }),
    status: t.expose('status', { type: StatusEnum }),
    location: t.exposeString('location', {
      description: 'Where from or to: without user name, password, and the values of the query.',
    }),
    isSigned: t.exposeBoolean('isSigned'),
    retrieveAt: t.expose('retrieveAt', { type: 'DateTime', nullable: true }),
    installAt: t.expose('installAt', { type: 'DateTime', nullable: true }),
    oldestAt: t.expose('oldestAt', { type: 'DateTime', nullable: true }),
    latestAt: t.expose('latestAt', { type: 'DateTime', nullable: true }),
    retries: t.exposeInt('retries', { nullable: true }),
    retryIntervalSeconds: t.exposeInt('retryIntervalSeconds', { nullable: true }),
    fileName: t.exposeString('fileName', {
      nullable: true,
      description: 'What the station calls the log; null where it named none, and may have nothing to send.',
    }),
    error: t.exposeString('error', { nullable: true }),
    history: t.field({ type: [StepRef], description: 'The oldest first.', resolve: job => job.history }),
    charger: t.field({ type: ChargerRef, resolve: job => job.chargerId }),
    network: t.field({ type: NetworkRef, resolve: job => job.networkId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true }),
  }),
});

const ChargerJobFilter = builder.inputType('ChargerJobFilter', {
  fields: t => ({
    chargerId: t.globalID({ for: ChargerRef }),
    kind: t.field({ type: KindEnum }),
    status: t.field({ type: StatusEnum }),
  }),
});

const UpdateFirmwareInput = builder.inputType('UpdateFirmwareInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    location: t.string({ required: true, description: 'http, https, ftp, ftps or sftp.' }),
    retrieveAt: t.field({ type: 'DateTime', description: 'Now where left out.' }),
    installAt: t.field({ type: 'DateTime', description: 'Of a signed image: at once where left out.' }),
    retries: t.int(),
    retryIntervalSeconds: t.int(),
    signingCertificate: t.string({ description: 'PEM; together with `signature`.' }),
    signature: t.string({ description: 'Base64.' }),
  }),
});

const LogKindEnum = builder.enumType('LogKind', {
  values: { DIAGNOSTICS: { value: 'diagnostics' }, SECURITY_LOG: { value: 'security_log' } } as const,
});

const UploadLogInput = builder.inputType('UploadLogInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    log: t.field({ type: LogKindEnum, required: true }),
    location: t.string({ required: true, description: 'Where to: http, https, ftp, ftps or sftp.' }),
    oldestAt: t.field({ type: 'DateTime' }),
    latestAt: t.field({ type: 'DateTime' }),
    retries: t.int(),
    retryIntervalSeconds: t.int(),
  }),
});

const network = inSubGraph('network');

network.queryField('chargerJobs', t =>
  t.connection({
    type: ChargerJobRef,
    description: 'Firmware updates and uploads of logs, the newest first. For operators.',
    args: { filter: t.arg({ type: ChargerJobFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(await listChargerJobs(ctx, { ...filter, chargerId: filter?.chargerId?.id ?? null }, page)),
  }),
);

network.mutationFields(t => ({
  updateFirmware: t.field({
    type: ChargerJobRef,
    description: 'Has a station fetch and install a firmware. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: UpdateFirmwareInput, required: true }) },
    resolve: (_, { input }, ctx) => updateFirmware(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  uploadLog: t.field({
    type: ChargerJobRef,
    description: 'Has a station upload a log. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: UploadLogInput, required: true }) },
    resolve: (_, { input }, ctx) => uploadLog(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
}));

network.subscriptionField('chargerJobUpdated', t =>
  t.field({
    type: ChargerJobRef,
    description: 'A job, now and each time that it goes on. For operators.',
    args: { id: t.arg.globalID({ required: true, for: ChargerJobRef }) },
    subscribe: (_, { id }, ctx) => followChargerJob(ctx, id.id),
    resolve: id => id as unknown as string,
  }),
);
