import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import { checkWindow } from '../sessions/read-sessions.ts';
import type { PaymentStatus, Transaction } from './transaction.entity.ts';

export interface TransactionFilter {
  readonly driverId?: string | null;
  /** `none` where nothing was authorized. */
  readonly paymentStatus?: PaymentStatus | 'none' | null;
  /** Bounds of the end time, both inclusive. */
  readonly from?: string | null;
  readonly to?: string | null;
}

/** The bills that the caller sees, the one that ended last first. */
export async function listTransactions(
  ctx: Context,
  filter: TransactionFilter,
  request: PageRequest,
): Promise<Page<Transaction>> {
  authorize(ctx.viewer, 'read', 'either');
  checkWindow(filter);
  const query = transactions(ctx)
    .$if(filter.driverId != null, q => q.where('t.driverId', '=', filter.driverId!))
    .$if(filter.from != null, q => q.where('t.endTime', '>=', filter.from!))
    .$if(filter.to != null, q => q.where('t.endTime', '<=', filter.to!))
    .$if(filter.paymentStatus === 'none', q => q.where('t.paymentStatus', 'is', null))
    .$if(filter.paymentStatus != null && filter.paymentStatus !== 'none', q =>
      q.where('t.paymentStatus', '=', filter.paymentStatus as PaymentStatus),
    );
  return pageOf<Transaction>(
    query,
    {
      columns: ['t.end_time', 't.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.endTime, row.id],
    },
    request,
  );
}

export async function loadTransactions(ctx: Context, ids: readonly string[]): Promise<Transaction[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await transactions(ctx)
    .where('t.id', 'in', [...ids])
    .execute()) as Transaction[];
}

export async function transactionsOfSessions(
  ctx: Context,
  sessionIds: readonly string[],
): Promise<Transaction[]> {
  authorize(ctx.viewer, 'read', 'either');
  return (await transactions(ctx)
    .where('t.sessionId', 'in', [...sessionIds])
    .execute()) as Transaction[];
}

function transactions(ctx: Context) {
  const driver = signedInDriver(ctx.viewer);
  return db(ctx)
    .selectFrom('transactions as t')
    .selectAll('t')
    .where('t.networkId', 'in', [...ctx.scope.networkIds])
    .$if(driver !== null, q => q.where('t.driverId', '=', driver!.id));
}
