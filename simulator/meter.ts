import type { MeterValue, Phase, ReadingContext, SampledValue } from './ocpp16.ts';

export interface Reading {
  readonly registerWh: number;
  readonly powerW: number;
  /** for each phase */
  readonly currentA: number;
  readonly voltageV: number;
  readonly phases: number;
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

/** What a meter shows of each phase rather than of all of them, if it shows that. */
const ofPhase: Readonly<Record<string, (whole: number, phase: number, phases: number) => number>> = {
  'Energy.Active.Import.Register': shareOfPhase,
  'Power.Active.Import': shareOfPhase,
  'Current.Import': whole => whole,
  Voltage: whole => whole,
};

const phaseNames: readonly Phase[] = ['L1', 'L2', 'L3'];

/** One MeterValue with the measurands of a configuration key (a comma-separated list); undefined when none is wanted. */
export function meterValue(
  reading: Reading,
  wanted: string,
  context: ReadingContext,
  timestamp: string,
  tellsPhases = false,
): MeterValue | undefined {
  const sampledValue: SampledValue[] = [];
  for (const name of wanted.split(',')) {
    const measurand = name.trim();
    const kind = measurands[measurand];
    const value = kind?.value(reading);
    if (!kind || value === undefined) continue;
    const whole: SampledValue = { value, context, measurand, unit: kind.unit };
    sampledValue.push(...(tellsPhases ? byPhase(whole, reading.phases) : [whole]));
  }
  return sampledValue.length > 0 ? { timestamp, sampledValue } : undefined;
}

function byPhase(whole: SampledValue, phases: number): SampledValue[] {
  const split = ofPhase[whole.measurand];
  if (!split) return [whole];
  return phaseNames.slice(0, phases).map((phase, i) => ({
    ...whole,
    value: String(split(Number(whole.value), i, phases)),
    phase,
  }));
}

/** Whole numbers whose sum over the phases is the whole. */
function shareOfPhase(whole: number, phase: number, phases: number): number {
  return Math.floor((whole + phase) / phases);
}
