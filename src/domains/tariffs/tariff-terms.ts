import type { TariffRates } from './price-session.ts';
import type { Tariff } from './tariff.entity.ts';

/** What of a tariff decides a bill: kept with each session as it was when the charge began. */
export interface TariffTerms extends TariffRates {
  readonly tariffId: string | null;
  readonly name: string;
  readonly idleGraceSeconds: number;
}

export const termsOf = (tariff: Tariff): TariffTerms => ({
  tariffId: tariff.id,
  name: tariff.name,
  currency: tariff.currency,
  isFree: tariff.isFree,
  energyRate: tariff.energyRate,
  timeRate: tariff.timeRate,
  idleRate: tariff.idleRate,
  idleGraceSeconds: tariff.idleGraceSeconds,
  sessionFee: tariff.sessionFee,
  minimumSessionFee: tariff.minimumSessionFee ?? null,
  maximumSessionFee: tariff.maximumSessionFee ?? null,
  taxRate: tariff.taxRate,
});

/** Where no tariff is assigned nothing can be charged. */
export const noTariff = (currency: string): TariffTerms => ({
  tariffId: null,
  name: 'No tariff',
  currency,
  isFree: true,
  energyRate: '0',
  timeRate: '0',
  idleRate: '0',
  idleGraceSeconds: 0,
  sessionFee: '0',
  minimumSessionFee: null,
  maximumSessionFee: null,
  taxRate: '0',
});
