import { parseCronItems, type Runner, run, type TaskList, Logger as WorkerLogger } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from 'pino';
import { system, type Viewer } from '../auth/viewer.ts';
import { keepHouse, type Retention } from '../domains/housekeeping.ts';
import { jobHandlers } from '../domains/jobs.ts';
import { type Context, inScopeOf } from '../kernel/context.ts';
import { networksScope, systemScope } from '../kernel/scope.ts';
import { everySoOften } from '../kernel/timing.ts';
import type { Origin } from './app.ts';

/** No job takes this long: one that is locked for longer was lost with its process. */
const LOST_AFTER_MS = 300_000;

type AnyHandler = (ctx: Context, payload: { readonly networkId: string }) => Promise<void>;

/** Frees the jobs of processes that died: the queue itself waits four hours. */
async function releaseLostJobs(pool: pg.Pool): Promise<void> {
  await pool.query(
    `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
       from graphile_worker.jobs where locked_at < now() - make_interval(secs => $1) having count(*) > 0`,
    [LOST_AFTER_MS / 1000],
  );
}

/** Runs the jobs that are due, whichever process added them. Each acts for the network that its payload names. */
export async function startWorker(
  databaseUrl: string,
  log: Logger,
  context: (viewer: Viewer, requestId: string, origin: Origin) => Context,
  retention: Retention,
): Promise<Runner> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 6, application_name: 'chargegraph worker' });
  const lost = (error: Error) => log.warn({ err: error }, 'worker connection lost');
  pool.on('error', lost).on('connect', client => client.on('error', lost));
  const taskList: TaskList = {};
  for (const [name, handler] of Object.entries(jobHandlers)) {
    taskList[name] = async (payload, helpers) => {
      const { networkId } = payload as { networkId: string };
      const ctx = context(system, `job:${helpers.job.id}`, { scope: networksScope([networkId]) });
      await inScopeOf(ctx, () => (handler as AnyHandler)(ctx, payload as { networkId: string }));
    };
  }
  taskList['keep-house'] = (_, { job }) =>
    keepHouse(context(system, `job:${job.id}`, { scope: systemScope }), retention);
  await releaseLostJobs(pool);
  const releasing = everySoOften(LOST_AFTER_MS / 10, log, () => releaseLostJobs(pool));
  const runner = await run({
    pgPool: pool,
    concurrency: 4,
    pollInterval: 1_000,
    noHandleSignals: true,
    logger: new WorkerLogger(() => (level, message, meta) => {
      if (level === 'error') log.error({ job: meta }, message);
      else if (level === 'warning') log.warn({ job: meta }, message);
    }),
    taskList,
    // once an hour, on one node
    parsedCronItems: parseCronItems([{ task: 'keep-house', match: '17 * * * *', identifier: 'keep-house' }]),
  });
  void runner.promise
    .finally(() => releasing.stop())
    .catch(error => log.error({ err: error }, 'worker stopped'))
    .finally(() => pool.end());
  return runner;
}
