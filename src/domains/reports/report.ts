import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { primaryCurrency } from '../analytics/primary-currency.ts';
import { type Window, type WindowInput, windowOf } from '../analytics/window.ts';

export const REPORT_KINDS = ['daily-sales', 'by-location', 'by-user', 'sessions-summary'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/** The most rows that one page of a report may have. */
export const MAX_REPORT_PAGE = 5000;

export interface ReportFilter extends WindowInput {
  readonly locationId?: string | null;
  readonly driverId?: string | null;
}

/** What a report tells of; its rows are read page by page. */
export interface Report {
  readonly window: Window;
  readonly locationId: string | null;
  readonly driverId: string | null;
  /** Sales in any other are left out. */
  readonly currency: string;
  readonly generatedAt: string;
}

export async function openReport(
  ctx: Context,
  { locationId, driverId, ...input }: ReportFilter,
): Promise<Report> {
  authorize(ctx.viewer, 'read');
  return {
    window: windowOf(ctx, input),
    locationId: locationId ?? null,
    driverId: driverId ?? null,
    currency: await primaryCurrency(ctx),
    generatedAt: ctx.now().toString(),
  };
}
