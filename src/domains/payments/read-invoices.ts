import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import { checkWindow } from '../sessions/read-sessions.ts';
import type { Invoice, InvoiceLine, InvoiceStatus } from './invoice.entity.ts';

export interface InvoiceFilter {
  readonly driverId?: string | null;
  readonly status?: InvoiceStatus | null;
  /** Bounds of the issue, both inclusive. */
  readonly from?: string | null;
  readonly to?: string | null;
}

/** The invoices that the caller sees, the newest first. */
export async function listInvoices(
  ctx: Context,
  filter: InvoiceFilter,
  request: PageRequest,
): Promise<Page<Invoice>> {
  authorize(ctx.viewer, 'read', 'either');
  checkWindow(filter);
  const query = invoices(ctx)
    .$if(filter.driverId != null, q => q.where('i.driverId', '=', filter.driverId!))
    .$if(filter.status != null, q => q.where('i.status', '=', filter.status!))
    .$if(filter.from != null, q => q.where('i.issuedAt', '>=', filter.from!))
    .$if(filter.to != null, q => q.where('i.issuedAt', '<=', filter.to!));
  return pageOf<Invoice>(
    query,
    {
      columns: ['i.issued_at', 'i.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.issuedAt, row.id],
    },
    request,
  );
}

export async function loadInvoices(ctx: Context, ids: readonly string[]): Promise<Invoice[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await invoices(ctx)
    .where('i.id', 'in', [...ids])
    .execute()) as Invoice[];
}

/** The lines of invoices that the caller sees, in their order. */
export async function linesOfInvoices(
  ctx: Context,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, InvoiceLine[]>> {
  authorize(ctx.viewer, 'read', 'either');
  const lines = (await db(ctx)
    .selectFrom('invoice_lines as l')
    .selectAll('l')
    .where('l.invoiceId', 'in', [...invoiceIds])
    .where('l.networkId', 'in', [...ctx.scope.networkIds])
    .orderBy('l.position')
    .execute()) as InvoiceLine[];
  return Map.groupBy(lines, line => line.invoiceId);
}

function invoices(ctx: Context) {
  const driver = signedInDriver(ctx.viewer);
  return db(ctx)
    .selectFrom('invoices as i')
    .selectAll('i')
    .where('i.networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, q => q.where('i.driverId', '=', driver!.id));
}
