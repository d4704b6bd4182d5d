import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { toDecimalString } from '../../kernel/money.ts';
import { db } from '../db.ts';
import { raiseAlert } from '../notifications/raise-alert.ts';
import type { SessionPayment } from './payment.entity.ts';

/** An amount as people read it: `3.68 USD`. */
export const shown = ({ currency }: Pick<SessionPayment, 'currency'>, amount: bigint): string =>
  `${toDecimalString(amount, currency)} ${currency}`;

/** Tells the network's people what they have to see to. */
export async function alertOfPayment(
  tx: Context,
  { networkId, sessionId }: SessionPayment,
  type: 'payment_failed' | 'payment_disputed',
  message: string,
): Promise<void> {
  const session = await db(tx)
    .selectFrom('sessions')
    .select(['chargerId', 'locationId'])
    .where('id', '=', sessionId)
    .executeTakeFirstOrThrow();
  await raiseAlert(tx, {
    id: newId(),
    networkId,
    type,
    subject: sessionId,
    message: `Session ${sessionId}: ${message}`,
    locationId: session.locationId ?? null,
    chargerId: session.chargerId,
  });
}
