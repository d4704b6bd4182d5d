import type pg from 'pg';
import type { Logger } from 'pino';
import { sendSoon } from '../domains/webhooks/send-soon.ts';
import { endLease } from '../domains/webhooks/send-webhooks.ts';
import type { Context } from '../kernel/context.ts';
import { connectAsOwner } from '../kernel/database.ts';
import { everySoOften } from '../kernel/timing.ts';

/** The class of the advisory locks that show life, and the lock of the one who frees. */
const LIFE = 7_316_205;
const FREEING = 7_316_206;
const EVERY_MS = 2_000;
/** A session that merely broke is back by then. */
const GRACE_MS = 10_000;
/** Of a session to which no answer comes the locks may be gone: it is opened anew. */
const QUERY_TIMEOUT_MS = 30_000;
/** No job takes this long: without a sign of life nobody waits for it any longer. */
const LOST_AFTER_SECONDS = 300;

/** That a machine is gone PostgreSQL learns within half a minute; the system's own patience is two hours. */
const NOTICE_SOON =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4';

const IS_HELD = (pool: string) => `exists (
  select from pg_locks
   where locktype = 'advisory' and classid = ${LIFE} and objid = hashtext(${pool})::oid and objsubid = 2
     and database = (select oid from pg_database where datname = current_database()))`;

const HOLD = `select pg_advisory_lock_shared(${LIFE}, hashtext(pool)) from unnest($1::text[]) pool
               where not ${IS_HELD('pool')}`;

const LIFELESS = `
  select locked_by as pool, bool_or(locked_at < now() - make_interval(secs => ${LOST_AFTER_SECONDS})) as "isLong"
    from graphile_worker.jobs where locked_by is not null and not ${IS_HELD('locked_by')} group by locked_by`;

/** To which subscriptions they were sending, and since when others have tried: by then the lease was taken. */
const SENDING = `
  select lost.payload ->> 'subscriptionId' as id, lost.payload ->> 'networkId' as "networkId",
         coalesce(min(other.locked_at), clock_timestamp())::text as "othersSince"
    from graphile_worker._private_jobs lost
    join graphile_worker._private_tasks task on task.id = lost.task_id and task.identifier = 'send-webhooks'
    left join graphile_worker._private_jobs other
      on other.task_id = lost.task_id and other.locked_by <> all ($1)
     and other.payload ->> 'subscriptionId' = lost.payload ->> 'subscriptionId'
   where lost.locked_by = any ($1) group by 1, 2`;

interface Sending {
  readonly id: string;
  readonly networkId: string;
  readonly othersSince: string;
}

type InNetwork = (networkId: string, work: (ctx: Context) => Promise<void>) => Promise<void>;

/**
 * Shows other processes that this one's pools of workers live, and frees the jobs of those that do not: each pool has an
 * advisory lock, in a session that ends with its process. The queue itself would wait four hours.
 */
export function tendJobs(databaseUrl: string, log: Logger, pools: ReadonlySet<string>, inNetwork: InNetwork) {
  const findDead = deadPools();
  let session: pg.Client | undefined;

  async function tend(): Promise<void> {
    const current = session ?? (await open());
    session = current;
    try {
      await current.query(HOLD, [[...pools]]);
      const dead = await findDead(current);
      if (dead.length > 0) await free(current, dead);
    } catch (error) {
      await close();
      throw error;
    }
  }

  async function open(): Promise<pg.Client> {
    const client = await connectAsOwner(databaseUrl, 'chargegraph life', QUERY_TIMEOUT_MS);
    client.on('error', error => log.warn({ err: error }, 'the session that shows life is lost'));
    await client.query(NOTICE_SOON);
    return client;
  }

  async function close(): Promise<void> {
    const current = session;
    session = undefined;
    await current?.end().catch(() => {});
  }

  /** One process at a time: who comes second finds nothing. */
  async function free(current: pg.Client, dead: readonly string[]): Promise<void> {
    const { rows } = await current.query(`select pg_try_advisory_lock(${FREEING}) as "isMine"`);
    if (!rows[0].isMine) return;
    const { rows: sending } = await current.query<Sending>(SENDING, [dead]);
    for (const { id, networkId, othersSince } of sending)
      await inNetwork(networkId, ctx => endLease(ctx, id, othersSince));
    await current.query('select graphile_worker.force_unlock_workers($1)', [dead]);
    for (const target of sending) await inNetwork(target.networkId, ctx => sendSoon(ctx, target));
    await current.query(`select pg_advisory_unlock(${FREEING})`);
    log.warn({ pools: dead }, 'the jobs of a process that died are done anew');
  }

  const tending = everySoOften(EVERY_MS, log, tend);
  return {
    /** Resolves when the locks are held. */
    first: tending.first,
    async stop(): Promise<void> {
      await tending.stop();
      await close();
    },
  };
}

/** Finds the pools that hold jobs and have shown no life for a while. */
function deadPools() {
  const lifelessSince = new Map<string, number>();
  return async (session: pg.Client): Promise<string[]> => {
    const { rows } = await session.query<{ pool: string; isLong: boolean }>(LIFELESS);
    const nowMs = performance.now();
    const lifeless = new Set(rows.map(({ pool }) => pool));
    for (const pool of lifelessSince.keys()) if (!lifeless.has(pool)) lifelessSince.delete(pool);
    return rows.flatMap(({ pool, isLong }) => {
      const sinceMs = lifelessSince.getOrInsert(pool, nowMs);
      return isLong || nowMs - sinceMs >= GRACE_MS ? [pool] : [];
    });
  };
}
