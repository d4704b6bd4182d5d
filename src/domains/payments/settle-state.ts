import type { Context } from '../../kernel/context.ts';
import { owedFor } from './lock-payment.ts';
import type { SessionPayment } from './payment.entity.ts';
import { emitPayment } from './payment-events.ts';
import { advancePayment } from './payment-states.ts';

/** What is held by this payment intent is held no longer: it was let go, taken, or ran out. */
export function forgetHold(payment: SessionPayment, paymentIntentId: string | null | undefined): void {
  if (payment.staleIntentId === paymentIntentId) payment.staleIntentId = null;
  if (payment.holdIntentId !== paymentIntentId) return;
  payment.holdIntentId = null;
  payment.held = '0';
  payment.captureBefore = null;
}

/** Money that came in, by our doing or somebody else's. */
export async function addCaptured(tx: Context, payment: SessionPayment, amount: bigint): Promise<void> {
  payment.captured = String(BigInt(payment.captured) + amount);
  payment.reason = null;
  await settleState(tx, payment);
  await emitPayment(tx, 'payment.captured', payment, { amount });
}

/** Money that was given back. */
export function addRefunded(payment: SessionPayment, amount: bigint): void {
  payment.refunded = String(BigInt(payment.refunded) + amount);
  if (BigInt(payment.refunded) >= BigInt(payment.captured)) advancePayment(payment, 'refunded');
}

/** What has become of a payment, by what is owed and what came in. */
export async function settleState(tx: Context, payment: SessionPayment): Promise<void> {
  const { owed } = await owedFor(tx, payment);
  const captured = BigInt(payment.captured);
  if (owed === null) {
    // the session runs on without a hold: the rest is charged at its end
    if (!payment.holdIntentId && payment.state === 'authorized') advancePayment(payment, 'open');
    return;
  }
  const isPaid = captured + BigInt(payment.waived) >= owed;
  if (!isPaid) return;
  if (captured > 0n) advancePayment(payment, captured === BigInt(payment.refunded) ? 'refunded' : 'captured');
  else if (!payment.holdIntentId) advancePayment(payment, 'released');
}
