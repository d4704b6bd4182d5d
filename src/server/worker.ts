import { EventEmitter } from 'node:events';
import {
  parseCronItems,
  type Runner,
  type RunnerOptions,
  run,
  type Task,
  type TaskList,
  type WorkerEvents,
  Logger as WorkerLogger,
} from 'graphile-worker';
import pg from 'pg';
import type { Logger } from 'pino';
import { system, type Viewer } from '../auth/viewer.ts';
import { keepHouse, type Retention } from '../domains/housekeeping.ts';
import { jobHandlers, LANES, laneOf } from '../domains/jobs.ts';
import { alertFanOut } from '../domains/notifications/alert-fan-out.ts';
import { notificationFanOut } from '../domains/notifications/notification-fan-out.ts';
import { sweepPayments } from '../domains/payments/sweep-payments.ts';
import { closeStaleSessionsEverywhere } from '../domains/sessions/close-stale-sessions.ts';
import { webhookFanOut } from '../domains/webhooks/fan-out.ts';
import { type Context, inScopeOf } from '../kernel/context.ts';
import { consumeEvents, type EventConsumer } from '../kernel/event-consumer.ts';
import type { EventHub } from '../kernel/event-hub.ts';
import type { JobName } from '../kernel/jobs.ts';
import { networksScope, systemScope } from '../kernel/scope.ts';
import { everySoOften, oneAtATime } from '../kernel/timing.ts';
import type { Origin } from './app.ts';
import { tendJobs } from './lost-jobs.ts';

type AnyHandler = (ctx: Context, payload: { readonly networkId: string }) => Promise<void>;

/** Which of these are waiting or being done; one that was given up is not. */
async function liveJobs(pool: pg.Pool, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ key: string }>(
    'select key from graphile_worker.jobs where key = any ($1) and attempts < max_attempts',
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Jobs at a time: of our own, and of those that wait for machines of others, lane by lane. */
const CONCURRENCY = { own: 4, web: 16, stripe: 8, mail: 4, sms: 4 };
/** One of each lane's listens; the others fetch jobs and complete them. */
const POOL_SIZE = 16;

/** How often it is looked for charges whose stop is not to be waited for any longer. */
const STALE_EVERY_MS = 60_000;

/** What comes round by itself: on one node, however many there are. */
const CRON = parseCronItems([
  { task: 'keep-house', match: '17 * * * *', identifier: 'keep-house' },
  { task: 'sweep-payments', match: '* * * * *', identifier: 'sweep-payments' },
]);

export interface Upkeep extends Retention {
  /** A session is closed when nothing was heard of its charger for so long. */
  readonly silentHours: number;
  /** Operators get an alert of a charger that is silent for so long. */
  readonly offlineAlertMinutes: number;
}

export interface Worker {
  stop(): Promise<void>;
}

type ContextOf = (viewer: Viewer, requestId: string, origin: Origin) => Context;

/**
 * Runs the jobs that are due, whichever process added them, each for the network that its payload names; and makes
 * events into webhook deliveries, notifications and alerts as they come.
 */
export async function startWorker(
  databaseUrl: string,
  log: Logger,
  hub: EventHub,
  context: ContextOf,
  upkeep: Upkeep,
): Promise<Worker> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: POOL_SIZE,
    application_name: 'chargegraph worker',
  });
  const lost = (error: Error) => log.warn({ err: error }, 'worker connection lost');
  pool.on('error', lost).on('connect', client => client.on('error', lost));
  const workerPools = new Set<string>();
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:create', ({ workerPool }) => workerPools.add(workerPool.id));
  const runners = await Promise.all([
    startRunner(pool, log, {
      events,
      concurrency: CONCURRENCY.own,
      taskList: {
        ...tasks(context, undefined),
        'keep-house': (_, { job }) =>
          keepHouse(context(system, `job:${job.id}`, { scope: systemScope }), upkeep),
        'sweep-payments': (_, { job }) =>
          sweepPayments(context(system, `job:${job.id}`, { scope: systemScope }), keys =>
            liveJobs(pool, keys),
          ),
      },
      parsedCronItems: CRON,
    }),
    ...LANES.map(lane =>
      startRunner(pool, log, { events, concurrency: CONCURRENCY[lane], taskList: tasks(context, lane) }),
    ),
  ]);
  const tending = tendJobs(databaseUrl, log, workerPools, (networkId, work) => {
    const ctx = context(system, 'lost-jobs', { scope: networksScope([networkId]) });
    return inScopeOf(ctx, () => work(ctx));
  });
  await tending.first;
  const sweeping = everySoOften(STALE_EVERY_MS, log, () =>
    closeStaleSessionsEverywhere(context(system, 'stale-sessions', { scope: systemScope }), upkeep).catch(
      error => log.error({ err: error }, 'stale sessions not closed'),
    ),
  );
  const consuming = [webhookFanOut, notificationFanOut, alertFanOut(upkeep.offlineAlertMinutes)].map(
    consumer =>
      startConsumer(log, hub, consumer, () => context(system, consumer.name, { scope: systemScope })),
  );
  return {
    async stop() {
      await sweeping.stop();
      await Promise.all(consuming.map(consumer => consumer.stop()));
      await Promise.all(runners.map(runner => runner.stop()));
      await tending.stop();
      await pool.end();
    },
  };
}

function tasks(context: ContextOf, lane: (typeof laneOf)[JobName]): TaskList {
  const included = Object.entries(jobHandlers).filter(([name]) => laneOf[name as JobName] === lane);
  return Object.fromEntries(
    included.map(([name, handler]): [string, Task] => [
      name,
      async (payload, helpers) => {
        const { networkId } = payload as { networkId: string };
        const ctx = context(system, `job:${helpers.job.id}`, { scope: networksScope([networkId]) });
        await inScopeOf(ctx, () => (handler as AnyHandler)(ctx, payload as { networkId: string }));
      },
    ]),
  );
}

async function startRunner(pgPool: pg.Pool, log: Logger, options: RunnerOptions): Promise<Runner> {
  const runner = await run({
    ...options,
    pgPool,
    pollInterval: 1_000,
    noHandleSignals: true,
    // in batches, which a runner that is stopped waits for: a job alone it would leave locked
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: new WorkerLogger(() => (level, message, meta) => {
      if (level === 'error') log.error({ job: meta }, message);
      else if (level === 'warning') log.warn({ job: meta }, message);
    }),
  });
  runner.promise.catch(error => log.error({ err: error }, 'worker stopped'));
  return runner;
}

/** Each time that the log has been read, the consumer gets what it holds more. One that fails holds up no other. */
function startConsumer(log: Logger, hub: EventHub, consumer: EventConsumer, context: () => Context) {
  let done: string | null = null;
  const consuming = oneAtATime(log, async () => {
    const settled = hub.settled();
    if (settled === null || settled === done) return;
    while (await consumeEvents(context(), consumer, settled));
    done = settled;
  });
  hub.onRead(consuming.wake);
  return consuming;
}
