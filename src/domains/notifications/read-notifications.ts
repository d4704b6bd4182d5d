import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Channel, Notification, NotificationStatus } from './notification.entity.ts';

export interface NotificationFilter {
  readonly driverId?: string | null;
  readonly channel?: Channel | null;
  readonly status?: NotificationStatus | null;
}

/** The newest first: a driver's own, an operator's networks'. */
export async function listNotifications(
  ctx: Context,
  { driverId, channel, status }: NotificationFilter,
  request: PageRequest,
): Promise<Page<Notification>> {
  authorize(ctx.viewer, 'read', 'either');
  return pageOf<Notification>(
    notifications(ctx)
      .$if(driverId != null, query => query.where('n.driverId', '=', driverId!))
      .$if(channel != null, query => query.where('n.channel', '=', channel!))
      .$if(status != null, query => query.where('n.status', '=', status!)),
    {
      columns: ['n.created_at', 'n.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadNotifications(ctx: Context, ids: readonly string[]): Promise<Notification[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await notifications(ctx)
    .where('n.id', 'in', [...ids])
    .execute()) as Notification[];
}

function notifications(ctx: Context) {
  const driver = signedInDriver(ctx.viewer);
  return db(ctx)
    .selectFrom('notifications as n')
    .selectAll('n')
    .where('n.networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, query => query.where('n.driverId', '=', driver!.id));
}
