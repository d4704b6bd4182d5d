import { epochMs } from '../../kernel/instant.ts';
import { type Bill, chargeableIdleSeconds, priceSession } from '../tariffs/price-session.ts';
import type { TariffTerms } from '../tariffs/tariff-terms.ts';
import { endMetering, type MeteredTransaction } from './metering.ts';
import type { Session } from './session.entity.ts';

/** What was used, and what it costs. */
export interface PricedUsage {
  readonly metered: MeteredTransaction;
  readonly chargeableIdleSeconds: number;
  readonly bill: Bill;
}

/** The one way from metering to money, for running and for ended sessions. Without energy there is no bill. */
export function priceUsage(metered: MeteredTransaction, terms: TariffTerms): PricedUsage {
  const chargeable = chargeableIdleSeconds(metered.idleSeconds, terms.idleGraceSeconds);
  const bill = priceSession(Number(metered.energyWh) > 0 ? terms : { ...terms, isFree: true }, {
    energyWh: metered.energyWh,
    chargingSeconds: metered.chargingSeconds,
    chargeableIdleSeconds: chargeable,
  });
  return { metered, chargeableIdleSeconds: chargeable, bill };
}

/**
 * What a session has used: finally, or by now. A running one's time goes by its station's clock, which may be off:
 * its last word, and what has passed by ours since we heard it. Null before the station has begun.
 */
export function usageOf(
  session: Pick<Session, 'metering' | 'metered' | 'tariff' | 'updatedAt'>,
  nowMs: number,
): PricedUsage | null {
  const { metering, metered, tariff } = session;
  if (!metering || !tariff) return null;
  const sinceHeardMs = Math.max(0, nowMs - epochMs(session.updatedAt));
  return priceUsage(metered ?? endMetering(metering, metering.lastObservedAt + sinceHeardMs, null), tariff);
}
