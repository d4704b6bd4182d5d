import { authorize } from '../../auth/authorize.ts';
import { type Context, inScopeOf } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { polled } from '../../kernel/polled.ts';
import { db } from '../db.ts';
import type { ChargerJob, JobKind, JobStatus } from './charger-job.entity.ts';

const LOOK_EVERY_MS = 1_000;

export interface JobFilter {
  readonly chargerId?: string | null;
  readonly kind?: JobKind | null;
  readonly status?: JobStatus | null;
}

/** The jobs of the caller's stations, the newest first. */
export async function listChargerJobs(
  ctx: Context,
  filter: JobFilter,
  request: PageRequest,
): Promise<Page<ChargerJob>> {
  authorize(ctx.viewer, 'read');
  return pageOf<ChargerJob>(
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

export async function loadChargerJobs(ctx: Context, ids: readonly string[]): Promise<ChargerJob[]> {
  authorize(ctx.viewer, 'read');
  return (await jobs(ctx)
    .where('j.id', 'in', [...ids])
    .execute()) as ChargerJob[];
}

/** The job's id, now and each time that it goes on. Throws NotFoundError. */
export async function followChargerJob(ctx: Context, id: string): Promise<AsyncIterableIterator<string>> {
  authorize(ctx.viewer, 'read');
  if ((await loadChargerJobs(ctx, [id])).length === 0) throw new NotFoundError('charger job');
  let seen = '';
  return polled(LOOK_EVERY_MS, async () => {
    const [job] = await inScopeOf(ctx, () => loadChargerJobs({ ...ctx, em: ctx.em.fork() }, [id]));
    const state = job ? JSON.stringify([job.status, job.history.length]) : seen;
    if (state === seen) return [];
    seen = state;
    return [id];
  });
}

const jobs = (ctx: Context) =>
  db(ctx)
    .selectFrom('charger_jobs as j')
    .selectAll('j')
    .where('j.networkId', 'in', [...ctx.scope.networkIds]);
