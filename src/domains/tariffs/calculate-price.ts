import Big from 'big.js';
import { authorize, seesPublicOnly } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, NotFoundError } from '../../kernel/errors.ts';
import { db } from '../db.ts';
import { type Bill, priceSession } from './price-session.ts';
import { tariffAt } from './tariff-at.ts';
import { noTariff, type TariffTerms, termsOf } from './tariff-terms.ts';

export interface PriceQuestion {
  readonly tariffId?: string | null;
  readonly connectorId?: string | null;
  readonly chargerId?: string | null;
  readonly energyKwh: number;
  /** Minutes of charging, idle left out. */
  readonly durationMinutes?: number | null;
  /** Minutes to be charged as idle: the grace is over. */
  readonly idleMinutes?: number | null;
}

/** What a charge would cost now: by the tariff, or by the one that applies at the connector or the charger. */
export async function calculatePrice(
  ctx: Context,
  question: PriceQuestion,
): Promise<{ bill: Bill; tariffName: string }> {
  authorize(ctx.viewer, 'read', 'public');
  for (const field of ['energyKwh', 'durationMinutes', 'idleMinutes'] as const) {
    const value = question[field] ?? 0;
    if (!(value >= 0 && value <= 1e6)) invalid(field, 'must lie between 0 and 1,000,000');
  }
  const terms = await termsFor(ctx, question);
  const bill = priceSession(terms, {
    energyWh: new Big(question.energyKwh).times(1000).toFixed(),
    chargingSeconds: seconds(question.durationMinutes),
    chargeableIdleSeconds: seconds(question.idleMinutes),
  });
  return { bill, tariffName: terms.name };
}

const seconds = (minutes: number | null | undefined): number =>
  new Big(minutes ?? 0).times(60).round(0, Big.roundHalfUp).toNumber();

async function termsFor(ctx: Context, question: PriceQuestion): Promise<TariffTerms> {
  const networkIds = [...ctx.scope.networkIds];
  if (question.tariffId) {
    const tariff = await db(ctx)
      .selectFrom('tariffs')
      .selectAll()
      .where('id', '=', question.tariffId)
      .where('networkId', 'in', networkIds)
      .executeTakeFirst();
    if (!tariff) throw new NotFoundError('tariff');
    return termsOf(tariff);
  }
  if (!question.connectorId && !question.chargerId) {
    invalid('tariffId', 'give one of tariffId, connectorId and chargerId');
  }
  const place = await db(ctx)
    .selectFrom('chargers as c')
    .innerJoin('networks as n', 'n.id', 'c.networkId')
    .leftJoin('locations as l', 'l.id', 'c.locationId')
    .innerJoin('connectors as k', 'k.chargerId', 'c.id')
    .select(['c.id as chargerId', 'c.networkId', 'c.locationId', 'k.id as connectorId', 'n.currency'])
    .$if(Boolean(question.connectorId), query => query.where('k.id', '=', question.connectorId!))
    .$if(!question.connectorId, query => query.where('c.id', '=', question.chargerId!))
    .$if(seesPublicOnly(ctx.viewer), query =>
      query.where('c.isPublic', '=', true).where('l.isPublished', '=', true),
    )
    .where('c.networkId', 'in', networkIds)
    .orderBy('k.number')
    .limit(1)
    .executeTakeFirst();
  if (!place) throw new NotFoundError(question.connectorId ? 'connector' : 'charger');
  const at = ctx.now().toString();
  const tariff = await tariffAt(
    ctx,
    { ...place, connectorId: question.connectorId ? place.connectorId : null },
    at,
  );
  return tariff ? termsOf(tariff) : noTariff(place.currency);
}
