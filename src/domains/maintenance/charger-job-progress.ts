import type { Context } from '../../kernel/context.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import type { ChargerJob, JobKind, JobStatus } from './charger-job.entity.ts';
import { canBecome, FIRMWARE_STEPS, kindsBeside, LOG_STEPS } from './charger-job-states.ts';

/** More than any update takes, and a bound for a station that goes round in circles. */
const MAX_STEPS = 100;

export interface StepReport {
  /** OCPP's request id; null where the message has none: then the newest job is meant. */
  readonly requestNumber: number | null;
  /** OCPP's word. */
  readonly step: string;
}

/** What a station says of a firmware update. One that we did not ask for is its own business. */
export const firmwareProgress = (ctx: Context, station: Station, report: StepReport): Promise<void> =>
  progress(ctx, station, 'firmware', report, FIRMWARE_STEPS[report.step]);

/** What a station says of the upload of a log. */
export const logProgress = (ctx: Context, station: Station, report: StepReport): Promise<void> =>
  progress(ctx, station, 'diagnostics', report, LOG_STEPS[report.step]);

async function progress(
  ctx: Context,
  station: Station,
  kind: JobKind,
  { requestNumber, step }: StepReport,
  meaning: JobStatus | undefined,
): Promise<void> {
  if (!meaning) return;
  await inTransaction(ctx, async tx => {
    const job = (await db(tx)
      .selectFrom('charger_jobs')
      .selectAll()
      .where('chargerId', '=', station.id)
      .where('kind', 'in', [...kindsBeside(kind)])
      .$if(requestNumber !== null, query => query.where('number', '=', requestNumber))
      .$if(requestNumber === null, query => query.where('status', 'not in', ['rejected', 'superseded']))
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .forNoKeyUpdate()
      .executeTakeFirst()) as ChargerJob | undefined;
    if (!job) {
      ctx.log.info({ chargerUid: station.uid, requestNumber, step }, 'progress of no job of ours');
      return;
    }
    if (job.history.at(-1)?.step === step || job.history.length >= MAX_STEPS) return;
    const now = tx.now().toString();
    const status = canBecome(job.status, meaning) ? meaning : job.status;
    const isOver = status !== 'running' && status !== job.status;
    await db(tx)
      .updateTable('charger_jobs')
      .set({
        status,
        history: jsonb([...job.history, { step, at: now }]),
        ...(status === 'running' && { endedAt: null, error: null }),
        ...(isOver && { endedAt: now, error: status === 'failed' ? step : null }),
        updatedAt: now,
      })
      .where('id', '=', job.id)
      .execute();
  });
}
