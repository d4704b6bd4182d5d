import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { Session } from './session.entity.ts';
import type { SessionStatus } from './session-states.ts';

export interface SessionFilter {
  readonly status?: SessionStatus | null;
  readonly chargerId?: string | null;
  readonly locationId?: string | null;
  /** Bounds of the start time, both inclusive. */
  readonly from?: string | null;
  readonly to?: string | null;
}

/** The sessions that the caller sees, a driver's own or an operator's networks', the one that started last first. */
export async function listSessions(
  ctx: Context,
  filter: SessionFilter,
  request: PageRequest,
): Promise<Page<Session>> {
  authorize(ctx.viewer, 'read', 'either');
  checkWindow(filter);
  const query = sessions(ctx)
    .$if(filter.status != null, q => q.where('s.status', '=', filter.status!))
    .$if(filter.chargerId != null, q => q.where('s.chargerId', '=', filter.chargerId!))
    .$if(filter.locationId != null, q => q.where('s.locationId', '=', filter.locationId!))
    .$if(filter.from != null, q => q.where('s.startTime', '>=', filter.from!))
    .$if(filter.to != null, q => q.where('s.startTime', '<=', filter.to!));
  return pageOf<Session>(
    query,
    {
      columns: ['s.start_time', 's.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.startTime, row.id],
    },
    request,
  );
}

export async function loadSessions(ctx: Context, ids: readonly string[]): Promise<Session[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await sessions(ctx)
    .where('s.id', 'in', [...ids])
    .execute()) as Session[];
}

function sessions(ctx: Context) {
  const driver = signedInDriver(ctx.viewer);
  return db(ctx)
    .selectFrom('sessions as s')
    .selectAll('s')
    .where('s.networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, q => q.where('s.driverId', '=', driver!.id));
}

/** Throws a ValidationError where a window ends before it begins. */
export function checkWindow(window: { readonly from?: string | null; readonly to?: string | null }): void {
  if (window.from && window.to && Temporal.Instant.compare(window.from, window.to) > 0) {
    invalid('from', 'must not be later than to');
  }
}
