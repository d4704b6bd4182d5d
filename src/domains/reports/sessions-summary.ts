import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
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
  // plain SQL: giving columns their property names costs more for each row of a join than reading it (decision 012)
  const rows = sql<SessionSummary>`(
    select s.id, t.id "transactionId", s.driver_id "driverId", s.location_id "locationId", l.name "locationName",
           s.charger_id "chargerId", c.uid "chargerUid", s.status, s.start_time "startTime", s.end_time "endTime",
           s.energy_wh "energyWh", coalesce(t.total, 0) total, coalesce(t.currency, n.currency) currency
      from sessions s
      join networks n on n.id = s.network_id
      join chargers c on c.id = s.charger_id
      left join locations l on l.id = s.location_id
      left join transactions t on t.session_id = s.id
     where s.network_id = any(${[...ctx.scope.networkIds]}::uuid[])
       and s.start_time >= ${window.first}::timestamptz and s.start_time <= ${window.last}::timestamptz
       and ${locationId === null ? sql`true` : sql`s.location_id = ${locationId}::uuid`}
       and ${driverId === null ? sql`true` : sql`s.driver_id = ${driverId}::uuid`})`;
  const query = ctx.em.getKysely().selectFrom(rows.as('r')).selectAll('r');
  return pageOf<SessionSummary>(
    query,
    {
      columns: ['r.startTime', 'r.id'],
      types: ['timestamptz', 'uuid'],
      descending: false,
      keyOf: row => [row.startTime, row.id],
      maxSize: MAX_REPORT_PAGE,
    },
    request,
  );
}
