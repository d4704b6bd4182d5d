import Big from 'big.js';
import type { Sample } from '../../src/domains/sessions/meter-value.entity.ts';
import { isPlausibleMeter } from '../../src/domains/sessions/plausible-meter.ts';
import type { MeterReading } from '../../src/domains/sessions/store-meter-values.ts';
import { stationTime } from '../time.ts';
import type { MeterValue, SampledValue } from './messages.ts';

/** Units that are a power of ten of the one we keep. */
const UNITS: Record<string, { readonly base: string; readonly factor: number }> = {
  kWh: { base: 'Wh', factor: 1000 },
  kW: { base: 'W', factor: 1000 },
  kVA: { base: 'VA', factor: 1000 },
  kvar: { base: 'var', factor: 1000 },
  kvarh: { base: 'varh', factor: 1000 },
};

/** What a MeterValue says, in base units, OCPP's defaults filled in. A reading without a usable time is left out. */
export function readingsOf(meterValues: readonly MeterValue[]): MeterReading[] {
  return meterValues.flatMap(meterValue => {
    const at = stationTime(meterValue.timestamp);
    return at === null ? [] : [{ at, samples: meterValue.sampledValue.flatMap(sampleOf) }];
  });
}

function sampleOf(sampled: SampledValue): Sample[] {
  const format = sampled.format ?? 'Raw';
  const measurand = sampled.measurand ?? 'Energy.Active.Import.Register';
  const unit = sampled.unit ?? (measurand.startsWith('Energy.') ? 'Wh' : '');
  const scaled = UNITS[unit];
  const value = format === 'SignedData' ? sampled.value : decimal(sampled.value, scaled?.factor ?? 1);
  if (value === null) return [];
  return [
    {
      measurand,
      value,
      unit: scaled?.base ?? unit,
      phase: sampled.phase ?? null,
      location: sampled.location ?? (measurand === 'SoC' ? 'EV' : 'Outlet'),
      context: sampled.context ?? 'Sample.Periodic',
      format,
    },
  ];
}

/** Long enough for every meter; an exponent without bound would be a number without end. */
const NUMBER = /^[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[+-]?\d{1,2})?$/i;

function decimal(text: string, factor: number): string | null {
  const digits = text.trim();
  if (!NUMBER.test(digits)) return null;
  const value = new Big(digits.replace(/^\+/, '').replace(/\.(?=e|$)/i, '')).times(factor).toFixed();
  return isPlausibleMeter(value) ? value : null;
}
