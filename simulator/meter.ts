import type { MeterValue, ReadingContext, SampledValue } from './ocpp16.ts';

export interface Reading {
  readonly registerWh: number;
  readonly powerW: number;
  /** for each phase */
  readonly currentA: number;
  readonly voltageV: number;
  /** undefined when no vehicle is plugged in */
  readonly socPercent: number | undefined;
}

/** As the wire shows it; a sum of fractions may fall short of its whole by a rounding error. */
export function wholeWh(registerWh: number): number {
  return Math.floor(registerWh + 1e-6);
}

const measurands: Readonly<
  Record<string, { unit: string; value: (reading: Reading) => string | undefined }>
> = {
  'Energy.Active.Import.Register': { unit: 'Wh', value: reading => String(wholeWh(reading.registerWh)) },
  'Power.Active.Import': { unit: 'W', value: reading => String(Math.round(reading.powerW)) },
  'Current.Import': { unit: 'A', value: reading => reading.currentA.toFixed(1) },
  Voltage: { unit: 'V', value: reading => reading.voltageV.toFixed(1) },
  SoC: {
    unit: 'Percent',
    value: ({ socPercent }) => (socPercent === undefined ? undefined : String(Math.floor(socPercent))),
  },
};

/** One MeterValue with the measurands of a configuration key (a comma-separated list); undefined when none is wanted. */
export function meterValue(
  reading: Reading,
  wanted: string,
  context: ReadingContext,
  timestamp: string,
): MeterValue | undefined {
  const sampledValue: SampledValue[] = [];
  for (const name of wanted.split(',')) {
    const measurand = name.trim();
    const kind = measurands[measurand];
    const value = kind?.value(reading);
    if (kind && value !== undefined) sampledValue.push({ value, context, measurand, unit: kind.unit });
  }
  return sampledValue.length > 0 ? { timestamp, sampledValue } : undefined;
}
