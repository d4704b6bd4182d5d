import { authorize, requireDriver, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import type { Money } from '../../kernel/money.ts';
import { db } from '../db.ts';
import { loadSessions } from '../sessions/read-sessions.ts';
import { usageOf } from '../sessions/session-usage.ts';
import type { PaymentOperation } from './payment.entity.ts';
import { requirePayments } from './payment-settings.ts';
import { publicStatus } from './payment-states.ts';
import { transactionsOfSessions } from './read-transactions.ts';
import type { PaymentStatus } from './transaction.entity.ts';

export interface PaymentReport {
  readonly sessionId: string;
  readonly paymentStatus: PaymentStatus | null;
  readonly isFree: boolean;
  readonly total: Money;
}

/** Throws PaymentsNotEnabledError where the driver's network takes no payments. */
export async function requirePaymentsHere(ctx: Context): Promise<true> {
  const driver = requireDriver(ctx, 'read');
  await requirePayments(ctx, driver.networkId);
  return true;
}

/** How it stands with the payment of a session of the driver's. It reports, and charges nothing. */
export async function paymentReport(ctx: Context, sessionId: string): Promise<PaymentReport> {
  const driver = requireDriver(ctx, 'read');
  const { settings } = await requirePayments(ctx, driver.networkId);
  const [session] = await loadSessions(ctx, [sessionId]);
  if (!session) throw new NotFoundError('session');
  const [bill] = await transactionsOfSessions(ctx, [sessionId]);
  const usage = usageOf(session, ctx.now().epochMilliseconds);
  const statuses = await paymentStatuses(ctx, [sessionId]);
  return {
    sessionId,
    paymentStatus: statuses.get(sessionId) ?? null,
    isFree: session.tariff?.isFree ?? false,
    total: bill
      ? { minor: BigInt(bill.total), currency: bill.currency }
      : { minor: usage?.bill.total ?? 0n, currency: usage?.bill.currency ?? settings.currency },
  };
}

/** How it stands with the payments of sessions that the caller sees; those that nothing is paid for are left out. */
export async function paymentStatuses(
  ctx: Context,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, PaymentStatus | null>> {
  const payments = await db(ctx)
    .selectFrom('session_payments')
    .select(['sessionId', 'state'])
    .where('sessionId', 'in', [...sessionIds])
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .execute();
  return new Map(payments.map(({ sessionId, state }) => [sessionId, publicStatus(state)]));
}

/** What was asked of Stripe for sessions of the caller's networks. A driver is shown none of it. */
export async function operationsOfSessions(
  ctx: Context,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, PaymentOperation[]>> {
  if (signedInDriver(ctx.viewer)) return new Map();
  authorize(ctx.viewer, 'read');
  const operations = (await db(ctx)
    .selectFrom('payment_operations')
    .selectAll()
    .where('sessionId', 'in', [...sessionIds])
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .orderBy('createdAt')
    .orderBy('id')
    .execute()) as PaymentOperation[];
  return Map.groupBy(operations, operation => operation.sessionId);
}
