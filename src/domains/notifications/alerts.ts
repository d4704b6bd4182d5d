import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Alert, AlertType } from './alert.entity.ts';

export interface AlertFilter {
  /** Also those that somebody has looked at. */
  readonly includeAcknowledged?: boolean | null;
  readonly type?: AlertType | null;
  readonly locationId?: string | null;
  readonly chargerId?: string | null;
}

/** The alerts of the caller's networks, the newest first. */
export async function listAlerts(
  ctx: Context,
  filter: AlertFilter,
  request: PageRequest,
): Promise<Page<Alert>> {
  authorize(ctx.viewer, 'read');
  return pageOf<Alert>(
    alerts(ctx)
      .$if(!filter.includeAcknowledged, query => query.where('a.acknowledgedAt', 'is', null))
      .$if(filter.type != null, query => query.where('a.type', '=', filter.type!))
      .$if(filter.locationId != null, query => query.where('a.locationId', '=', filter.locationId!))
      .$if(filter.chargerId != null, query => query.where('a.chargerId', '=', filter.chargerId!)),
    {
      columns: ['a.created_at', 'a.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadAlerts(ctx: Context, ids: readonly string[]): Promise<Alert[]> {
  authorize(ctx.viewer, 'read');
  return (await alerts(ctx)
    .where('a.id', 'in', [...ids])
    .execute()) as Alert[];
}

/** Says that somebody has looked at it. Saying so again changes nothing. */
export async function acknowledgeAlert(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'write');
  const { viewer } = ctx;
  await db(ctx)
    .updateTable('alerts')
    .set({
      acknowledgedAt: ctx.now().toString(),
      acknowledgedBy: viewer.kind === 'key' ? viewer.apiKeyId : null,
    })
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .where('acknowledgedAt', 'is', null)
    .execute();
  const [alert] = await loadAlerts(ctx, [id]);
  if (!alert) throw new NotFoundError('alert');
  return alert.id;
}

const alerts = (ctx: Context) =>
  db(ctx)
    .selectFrom('alerts as a')
    .selectAll('a')
    .where('a.networkId', 'in', [...ctx.scope.networkIds]);
