import type { Connector } from '../chargers/connector.entity.ts';

export type RateUnit = 'A' | 'W';

/** What of a connector its power depends on. */
export type Electrics = Pick<Connector, 'powerType' | 'maxVoltageV'>;

/** IEC 61851-1: below 6 A a vehicle does not charge. */
export const MIN_CHARGING_A = 6;

/** Three-phase networks are named by the voltage between lines (208 to 480 V) or to neutral (up to 277 V). */
const HIGHEST_TO_NEUTRAL_V = 300;
/** Split-phase legs have 110 to 127 V to neutral, twice that between them. */
const HIGHEST_SPLIT_LEG_V = 150;

/** What floating point adds or takes: less than this is nothing, so that 16.1 A stay 16.1 A. */
const DUST = 1e-6;

/**
 * The watts of one ampere (of each line, on alternating current) at the connector's voltage. Where a voltage can be
 * read two ways, the reading with more watts is taken: a limit in amperes that is derived from it is never too high.
 */
export function wattsPerAmp({ powerType, maxVoltageV }: Electrics): number {
  const isBetweenLines = maxVoltageV > HIGHEST_TO_NEUTRAL_V;
  switch (powerType) {
    case 'AC_3_PHASE':
      return isBetweenLines ? Math.sqrt(3) * maxVoltageV : 3 * maxVoltageV;
    case 'AC_2_PHASE':
      return 2 * (isBetweenLines ? maxVoltageV / Math.sqrt(3) : maxVoltageV);
    case 'AC_2_PHASE_SPLIT':
      return maxVoltageV > HIGHEST_SPLIT_LEG_V ? maxVoltageV : 2 * maxVoltageV;
    case 'AC_1_PHASE':
    case 'DC':
      return maxVoltageV;
  }
}

/** The lines that carry its current. */
export const phasesOf = ({ powerType }: Pick<Electrics, 'powerType'>): number =>
  ({ AC_3_PHASE: 3, AC_2_PHASE: 2, AC_2_PHASE_SPLIT: 2, AC_1_PHASE: 1, DC: 1 })[powerType];

/** A power as a limit in amperes, OCPP's tenths: rounded down, so that it is never exceeded. */
export const ampsWithin = (electrics: Electrics, powerW: number): number =>
  tenthsDown(powerW / wattsPerAmp(electrics));

/** A current as a limit in whole watts: rounded down, so that it is never exceeded. */
export const wattsWithin = (electrics: Electrics, currentA: number): number =>
  Math.floor(currentA * wattsPerAmp(electrics));

/** The most whole watts that a limit lets through: rounded up, for counting. */
export const drawnAtMostW = (electrics: Electrics, unit: RateUnit, limit: number): number =>
  Math.max(0, Math.ceil((unit === 'W' ? limit : limit * wattsPerAmp(electrics)) - DUST));

/** The power below which a vehicle does not charge here, in whole watts. */
export const minChargingW = (electrics: Electrics): number => drawnAtMostW(electrics, 'A', MIN_CHARGING_A);

/** OCPP's limits have one decimal (1.6, section 7.14). */
export const tenthsDown = (limit: number): number => Math.floor(limit * 10 + DUST) / 10;
