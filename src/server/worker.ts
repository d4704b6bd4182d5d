import { run, type TaskList, Logger as WorkerLogger } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from 'pino';
import { system, type Viewer } from '../auth/viewer.ts';
import { db } from '../domains/db.ts';
import { jobHandlers } from '../domains/jobs.ts';
import { closeStaleSessions } from '../domains/sessions/close-stale-sessions.ts';
import { type Context, inScopeOf } from '../kernel/context.ts';
import { networksScope, systemScope } from '../kernel/scope.ts';
import { everySoOften } from '../kernel/timing.ts';
import type { Origin } from './app.ts';

/** No job takes this long: one that is locked for longer was lost with its process. */
const LOST_AFTER_MS = 300_000;

/** How often it is looked for charges whose stop is not to be waited for any longer. */
const STALE_EVERY_MS = 60_000;

type AnyHandler = (ctx: Context, payload: { readonly networkId: string }) => Promise<void>;

/** Frees the jobs of processes that died: the queue itself waits four hours. */
async function releaseLostJobs(pool: pg.Pool): Promise<void> {
  await pool.query(
    `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
       from graphile_worker.jobs where locked_at < now() - make_interval(secs => $1) having count(*) > 0`,
    [LOST_AFTER_MS / 1000],
  );
}

type ContextMaker = (viewer: Viewer, requestId: string, origin: Origin) => Context;

async function closeStaleEverywhere(context: ContextMaker, log: Logger, silentHours: number): Promise<void> {
  try {
    const ctx = context(system, 'stale-sessions', { scope: systemScope });
    const networks = await inScopeOf(ctx, () =>
      db(ctx).selectFrom('charger_connections').select('networkId').distinct().execute(),
    );
    for (const { networkId } of networks) {
      const scoped = { ...ctx, scope: networksScope([networkId]) };
      await inScopeOf(scoped, () => closeStaleSessions(scoped, { silentHours }));
    }
  } catch (error) {
    log.error({ err: error }, 'stale sessions not looked for');
  }
}

/** Runs the jobs that are due, whichever process added them. Each acts for the network that its payload names. */
export async function startWorker(
  databaseUrl: string,
  log: Logger,
  context: ContextMaker,
  silentHours: number,
): Promise<{ stop(): Promise<void> }> {
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
  });
  void runner.promise
    .finally(() => releasing.stop())
    .catch(error => log.error({ err: error }, 'worker stopped'))
    .finally(() => pool.end());
  const sweeping = everySoOften(STALE_EVERY_MS, log, () => closeStaleEverywhere(context, log, silentHours));
  return {
    async stop() {
      await sweeping.stop();
      await runner.stop();
    },
  };
}
