import { authorize } from '../../auth/authorize.ts';
import { type Context, inScopeOf } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { polled } from '../../kernel/polled.ts';
import { db } from '../db.ts';
import type { JobKind, JobStatus, StationJob } from './station-job.entity.ts';

const LOOK_EVERY_MS = 1_000;

export interface JobFilter {
  readonly chargerId?: string | null;
  readonly kind?: JobKind | null;
  readonly status?: JobStatus | null;
}

/** The jobs of the caller's stations, the newest first. */
export async function listStationJobs(
  ctx: Context,
  filter: JobFilter,
  request: PageRequest,
): Promise<Page<StationJob>> {
  authorize(ctx.viewer, 'read');
  return pageOf<StationJob>(
    jobs(ctx)
      .$if(filter.chargerId != null, query => query.where('j.chargerId', '=', filter.chargerId!))
      .$if(filter.kind != null, query => query.where('j.kind', '=', filter.kind!))
      .$if(filter.status != null, query => query.where('j.status', '=', filter.status!)),
    {
      columns: ['j.created_at', 'j.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadStationJobs(ctx: Context, ids: readonly string[]): Promise<StationJob[]> {
  authorize(ctx.viewer, 'read');
  return (await jobs(ctx)
    .where('j.id', 'in', [...ids])
    .execute()) as StationJob[];
}

/** The job's id, now and each time that it goes on. Throws NotFoundError. */
export async function followStationJob(ctx: Context, id: string): Promise<AsyncIterableIterator<string>> {
  authorize(ctx.viewer, 'read');
  if ((await loadStationJobs(ctx, [id])).length === 0) throw new NotFoundError('station job');
  let seen = '';
  return polled(LOOK_EVERY_MS, async () => {
    const [job] = await inScopeOf(ctx, () => loadStationJobs({ ...ctx, em: ctx.em.fork() }, [id]));
    const state = job ? JSON.stringify([job.status, job.history.length]) : seen;
    if (state === seen) return [];
    seen = state;
    return [id];
  });
}

const jobs = (ctx: Context) =>
  db(ctx)
    .selectFrom('station_jobs as j')
    .selectAll('j')
    .where('j.networkId', 'in', [...ctx.scope.networkIds]);
