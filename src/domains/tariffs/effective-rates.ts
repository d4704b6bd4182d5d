import type { Tariff } from './tariff.entity.ts';

export type EffectiveRates = Pick<
  Tariff,
  | 'code'
  | 'name'
  | 'currency'
  | 'isFree'
  | 'energyRate'
  | 'timeRate'
  | 'sessionFee'
  | 'idleRate'
  | 'idleGraceSeconds'
  | 'taxRate'
>;

/** What of a tariff is charged: a free one's rates stay in the books and count for nothing. */
export const effectiveRates = (tariff: Tariff): EffectiveRates =>
  tariff.isFree ? { ...tariff, energyRate: '0', timeRate: '0', sessionFee: '0', idleRate: '0' } : tariff;
