import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { emit } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import { toMajorNumber } from '../../kernel/money.ts';
import { db } from '../db.ts';
import type { Session } from '../sessions/session.entity.ts';
import type { PricedUsage } from '../sessions/session-usage.ts';
import type { Bill } from '../tariffs/price-session.ts';
import type { TariffTerms } from '../tariffs/tariff-terms.ts';

/** Writes the bill of a session that has ended, in the transaction that ends it. */
export async function billSession(
  tx: Context,
  session: Session & { readonly endTime: string; readonly tariff: TariffTerms },
  usage: PricedUsage,
): Promise<string> {
  const place = await db(tx)
    .selectFrom('chargers as c')
    .innerJoin('networks as n', 'n.id', 'c.networkId')
    .leftJoin('locations as l', 'l.id', 'c.locationId')
    .select(['c.uid', 'l.name', 'l.address', 'l.city', 'n.countryCode', 'n.partyId'])
    .where('c.id', '=', session.chargerId)
    .executeTakeFirstOrThrow();
  const year = new Date(epochMs(session.endTime)).getUTCFullYear();
  const number = await nextNumber(tx, session.networkId, 'transaction', year);
  const { bill, metered } = usage;
  const id = newId();
  const ocpiId = `${place.countryCode}-${place.partyId}-${year}-${String(number).padStart(7, '0')}`;
  await db(tx)
    .insertInto('transactions')
    .values({
      id,
      networkId: session.networkId,
      sessionId: session.id,
      driverId: session.driverId ?? null,
      ocpiId,
      locationId: session.locationId ?? null,
      locationName: place.name,
      locationAddress: place.address && `${place.address}, ${place.city}`,
      chargerUid: place.uid,
      connectorNumber: session.connectorNumber,
      startTime: session.startTime,
      endTime: session.endTime,
      energyWh: metered.energyWh,
      ...times(usage),
      ...amounts(bill),
      tariff: jsonb(session.tariff),
      paymentStatus: null,
      createdAt: tx.now().toString(),
    })
    .execute();
  await emit(tx, {
    type: 'transaction.created',
    networkId: session.networkId,
    chargerId: session.chargerId,
    sessionId: session.id,
    driverId: session.driverId ?? null,
    payload: {
      transactionId: id,
      ocpiId,
      sessionId: session.id,
      userId: session.driverId ?? null,
      energyKwh: Number(metered.energyWh) / 1000,
      total: toMajorNumber(bill.total, bill.currency),
      currency: bill.currency,
    },
  });
  return id;
}

/**
 * Writes a bill anew: the vehicle stayed plugged in after the charge, or `session` is now known to have been another
 * than it was billed as. One that was paid for stays as it is. Answers whether there was one to write.
 */
export async function amendBill(
  tx: Context,
  sessionId: string,
  usage: PricedUsage,
  session?: Session & { readonly endTime: string; readonly tariff: TariffTerms },
): Promise<boolean> {
  const amended = await db(tx)
    .updateTable('transactions')
    .set({
      ...times(usage),
      ...amounts(usage.bill),
      ...(session && {
        driverId: session.driverId ?? null,
        connectorNumber: session.connectorNumber,
        startTime: session.startTime,
        endTime: session.endTime,
        energyWh: usage.metered.energyWh,
        tariff: jsonb(session.tariff),
      }),
    })
    .where('sessionId', '=', sessionId)
    .where('paymentStatus', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return amended !== undefined;
}

const times = ({ metered, chargeableIdleSeconds }: PricedUsage) => ({
  chargingSeconds: metered.chargingSeconds,
  idleSeconds: metered.idleSeconds,
  chargeableIdleSeconds,
});

const amounts = (bill: Bill) => ({
  currency: bill.currency,
  energyCost: String(bill.energyCost),
  timeCost: String(bill.timeCost),
  sessionFee: String(bill.sessionFee),
  idleFee: String(bill.idleFee),
  subtotal: String(bill.subtotal),
  tax: String(bill.tax),
  total: String(bill.total),
});

/** Draws the next number of a series. Whoever draws next waits until this transaction ends, so there are no gaps. */
async function nextNumber(tx: Context, networkId: string, series: string, year: number): Promise<number> {
  const { last } = await db(tx)
    .insertInto('number_series')
    .values({ networkId, series, year, last: 1 })
    .onConflict(conflict =>
      conflict
        .columns(['networkId', 'series', 'year'])
        .doUpdateSet({ last: sql<number>`number_series.last + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  return last;
}
