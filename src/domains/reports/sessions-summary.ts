import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { SessionStatus } from '../sessions/session-states.ts';
import { MAX_REPORT_PAGE, type Report } from './report.ts';

export interface SessionSummary {
  readonly id: string;
  readonly transactionId: string | null;
  readonly driverId: string | null;
  readonly locationId: string | null;
  readonly locationName: string | null;
  readonly chargerId: string;
  readonly chargerUid: string;
  readonly status: SessionStatus;
  readonly startTime: string;
  readonly endTime: string | null;
  readonly energyWh: string;
  /** What was billed, in minor units; 0 without a bill. */
  readonly total: string;
  /** The bill's, or the network's. */
  readonly currency: string;
}

/** One row for each session that started in the window, in whatever currency, the earliest first. */
export function sessionsSummary(
  ctx: Context,
  { window, locationId, driverId }: Report,
  request: PageRequest,
): Promise<Page<SessionSummary>> {
  authorize(ctx.viewer, 'read');
  const query = db(ctx)
    .selectFrom('sessions as s')
    .innerJoin('networks as n', 'n.id', 's.networkId')
    .innerJoin('chargers as c', 'c.id', 's.chargerId')
    .leftJoin('locations as l', 'l.id', 's.locationId')
    .leftJoin('transactions as t', 't.sessionId', 's.id')
    .select(['s.id', 's.status', 's.driverId', 's.locationId', 's.chargerId'])
    .select(['s.startTime', 's.endTime', 's.energyWh'])
    .select(['t.id as transactionId', 'l.name as locationName', 'c.uid as chargerUid'])
    .select([
      sql<string>`coalesce(t.total, 0)`.as('total'),
      sql<string>`coalesce(t.currency, n.currency)`.as('currency'),
    ])
    .where('s.networkId', 'in', [...ctx.scope.networkIds])
    .where('s.startTime', '>=', window.first)
    .where('s.startTime', '<=', window.last)
    .$if(locationId !== null, q => q.where('s.locationId', '=', locationId!))
    .$if(driverId !== null, q => q.where('s.driverId', '=', driverId!));
  return pageOf<SessionSummary>(
    query,
    {
      columns: ['s.startTime', 's.id'],
      types: ['timestamptz', 'uuid'],
      descending: false,
      keyOf: row => [row.startTime, row.id],
      maxSize: MAX_REPORT_PAGE,
    },
    request,
  );
}
