import type { ChargerCommandMap } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, invalid, UnavailableError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { checkTransferUrl, maskedUrl } from '../../kernel/transfer-url.ts';
import { db } from '../db.ts';
import type { ChargerJob, JobKind, JobStatus } from './charger-job.entity.ts';
import { kindsBeside, OPEN_JOBS } from './charger-job-states.ts';
import { askedBy, keepNewest, type OperatedCharger, requireOperated } from './operated-charger.ts';

const KEPT_JOBS = 200;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_CERTIFICATE = 5_500;
const MAX_SIGNATURE = 800;

interface Transfer {
  readonly chargerId: string;
  readonly location: string;
  readonly retries?: number | null;
  readonly retryIntervalSeconds?: number | null;
}

export interface FirmwareInput extends Transfer {
  /** Now where left out. */
  readonly retrieveAt?: string | null;
  /** As soon as it is there where left out; for signed images alone. */
  readonly installAt?: string | null;
  /** PEM: what the image was signed with. Together with `signature`. */
  readonly signingCertificate?: string | null;
  /** Base64. */
  readonly signature?: string | null;
}

/**
 * Has a station fetch and install a firmware; answers the job's id, which shows how it goes. Throws
 * ChargerOfflineError, ChargerRejectedError, UnavailableError where it did not answer: the job goes on if it does.
 */
export async function updateFirmware(ctx: Context, input: FirmwareInput): Promise<string> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  checkTransfer(input);
  const { signingCertificate, signature } = input;
  if (!signingCertificate !== !signature) invalid('signature', 'goes together with signingCertificate');
  if (input.installAt && !signature) invalid('installAt', 'goes with a signed image alone');
  if (signingCertificate && signingCertificate.length > MAX_CERTIFICATE) {
    invalid('signingCertificate', `may have at most ${MAX_CERTIFICATE} characters`);
  }
  if (signature && signature.length > MAX_SIGNATURE) {
    invalid('signature', `may have at most ${MAX_SIGNATURE} characters`);
  }
  const retrieveAt = input.retrieveAt ?? ctx.now().toString();
  const job = await addJob(ctx, charger, 'firmware', input, {
    isSigned: Boolean(signature),
    retrieveAt,
    installAt: input.installAt ?? null,
  });
  await ask(ctx, job, 'updateFirmware', {
    requestNumber: job.number,
    location: input.location,
    retrieveAt,
    installAt: input.installAt ?? null,
    retries: input.retries ?? null,
    retryIntervalSeconds: input.retryIntervalSeconds ?? null,
    signing: signingCertificate && signature ? { certificate: signingCertificate, signature } : null,
  });
  return job.id;
}

export interface LogInput extends Transfer {
  readonly log: 'diagnostics' | 'security_log';
  readonly oldestAt?: string | null;
  readonly latestAt?: string | null;
}

/** Has a station upload a log; answers the job's id. Throws as `updateFirmware` does. */
export async function uploadLog(ctx: Context, input: LogInput): Promise<string> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  checkTransfer(input);
  const period = { oldestAt: input.oldestAt ?? null, latestAt: input.latestAt ?? null };
  const job = await addJob(ctx, charger, input.log, input, period);
  await ask(ctx, job, 'uploadLog', {
    requestNumber: job.number,
    log: input.log === 'diagnostics' ? 'Diagnostics' : 'Security',
    location: input.location,
    ...period,
    retries: input.retries ?? null,
    retryIntervalSeconds: input.retryIntervalSeconds ?? null,
  });
  return job.id;
}

interface Asked {
  readonly id: string;
  readonly chargerId: string;
  readonly kind: JobKind;
  readonly number: number;
}

async function addJob(
  ctx: Context,
  charger: OperatedCharger,
  kind: JobKind,
  transfer: Transfer,
  more: Partial<Pick<ChargerJob, 'isSigned' | 'retrieveAt' | 'installAt' | 'oldestAt' | 'latestAt'>>,
): Promise<Asked> {
  return inTransaction(ctx, async tx => {
    const now = tx.now().toString();
    const job = await db(tx)
      .insertInto('charger_jobs')
      .values({
        id: newId(),
        networkId: charger.networkId,
        chargerId: charger.id,
        kind,
        status: 'requested',
        location: maskedUrl(transfer.location),
        retries: transfer.retries ?? null,
        retryIntervalSeconds: transfer.retryIntervalSeconds ?? null,
        ...more,
        requestedBy: askedBy(tx),
        createdAt: now,
        updatedAt: now,
      })
      .returning(['id', 'chargerId', 'kind', 'number'])
      .executeTakeFirstOrThrow();
    await keepNewest(tx, 'charger_jobs', charger.id, KEPT_JOBS);
    return job as Asked;
  });
}

async function ask<Name extends 'updateFirmware' | 'uploadLog'>(
  ctx: Context,
  job: Asked,
  name: Name,
  args: ChargerCommandMap[Name]['args'],
): Promise<void> {
  try {
    const answer = await ctx.chargers.ask(job.chargerId, name, args);
    const fileName = 'fileName' in answer ? answer.fileName : null;
    if (answer.status === 'Accepted' || answer.status === 'AcceptedCanceled') {
      await accepted(ctx, job, fileName);
    } else await over(ctx, job, 'rejected', answer.status);
  } catch (error) {
    if (error instanceof ChargerOfflineError) await over(ctx, job, 'failed', error.message);
    else if (error instanceof ChargerRejectedError) await over(ctx, job, 'rejected', error.message);
    else if (error instanceof UnavailableError) await settle(ctx, job, { status: 'unanswered' });
    throw error;
  }
}

/** A station leaves what it was at for what it has just accepted. */
async function accepted(ctx: Context, job: Asked, fileName: string | null): Promise<void> {
  await inTransaction(ctx, async tx => {
    const now = tx.now().toString();
    await settle(tx, job, { status: 'accepted' });
    if (fileName)
      await db(tx).updateTable('charger_jobs').set({ fileName }).where('id', '=', job.id).execute();
    await db(tx)
      .updateTable('charger_jobs')
      .set({ status: 'superseded', endedAt: now, updatedAt: now })
      .where('chargerId', '=', job.chargerId)
      .where('kind', 'in', [...kindsBeside(job.kind)])
      .where('number', '<', job.number)
      .where('status', 'in', [...OPEN_JOBS])
      .execute();
  });
}

const over = (ctx: Context, job: Asked, status: JobStatus, error: string): Promise<void> =>
  settle(ctx, job, { status, error, endedAt: ctx.now().toString() });

/** The station may have been faster with its progress than with its answer: that is not undone. */
async function settle(
  ctx: Context,
  job: Asked,
  end: { readonly status: JobStatus; readonly error?: string; readonly endedAt?: string },
): Promise<void> {
  await db(ctx)
    .updateTable('charger_jobs')
    .set({ ...end, updatedAt: ctx.now().toString() })
    .where('id', '=', job.id)
    .where('status', '=', 'requested')
    .execute();
}

function checkTransfer({ location, retries, retryIntervalSeconds }: Transfer): void {
  checkTransferUrl('location', location);
  for (const [field, value] of Object.entries({ retries, retryIntervalSeconds })) {
    if (value != null && (value < 0 || value > MAX_INT32)) invalid(field, 'must be 0 or more');
  }
}
